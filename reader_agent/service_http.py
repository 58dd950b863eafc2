"""HTTP to the service: kept-alive connections, bounded answers, who we are, typed faults."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import urllib3

from cardsvc.errors import CardsvcError, Malformed, ReasonCode
from cardsvc.wire.agent_proof import TIME_HEADER
from cardsvc.wire.fields import parse_object

MAX_ANSWER_OCTETS = 1 << 20
_CONNECT_SECONDS = 3.0
_READ_SECONDS = 10.0
_UNAUTHENTICATED = 401
_SERVER_TIMING = re.compile(r"\bapp;dur=([0-9]{1,9}(?:\.[0-9]{1,6})?)(?![0-9.])")


class ServiceError(CardsvcError):
    """The service could not be reached, or refused.

    Args:
        reason: why, as the service's problem document says.
        status: the HTTP status, 0 where there was no answer.
        message: for the log.
    """

    def __init__(self, reason: ReasonCode, status: int, message: str) -> None:
        super().__init__(reason, message)
        self.status = status


class Credentials(Protocol):
    """By what an agent shows who it is."""

    def authorization(self, method: str, target: str, body: bytes) -> str:
        """Return the Authorization header of a request."""
        ...

    def heard(self, time_told: str | None) -> bool:
        """Take the time that an answer told; tell whether to try again what was refused."""
        ...


@dataclass(frozen=True, slots=True)
class BearerToken:
    """A token that says it all (RFC 6750); never logged."""

    token: str = field(repr=False)

    def authorization(self, method: str, target: str, body: bytes) -> str:
        """Return the token, whatever the request."""
        del method, target, body
        return f"Bearer {self.token}"

    def heard(self, time_told: str | None) -> bool:
        """Learn nothing: a token has no clock."""
        del time_told
        return False


@dataclass(frozen=True, slots=True)
class Exchange:
    """How long one answer took.

    Args:
        path: what was asked.
        seconds: from the request to the whole answer.
        server_seconds: of them, those that the service says it needed (Server-Timing), or None.
    """

    path: str
    seconds: float
    server_seconds: float | None


class ServiceHttp:
    """Asks one service as one agent. Safe to share between threads.

    Args:
        base_url: such as ``https://the.service``.
        credentials: by what it shows who it is.
        ca_file: PEM of the authority of the service's TLS certificate; None for the system's.
        observe: is told how long each answer took.
    """

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        ca_file: Path | None = None,
        observe: Callable[[Exchange], None] = lambda _: None,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._credentials = credentials
        self._observe = observe
        self._pool = urllib3.PoolManager(
            headers={"Content-Type": "application/json", "Accept": "application/json"},
            retries=False,
            maxsize=4,
            ca_certs=None if ca_file is None else str(ca_file),
        )

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        seconds: float = _READ_SECONDS,
    ) -> bytes:
        """Return the octets of a good answer.

        Args:
            method: such as ``POST``.
            path: with its query.
            body: what is sent.
            seconds: how long an answer may take.

        Raises:
            ServiceError: unreachable or refused.
            Malformed: the answer is too large.
        """
        if not self._base_url.startswith(("http://", "https://")):
            raise ServiceError(ReasonCode.NETWORK_FAILED, 0, "not an http address")
        status, octets, again = self._once(method, path, body, seconds)
        if status == _UNAUTHENTICATED and again:
            status, octets, _ = self._once(method, path, body, seconds)
        if status != 200:
            raise _problem(status, octets)
        return octets

    def close(self) -> None:
        """Drop the kept connections."""
        self._pool.clear()

    def _once(
        self, method: str, path: str, body: bytes | None, seconds: float
    ) -> tuple[int, bytes, bool]:
        started = time.monotonic()
        headers = dict(self._pool.headers)
        headers["Authorization"] = self._credentials.authorization(method, path, body or b"")
        try:
            response = self._pool.request(
                method,
                self._base_url + path,
                body=body,
                headers=headers,
                preload_content=False,
                timeout=urllib3.Timeout(connect=min(_CONNECT_SECONDS, seconds), read=seconds),
            )
            octets = response.read(MAX_ANSWER_OCTETS + 1)
            response.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise ServiceError(
                ReasonCode.NETWORK_FAILED, 0, f"no answer: {type(error).__name__}"
            ) from error
        if len(octets) > MAX_ANSWER_OCTETS:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "the answer is too large")
        found = _SERVER_TIMING.search(response.headers.get("Server-Timing", ""))
        server_seconds = float(found.group(1)) / 1000 if found else None
        self._observe(Exchange(path, time.monotonic() - started, server_seconds))
        return response.status, octets, self._credentials.heard(response.headers.get(TIME_HEADER))


def _problem(status: int, octets: bytes) -> ServiceError:
    """Read an RFC 9457 problem document; whatever is not one is an unavailable service."""
    try:
        reason = ReasonCode(parse_object(octets).get("reason", ""))
    except ValueError:
        reason = ReasonCode.SERVICE_UNAVAILABLE
    return ServiceError(reason, status, f"HTTP {status}: {reason.value}")
