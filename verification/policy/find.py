"""Finding the policy of a service."""

from __future__ import annotations

from datetime import datetime

from cardsvc.errors import ReasonCode
from verification.ports import PolicyDirectory, ServicePolicy


def find_policy(
    policies: PolicyDirectory, relying_party: str, service: str, at: datetime
) -> ServicePolicy | ReasonCode:
    """Return the policy in force at an instant, or why there is none."""
    policy = policies.find(relying_party, service, at)
    if policy is not None:
        return policy
    if policies.knows(relying_party):
        return ReasonCode.SERVICE_UNKNOWN
    return ReasonCode.RELYING_PARTY_UNKNOWN
