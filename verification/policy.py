"""Policy: which cards a service of a relying party takes, at which level."""

from __future__ import annotations

from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel, CardType
from verification.ports import PolicyDirectory, ServicePolicy


def find_policy(
    policies: PolicyDirectory, relying_party: str, service: str
) -> ServicePolicy | ReasonCode:
    """Return the policy in force, or why there is none."""
    policy = policies.find(relying_party, service)
    if policy is not None:
        return policy
    if policies.knows(relying_party):
        return ReasonCode.SERVICE_UNKNOWN
    return ReasonCode.RELYING_PARTY_UNKNOWN


def objections(
    policy: ServicePolicy, card_type: CardType, level: AssuranceLevel
) -> tuple[ReasonCode, ...]:
    """Return every reason why the policy refuses; none means that it agrees."""
    found = []
    if card_type not in policy.card_types:
        found.append(ReasonCode.CARD_TYPE_NOT_ACCEPTED)
    if level < policy.minimum_level:
        found.append(ReasonCode.LEVEL_TOO_LOW)
    return tuple(found)
