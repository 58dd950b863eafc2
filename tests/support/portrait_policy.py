"""A service that may see its holders, and a holder whose photo is on record."""

from __future__ import annotations

from cardsvc.card.guid import CardGuid
from cardsvc.service_records import ServicePolicy
from cardsvc.terms import AssuranceLevel, CardType
from issuance.registry.photos import put_photo
from tests.support.drawn_faces import drawn_portrait, encoded
from tests.support.installations import AT, RELYING_PARTY, ServiceUnderTest
from verification.policy.simple import simple_document


def may_see(
    service: ServiceUnderTest, name: str, level: AssuranceLevel = AssuranceLevel.X1
) -> None:
    """Put a policy in force that releases name and portrait from a level on."""
    document = simple_document(name, CardType, level).replace('["name"', '["name", "portrait"')
    policy = ServicePolicy(RELYING_PARTY, name, 0, document)
    service.installation.access.put_policy(policy, operator="admin", at=AT)


def photograph(service: ServiceUnderTest, guid: CardGuid) -> None:
    """Keep a photo of the holder of a card, taken by a camera that says where and when."""
    with service.installation.store.transaction() as unit:
        holder = unit.application(unit.card(guid).application_id).holder
    octets = encoded(drawn_portrait(), comment=b"Da Nang 16.05N 108.2E")
    put_photo(service.installation.photos, holder.id, octets, operator="lan", at=AT)
