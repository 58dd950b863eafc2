"""How reader agents come to have keys: invitations and devices' certificates, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

INVITE_OCTETS = 16
"""An invitation is 128 random bits, so its SHA-256 is enough to keep."""
INVITE_LIFE = timedelta(hours=1)
DEVICE_CERTIFICATE_LIFE = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class AgentInvite:
    """A code by which one device may become an agent, once.

    Args:
        code_sha256: of the code.
        agent: which agent it becomes.
        invited_by: the operator.
        invited_at: when.
        expires_at: after this it is void.
    """

    code_sha256: bytes
    agent: str
    invited_by: str
    invited_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class DeviceCertificate:
    """What the service keeps of a device's certificate.

    Args:
        sha256: of the certificate in DER; its name when a device signs in.
        agent: which agent the device is.
        spki_der: the device's public key, a SubjectPublicKeyInfo.
        not_before: valid from here.
        not_after: valid until here.
    """

    sha256: bytes
    agent: str
    spki_der: bytes = field(repr=False)
    not_before: datetime
    not_after: datetime


def agent_urn(agent: str) -> str:
    """Return an agent's name in certificates (RFC 8141, percent-encoded)."""
    return f"urn:cardsvc:agent:{quote(agent, safe='')}"
