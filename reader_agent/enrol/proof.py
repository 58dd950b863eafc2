"""Signs each request with the device's key, by the service's time (ADR-0018)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import jwt

from cardsvc.clock import Clock
from cardsvc.wire import agent_proof
from cardsvc.wire.agent_proof import body_digest, certificate_name
from cardsvc.wire.fields import encode_octets
from reader_agent.enrol.identity import DeviceIdentity

_NONCE_OCTETS = 16
_TOLERATED = timedelta(seconds=2)
"""An answer travels a while: less than this is no difference."""
ABSURD = timedelta(days=3653)
"""A service that is further away is not believed."""


class DeviceKey:
    """Implements ``service_http.Credentials``. Safe to share between threads.

    Args:
        identity: the device's; replaced when it is renewed.
        clock: the machine's.
        random_octets: gives nonces.
    """

    def __init__(
        self, identity: DeviceIdentity, clock: Clock, random_octets: Callable[[int], bytes]
    ) -> None:
        self._lock = threading.Lock()
        self._identity = identity
        self._clock = clock
        self._random_octets = random_octets
        self._offset = timedelta(0)
        self._signed = threading.local()

    @property
    def identity(self) -> DeviceIdentity:
        """Who the device is now."""
        with self._lock:
            return self._identity

    @identity.setter
    def identity(self, identity: DeviceIdentity) -> None:
        with self._lock:
            self._identity = identity

    def authorization(self, method: str, target: str, body: bytes) -> str:
        """Return a proof for one request."""
        with self._lock:
            identity, at = self._identity, self._clock.now() + self._offset
            self._signed.offset = self._offset
        claims = {
            "aud": agent_proof.AUDIENCE,
            "iat": int(at.timestamp()),
            "jti": encode_octets(self._random_octets(_NONCE_OCTETS)),
            "htm": method,
            "htu": target,
            "bh": body_digest(body),
        }
        headers = {"typ": agent_proof.TYPE, "x5t#S256": certificate_name(identity.sha256)}
        proof = jwt.encode(claims, identity.key, algorithm=agent_proof.ALGORITHM, headers=headers)
        return f"{agent_proof.SCHEME} {proof}"

    def heard(self, time_told: str | None) -> bool:
        """Set our proofs' clock by the service's; tell whether this thread has signed by another.

        Where several threads ask at once by a clock that is off, the first answer mends it for
        all, and each of them has to ask again.
        """
        try:
            told = datetime.fromisoformat(time_told or "")
        except ValueError:
            return False
        if told.tzinfo is None:
            return False
        with self._lock:
            offset = told - self._clock.now()
            if abs(offset) > ABSURD:
                return False
            signed_by: timedelta = getattr(self._signed, "offset", self._offset)
            if abs(offset - self._offset) > _TOLERATED:
                self._offset = offset
            return abs(self._offset - signed_by) > _TOLERATED

    def service_time(self) -> datetime:
        """Return the instant by the service's clock, as far as it was heard."""
        with self._lock:
            return self._clock.now() + self._offset

    @property
    def clock_offset(self) -> timedelta:
        """How far the service's clock is ahead of ours."""
        with self._lock:
            return self._offset
