"""What enrolment and sign-in of agents need of others."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from cardsvc.agent_records import AgentInvite, DeviceCertificate


class DeviceAuthority(Protocol):
    """Certifies devices' keys (``keys.device_ca``)."""

    @property
    def certificate_der(self) -> bytes:
        """The authority's own certificate in DER."""
        ...

    def issue(
        self, agent: str, public_key: ec.EllipticCurvePublicKey, at: datetime
    ) -> x509.Certificate:
        """Return a certificate by which a device is an agent."""
        ...


class AgentDevices(Protocol):
    """Keeps who was invited and which device is which agent."""

    def invite(
        self, agent_id: str, name: str, code_sha256: bytes, *, operator: str, at: datetime
    ) -> AgentInvite:
        """Keep an invitation; an older one of this agent is void."""
        ...

    def open_invite(self, code_sha256: bytes, at: datetime) -> AgentInvite | None:
        """Return the invitation of a code that may still be used, or None."""
        ...

    def redeem(self, code_sha256: bytes, device: DeviceCertificate, at: datetime) -> bool:
        """Spend an invitation and let its device in; False where it was spent in between."""
        ...

    def renew(self, device: DeviceCertificate, at: datetime) -> None:
        """Keep an agent's next certificate."""
        ...

    def device(self, certificate_sha256: bytes) -> DeviceCertificate | None:
        """Return a device that may sign in, or None."""
        ...
