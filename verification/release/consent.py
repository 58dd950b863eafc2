"""The text that a holder must be shown, told with the challenge: before anything is asked."""

from __future__ import annotations

from datetime import datetime

from verification.policy.agreement import agreed_document
from verification.policy.document import Consent
from verification.ports import PolicyDirectory


def consent_for(
    policies: PolicyDirectory, relying_party: str, service: str, at: datetime
) -> Consent | None:
    """Return what the holder must agree to for a service, None where nothing or no such service.

    Raises:
        Malformed: MALFORMED_POLICY; the document on record is none.
    """
    policy = policies.find(relying_party, service, at)
    if policy is None:
        return None
    release = agreed_document(policy.document, policy.agreement).release
    return release.consent if release.attributes else None
