"""An agent's way in: invited by an operator, enrolled by its device, renewed by itself."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from cardsvc.agent_records import INVITE_OCTETS, DeviceCertificate
from cardsvc.card.public_key import spki_der
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.wire.enrolment import EnrolledMessage, EnrolmentMessage, RenewalMessage
from cardsvc.wire.fields import encode_octets
from web.agents.ports import AgentDevices, DeviceAuthority
from web.agents.signing_request import parse_signing_request

FAILURES_PER_MINUTE = 20
"""A code has 128 bits and can't be guessed; this keeps guessing from costing us anything."""


class EnrolmentRefused(CardsvcError):
    """The code opens nothing: unknown, spent, replaced or expired; or too many were tried.

    Or the device is another agent: then the code is as good as before.
    """


class EnrolmentDesk:
    """Invites, enrols and renews.

    Args:
        devices: keeps invitations and certificates.
        authority: certifies devices' keys.
        random_octets: a cryptographic random source.
    """

    def __init__(
        self,
        devices: AgentDevices,
        authority: DeviceAuthority,
        random_octets: Callable[[int], bytes],
    ) -> None:
        self._devices = devices
        self._authority = authority
        self._random_octets = random_octets
        self._failures: deque[datetime] = deque(maxlen=FAILURES_PER_MINUTE)

    def invite(self, agent_id: str, name: str, *, operator: str, at: datetime) -> str:
        """Return a code by which one device may become this agent within an hour; shown once.

        Raises:
            Malformed: not an identifier.
        """
        code = encode_octets(self._random_octets(INVITE_OCTETS))
        self._devices.invite(agent_id, name, _hash(code), operator=operator, at=at)
        return code

    def enrol(self, asked: EnrolmentMessage, at: datetime) -> EnrolledMessage:
        """Make a device the agent that it was invited as; the code is spent.

        Raises:
            EnrolmentRefused: ACCESS_DENIED; TOO_MANY_REPORTS after many wrong codes;
                IDENTITY_OF_ANOTHER.
            Malformed: no signing request of a P-256 key.
        """
        if len(self._failures) == FAILURES_PER_MINUTE and at - self._failures[0] < _MINUTE:
            raise EnrolmentRefused(ReasonCode.TOO_MANY_REPORTS, "too many wrong codes")
        key = parse_signing_request(asked.request)
        code_sha256 = _hash(asked.code)
        invite = self._devices.open_invite(code_sha256, at)
        if invite is None:
            self._failures.append(at)
            raise EnrolmentRefused(ReasonCode.ACCESS_DENIED, "no such invitation")
        if asked.held not in (None, invite.agent):
            raise EnrolmentRefused(ReasonCode.IDENTITY_OF_ANOTHER, "the device is another agent")
        certificate = self._authority.issue(invite.agent, key, at)
        device = _device(invite.agent, key, certificate)
        if not self._devices.redeem(code_sha256, device, at):
            raise EnrolmentRefused(ReasonCode.ACCESS_DENIED, "the invitation is spent")
        return self._message(invite.agent, certificate)

    def renew(self, agent: str, asked: RenewalMessage, at: datetime) -> EnrolledMessage:
        """Certify an agent's next key.

        Args:
            agent: who asks, by the key that it still has.
            asked: for the next one.
            at: now.

        Raises:
            Malformed: no signing request of a P-256 key.
        """
        key = parse_signing_request(asked.request)
        certificate = self._authority.issue(agent, key, at)
        self._devices.renew(_device(agent, key, certificate), at)
        return self._message(agent, certificate)

    def _message(self, agent: str, certificate: x509.Certificate) -> EnrolledMessage:
        der = certificate.public_bytes(Encoding.DER)
        return EnrolledMessage(agent, der, self._authority.certificate_der)


_MINUTE = timedelta(minutes=1)


def _hash(code: str) -> bytes:
    return hashlib.sha256(code.encode()).digest()


def _device(
    agent: str, key: ec.EllipticCurvePublicKey, certificate: x509.Certificate
) -> DeviceCertificate:
    return DeviceCertificate(
        sha256=hashlib.sha256(certificate.public_bytes(Encoding.DER)).digest(),
        agent=agent,
        spki_der=spki_der(key),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )
