"""HTTP to the service: kept-alive connections, bounded answers, who we are, typed faults."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cardsvc.errors import CardsvcError, Malformed, ReasonCode
from cardsvc.wire.agent_proof import TIME_HEADER
from cardsvc_client import Refused, Transport, UnexpectedAnswer, Unreachable, transport

MAX_ANSWER_OCTETS = 1 << 20
_READ_SECONDS = 10.0
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


class _Authoriser:
    """Shows who the agent is, to the client package's transport."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def headers(self, method: str, target: str, body: bytes) -> Mapping[str, str]:
        return {"Authorization": self._credentials.authorization(method, target, body)}

    def heard(self, status: int, headers: Mapping[str, str]) -> bool:
        del status
        return self._credentials.heard(headers.get(TIME_HEADER))


class ServiceHttp:
    """Asks one service as one agent, over the partners' transport. Safe to share between threads.

    Nothing is sent again by itself: what a person waits for is asked again by whoever knows.

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
        self._observe = observe
        self._transport: Transport | None = None
        # another address is told when something is asked, in the way of all faults
        if base_url.startswith(("http://", "https://")):
            self._transport = Transport(
                base_url,
                _Authoriser(credentials),
                retries=0,
                ca_file=None if ca_file is None else str(ca_file),
                most_octets=MAX_ANSWER_OCTETS,
                observe=self._tell,
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
        if self._transport is None:
            raise ServiceError(ReasonCode.NETWORK_FAILED, 0, "not an http address")
        try:
            return self._transport.send_once(method, path, body or b"", seconds=seconds).body
        except Refused as error:
            raise _service_error(error) from error
        except Unreachable as error:
            raise ServiceError(ReasonCode.NETWORK_FAILED, 0, f"no answer: {error}") from error
        except UnexpectedAnswer as error:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "the answer is too large") from error

    def close(self) -> None:
        """Drop the kept connections."""
        if self._transport is not None:
            self._transport.close()

    def _tell(self, exchange: transport.Exchange) -> None:
        found = _SERVER_TIMING.search(exchange.headers.get("Server-Timing", ""))
        server_seconds = float(found.group(1)) / 1000 if found else None
        self._observe(Exchange(exchange.target, exchange.seconds, server_seconds))


def _service_error(refused: Refused) -> ServiceError:
    """Return the error of a problem document; what is none is an unavailable service."""
    try:
        reason = ReasonCode(refused.reason)
    except ValueError:
        reason = ReasonCode.SERVICE_UNAVAILABLE
    return ServiceError(reason, refused.status, f"HTTP {refused.status}: {reason.value}")
