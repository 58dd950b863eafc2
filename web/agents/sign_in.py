"""Checks that a request was made with a device's key (ADR-0018)."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from cardsvc.agent_records import DeviceCertificate
from cardsvc.errors import CardsvcError, Malformed, ReasonCode
from cardsvc.wire import agent_proof
from cardsvc.wire.agent_proof import WINDOW, body_digest
from cardsvc.wire.fields import decode_octets
from web.agents.ports import AgentDevices

_SHA256_OCTETS = 32


class ProofRefused(CardsvcError):
    """The request does not show that a device of ours made it, now and as it is."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it arrived.

    Args:
        proof: the JWT of its Authorization header.
        method: such as ``POST``.
        target: path, decoded, and query as it came, such as ``/agent/v1/jobs/next?wait=8``.
        body: its octets.
    """

    proof: str = field(repr=False)
    method: str
    target: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who made a request.

    Args:
        agent: which agent.
        certificate_sha256: by which certificate.
    """

    agent: str
    certificate_sha256: bytes


class AgentSignIn:
    """Finds which agent signed a request. One for all threads of a process.

    Args:
        devices: who may sign in; asked for each request, so that who is shut out is out at once.
    """

    def __init__(self, devices: AgentDevices) -> None:
        self._devices = devices
        self._seen = _Seen()

    def agent_of(self, request: SignedRequest, at: datetime) -> SignedIn:
        """Return the agent whose device signed this request.

        1. The proof's form, algorithm and type. 2. Its certificate is on record, not revoked,
        its agent not shut out. 3. The certificate is valid now. 4. The signature. 5. The proof
        was made now. 6. It is about this method, target and body. 7. It is not seen again.

        Raises:
            ProofRefused: ACCESS_DENIED for all of them; CERTIFICATE_EXPIRED at 3.
        """
        name = _certificate_of(request.proof)  # 1
        device = self._device(name, at)  # 2, 3
        claims = _verified(request.proof, device.spki_der)  # 4
        _require_now(claims["iat"], at)  # 5
        expected = (request.method, request.target, body_digest(request.body))
        if (claims["htm"], _decoded(claims["htu"]), claims["bh"]) != expected:  # 6
            raise ProofRefused(ReasonCode.ACCESS_DENIED, "the proof is of another request")
        if not self._seen.add(name, _nonce(claims["jti"]), at):  # 7
            raise ProofRefused(ReasonCode.ACCESS_DENIED, "the proof was used before")
        return SignedIn(device.agent, name)

    def require_still(self, signed_in: SignedIn, at: datetime) -> None:
        """Look again at who signed in, for requests that wait.

        Raises:
            ProofRefused: ACCESS_DENIED, shut out meanwhile; CERTIFICATE_EXPIRED.
        """
        self._device(signed_in.certificate_sha256, at)

    def _device(self, name: bytes, at: datetime) -> DeviceCertificate:
        device = self._devices.device(name)
        if device is None:
            raise ProofRefused(ReasonCode.ACCESS_DENIED, "no device of ours")
        if not device.not_before <= at < device.not_after:
            raise ProofRefused(ReasonCode.CERTIFICATE_EXPIRED, "the device's certificate has ended")
        return device


def _certificate_of(proof: str) -> bytes:
    if not 0 < len(proof) <= agent_proof.MAX_PROOF_CHARACTERS:
        raise ProofRefused(ReasonCode.ACCESS_DENIED, "not a proof")
    try:
        header = jwt.get_unverified_header(proof)
        if (header.get("typ"), header.get("alg")) != (agent_proof.TYPE, agent_proof.ALGORITHM):
            raise ProofRefused(ReasonCode.ACCESS_DENIED, "not a proof of this kind")
        return decode_octets(header.get("x5t#S256"), exactly=_SHA256_OCTETS)
    except (jwt.PyJWTError, Malformed, ValueError) as error:
        raise ProofRefused(ReasonCode.ACCESS_DENIED, "not a proof") from error


def _verified(proof: str, spki: bytes) -> dict[str, Any]:
    key = load_der_public_key(spki)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ProofRefused(ReasonCode.ACCESS_DENIED, "no key on P-256")
    try:
        claims: dict[str, Any] = jwt.decode(
            proof,
            key,
            algorithms=[agent_proof.ALGORITHM],
            audience=agent_proof.AUDIENCE,
            options={"require": list(agent_proof.CLAIMS), "verify_iat": False},
        )
    except (jwt.PyJWTError, ValueError) as error:
        raise ProofRefused(ReasonCode.ACCESS_DENIED, "not signed with the device's key") from error
    return claims


def _require_now(issued: object, at: datetime) -> None:
    if isinstance(issued, bool) or not isinstance(issued, int | float):
        raise ProofRefused(ReasonCode.ACCESS_DENIED, "no instant")
    try:
        late = abs(float(issued) - at.astimezone(UTC).timestamp())
    except OverflowError as error:  # JSON's numbers have no end
        raise ProofRefused(ReasonCode.ACCESS_DENIED, "no instant") from error
    if not late <= WINDOW.total_seconds():  # NaN is no instant
        raise ProofRefused(ReasonCode.ACCESS_DENIED, "the device's clock is off")


def _decoded(target: object) -> str:
    path, mark, query = str(target).partition("?")
    return unquote(path) + mark + query


def _nonce(nonce: object) -> str:
    least, most = agent_proof.MIN_NONCE_CHARACTERS, agent_proof.MAX_NONCE_CHARACTERS
    if not isinstance(nonce, str) or not least <= len(nonce) <= most:
        raise ProofRefused(ReasonCode.ACCESS_DENIED, "no nonce")
    return nonce


class _Seen:
    """Remembers proofs for as long as they could be used again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: set[tuple[bytes, str]] = set()
        self._order: deque[tuple[datetime, tuple[bytes, str]]] = deque()

    def add(self, device: bytes, nonce: str, at: datetime) -> bool:
        """Remember a proof; False where it is known already."""
        key = (device, nonce)
        with self._lock:
            while self._order and at - self._order[0][0] > 2 * WINDOW:
                self._known.discard(self._order.popleft()[1])
            if key in self._known:
                return False
            self._known.add(key)
            self._order.append((at, key))
            return True
