"""The whole conversation in its order, made so that a card torn at any APDU can be done again.

1. Look at the card; whose secrets may it hold? Somebody's finished card is refused.
2. Open it with the factory's management key, or with that of the torn run.
3. Another record's torn card goes back to the factory's secrets first, so that the secrets on a
   card are always either the factory's or those of the GUID that it shows.
4. The marker: from here on the CHUID is valid to nobody.
5. PUK and PIN. 6. Keys, and proof that the card holds them. 7. Certificates, on hold.
8. Objects. 9. The signed CHUID. 10. The card's own management key. 11. Read back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cardsvc.card import commands
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import Algorithm, ObjectTag
from cardsvc.desk_records import JobStage
from cardsvc.records import KeyRecord
from issuance.personalise.administration import Administration
from issuance.personalise.certify import certify_keys
from issuance.personalise.conversation import Conversation, ask
from issuance.personalise.factory import OWN_ALGORITHMS, FoundCard, look_at_card, open_card
from issuance.personalise.keys import generate_keys, prove_keys
from issuance.personalise.management_key import ManagementKey, RandomOctets
from issuance.personalise.marker import Journal, Marker
from issuance.personalise.objects import (
    OPTIONAL_OBJECTS,
    chuid_object,
    content_objects,
    security_object,
)
from issuance.personalise.pins import Pins
from issuance.personalise.plan import PersonalisationPlan
from issuance.personalise.read_back import PERSONAL_OBJECTS, ExpectedCard, read_back
from issuance.ports import CardSecrets, CertificateAuthority, ContentSigner


class CardClaims(Protocol):
    """What the conversation asks of the records, and tells them, while it runs."""

    def is_ours(self, guid: CardGuid) -> bool:
        """Tell whether an unfinished record of ours has this GUID; False for a stranger's.

        Raises:
            IssuanceError: the card belongs to somebody (CARD_IN_USE).
        """
        ...

    def take_over(self, guid: CardGuid) -> None:
        """Another job's torn card is used from here on: its own record can't be finished."""
        ...

    def marked(self, guid: CardGuid) -> None:
        """The card in the reader bears this record's mark from here on."""
        ...

    def require_unmarked(self, guid: CardGuid) -> None:
        """A card without a mark is to become this record's.

        Raises:
            IssuanceError: its blank was marked, so that this is another one (BLANK_MISMATCH).
        """
        ...

    def certified(self, guid: CardGuid, keys: tuple[KeyRecord, ...]) -> None:
        """Certificates exist: put them on hold before any reaches the card."""
        ...


@dataclass(frozen=True, slots=True)
class Workshop:
    """What personalisation works with.

    Args:
        authority: certifies.
        content_signer: signs the CHUID and other objects.
        secrets: the cards' diversified secrets.
        claims: the records.
        random_octets: a cryptographic random source.
        at: the instant of the run.
        reached: is told which stage begins, for whoever watches.
    """

    authority: CertificateAuthority
    content_signer: ContentSigner
    secrets: CardSecrets
    claims: CardClaims
    random_octets: RandomOctets
    at: datetime
    reached: Callable[[JobStage], None]


@dataclass(frozen=True, slots=True)
class PersonalisedCard:
    """A card that was read back and found right.

    Args:
        guid: its identifier.
        keys: as certified.
        management_algorithm: under which it holds its own management key.
        refused_objects: optional objects that it does not let us write.
    """

    guid: CardGuid
    keys: tuple[KeyRecord, ...]
    management_algorithm: Algorithm
    refused_objects: tuple[ObjectTag, ...]


def personalise(plan: PersonalisationPlan, workshop: Workshop) -> Conversation[PersonalisedCard]:
    """Turn a blank or torn card into the plan's card.

    Raises:
        CardError: the card is gone, refuses, or is not in a state that we know.
        IssuanceError: CARD_IN_USE, BLANK_MISMATCH, KEY_PROOF_FAILED, CERTIFICATE_MISMATCH,
            READ_BACK_MISMATCH.
        VaultError: the CA or the vault refused.
        Malformed: the card answered nonsense.
    """
    workshop.reached(JobStage.CHECKING)
    found = yield from look_at_card()
    card, pins, marker = yield from _take_possession(plan, workshop, found)
    yield from _clear()
    yield from pins.make_own(marker)
    workshop.reached(JobStage.KEYS)
    public_keys = yield from generate_keys(card, plan.keys)
    yield from prove_keys(plan.guid, public_keys, pins.own_pin, workshop.random_octets)
    workshop.reached(JobStage.CERTIFICATES)
    keys = certify_keys(plan, public_keys, workshop.authority, workshop.at)
    workshop.claims.certified(plan.guid, keys)
    workshop.reached(JobStage.OBJECTS)
    written, refused = yield from _write_objects(plan, workshop, card, keys)
    yield from _set_own_key(plan, workshop, card)
    workshop.reached(JobStage.VERIFYING)
    expected = ExpectedCard(
        plan.guid,
        written,
        tuple(key.slot for key in keys),
        found.algorithms,
        found.pin_tries,
    )
    yield from read_back(expected, card, pins, workshop.random_octets)
    return PersonalisedCard(plan.guid, keys, card.key.algorithm, refused)


def _take_possession(
    plan: PersonalisationPlan, workshop: Workshop, found: FoundCard
) -> Conversation[tuple[Administration, Pins, Marker]]:
    """Open the card and mark it ours; its secrets are the factory's or its own from here on."""
    owner = None
    if found.guid is not None and (found.guid == plan.guid or workshop.claims.is_ours(found.guid)):
        owner = found.guid
    elif plan.is_retry:
        # a torn run's card whose identifiers were lost, or a fresh blank in its stead
        workshop.claims.require_unmarked(plan.guid)
        owner = plan.guid
    card = yield from open_card(
        found,
        owner,
        secrets=workshop.secrets,
        factory=plan.factory,
        random_octets=workshop.random_octets,
    )
    pins = Pins(card, plan.guid, workshop.secrets, plan.factory)
    if owner is not None and owner != plan.guid:
        yield from _return_to_factory(plan, workshop, found, card, owner)
        marker = Marker(plan.guid, Journal.FACTORY)
    elif owner is None:
        marker = Marker(plan.guid, Journal.FACTORY)
    elif found.guid != plan.guid:
        marker = Marker(plan.guid, Journal.FACTORY_NEXT)
    else:
        marker = found.marker or Marker(plan.guid, Journal.OWN_NEXT)
    yield from pins.write(marker.journal, marker.refused)
    workshop.claims.marked(plan.guid)
    return card, pins, marker


def _return_to_factory(
    plan: PersonalisationPlan,
    workshop: Workshop,
    found: FoundCard,
    card: Administration,
    owner: CardGuid,
) -> Conversation[None]:
    workshop.claims.take_over(owner)
    pins = Pins(card, owner, workshop.secrets, plan.factory)
    yield from pins.make_factory(found.marker or Marker(owner, Journal.OWN_NEXT))
    default = plan.factory.key(card.key.algorithm)
    if not card.key.is_same(default):
        yield from card.set_key(default)


def _clear() -> Conversation[None]:
    """Take out what an earlier run may have left of another person; read back finds the rest."""
    yield from ask(*(commands.put_data(tag, b"") for tag in PERSONAL_OBJECTS))


def _write_objects(
    plan: PersonalisationPlan,
    workshop: Workshop,
    card: Administration,
    keys: tuple[KeyRecord, ...],
) -> Conversation[tuple[Mapping[ObjectTag, bytes], tuple[ObjectTag, ...]]]:
    """Write every object, the signed CHUID last; return those written and those refused."""
    signer, at = workshop.content_signer, workshop.at
    written = content_objects(plan, keys, signer, at)
    yield from card.require("objects", *(commands.put_data(*item) for item in written.items()))
    taken = yield from _write_optional(card)
    written |= taken
    chuid = chuid_object(plan, signer, at)
    signed = security_object({**written, ObjectTag.CHUID: chuid}, signer, at)
    written[ObjectTag.SECURITY_OBJECT] = signed
    written[ObjectTag.CHUID] = chuid
    yield from card.require(
        "signed objects",
        commands.put_data(ObjectTag.SECURITY_OBJECT, signed),
        commands.put_data(ObjectTag.CHUID, chuid),
    )
    return written, tuple(tag for tag in OPTIONAL_OBJECTS if tag not in taken)


def _write_optional(card: Administration) -> Conversation[dict[ObjectTag, bytes]]:
    """Write what many cards make themselves, where it is missing; return what was taken."""
    shown = yield from ask(*(commands.get_data(tag) for tag in OPTIONAL_OBJECTS))
    taken: dict[ObjectTag, bytes] = {}
    for (tag, content), answer in zip(OPTIONAL_OBJECTS.items(), shown, strict=True):
        if tag is ObjectTag.DISCOVERY and answer.status.ok and answer.data:
            continue
        (put,) = yield from card.attempt(commands.put_data(tag, content))
        if put.status.ok:
            taken[tag] = content
    return taken


def _set_own_key(
    plan: PersonalisationPlan, workshop: Workshop, card: Administration
) -> Conversation[None]:
    own = [
        ManagementKey(algorithm, workshop.secrets.management_key(plan.guid, algorithm))
        for algorithm in OWN_ALGORITHMS
    ]
    if not any(card.key.is_same(key) for key in own):
        yield from card.set_key(*own)
