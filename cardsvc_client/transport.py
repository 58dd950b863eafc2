"""Requests to the service: kept-alive connections, bounded answers, retries where they are safe.

Again is tried what can't do harm: what only reads, and what carries an Idempotency-Key, by which
the service knows the second sending for the first
(draft-ietf-httpapi-idempotency-key-header).
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

import urllib3

from cardsvc_client.errors import UnexpectedAnswer, Unreachable, refusal

MOST_ANSWER_OCTETS = 4 << 20
"""Longest answer read; a batch of a hundred decisions has less than 1 MiB."""
_AGAIN = frozenset({502, 503, 504})
_BACK_OFF_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 5.0
_CONNECT_SECONDS = 3.0
_UNAUTHORISED = 401
JSON = "application/json"
USER_AGENT = "cardsvc-client/1"


class Authoriser(Protocol):
    """Says who sends a request."""

    def headers(self, method: str, target: str, body: bytes) -> Mapping[str, str]:
        """Return the headers that say it; asked before every request.

        Args:
            method: such as ``POST``.
            target: path and query.
            body: the message.
        """
        ...

    def heard(self, status: int, headers: Mapping[str, str]) -> bool:
        """Learn from an answer; tell whether what was refused with 401 is worth another try."""
        ...


class Nobody:
    """Sends requests that everyone may."""

    def headers(self, method: str, target: str, body: bytes) -> Mapping[str, str]:  # noqa: ARG002
        """Return no header."""
        return {}

    def heard(self, status: int, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Learn nothing."""
        return False


@dataclass(frozen=True, slots=True)
class StaticToken:
    """A bearer token that was given once (RFC 6750).

    Args:
        token: the token; never logged.
    """

    token: str

    def __repr__(self) -> str:
        """Hide the token."""
        return "StaticToken(…)"

    def headers(self, method: str, target: str, body: bytes) -> Mapping[str, str]:  # noqa: ARG002
        """Return the Authorization header."""
        return {"Authorization": f"Bearer {self.token}"}

    def heard(self, status: int, headers: Mapping[str, str]) -> bool:  # noqa: ARG002
        """Learn nothing: it is what it is."""
        return False


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer.

    Args:
        body: its octets.
        headers: its headers.
    """

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Exchange:
    """How long one answer took, whatever it was.

    Args:
        target: what was asked, path and query.
        seconds: from the request to the whole answer.
        headers: of the answer.
    """

    target: str
    seconds: float
    headers: Mapping[str, str]


class Transport:
    """Sends requests to one service. Safe to share between threads.

    Args:
        base_url: such as ``https://the.tinh.gov.vn``.
        authoriser: says who we are.
        retries: how often to try again what may be tried again.
        timeout_seconds: for connecting and for each answer.
        ca_file: the authorities that the service's TLS certificate may come from; None for the
            system's.
        most_octets: longest answer that is read.
        observe: is told how long each answer took.

    Raises:
        ValueError: not an http address.
    """

    def __init__(
        self,
        base_url: str,
        authoriser: Authoriser | None = None,
        *,
        retries: int = 3,
        timeout_seconds: float = 10.0,
        ca_file: str | None = None,
        most_octets: int = MOST_ANSWER_OCTETS,
        observe: Callable[[Exchange], None] = lambda _: None,
    ) -> None:
        if not base_url.startswith(("https://", "http://")):
            raise ValueError("the service's address begins with https:// or http://")
        self.base_url = base_url.rstrip("/")
        self._authoriser = authoriser or Nobody()
        self._again = urllib3.Retry(
            total=retries,
            redirect=0,
            other=0,
            allowed_methods=None,
            status_forcelist=_AGAIN,
            backoff_factor=_BACK_OFF_SECONDS,
            backoff_max=_LONGEST_WAIT_SECONDS,
            backoff_jitter=_BACK_OFF_SECONDS,
            raise_on_status=False,
            respect_retry_after_header=False,  # it may name hours, and somebody stands at a counter
        )
        self._seconds = timeout_seconds
        self._most_octets = most_octets
        self._observe = observe
        self._pool = urllib3.PoolManager(maxsize=8, ca_certs=ca_file)

    def get(self, path: str, query: Mapping[str, object] | None = None) -> Answer:
        """Read something.

        Raises:
            Refused: with a problem document.
            Unreachable: no answer.
        """
        full = f"{path}?{urlencode(query)}" if query else path
        return self._send("GET", full, b"", {}, again=True)

    def post(
        self, path: str, body: bytes, *, key: str | None = None, content_type: str = JSON
    ) -> Answer:
        """Send something; it takes effect once, however often it had to be sent.

        Args:
            path: of the endpoint.
            body: the message.
            key: the Idempotency-Key; None for a fresh one.
            content_type: of the body.

        Raises:
            Refused: with a problem document.
            Unreachable: no answer; what was sent may have taken effect.
        """
        headers = {"Content-Type": content_type, "Idempotency-Key": key or str(uuid.uuid4())}
        return self._send("POST", path, body, headers, again=True)

    def send_once(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        content_type: str = JSON,
        seconds: float | None = None,
    ) -> Answer:
        """Send something and never again by itself.

        Args:
            method: such as ``POST``.
            path: with its query.
            body: the message.
            content_type: of the body.
            seconds: how long an answer may take; None for the usual time.

        Raises:
            Refused: with a problem document.
            Unreachable: no answer; what was sent may have taken effect.
        """
        headers = {"Content-Type": content_type}
        return self._send(method, path, body, headers, again=False, seconds=seconds)

    def close(self) -> None:
        """Drop the kept connections."""
        self._pool.clear()

    def _send(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: dict[str, str],
        *,
        again: bool,
        seconds: float | None = None,
    ) -> Answer:
        # one name for all tries: the service's log shows them as one
        named = headers | {"X-Request-Id": uuid.uuid4().hex}
        limit = self._seconds if seconds is None else seconds
        status, answer, renewed = self._try(method, path, body, named, limit, again=again)
        if status == _UNAUTHORISED and renewed:
            status, answer, _ = self._try(method, path, body, named, limit, again=again)
        if not 200 <= status < 300:
            raise refusal(status, answer.body, answer.headers)
        return answer

    def _try(
        self,
        method: str,
        path: str,
        body: bytes,
        headers: dict[str, str],
        seconds: float,
        *,
        again: bool,
    ) -> tuple[int, Answer, bool]:
        sent = {"Accept": JSON, "User-Agent": USER_AGENT} | headers
        sent |= self._authoriser.headers(method, path, body)
        began = time.monotonic()
        try:
            response = self._pool.request(
                method,
                self.base_url + path,
                body=body or None,
                headers=sent,
                preload_content=False,
                redirect=False,
                retries=self._again if again else False,
                timeout=urllib3.Timeout(connect=min(_CONNECT_SECONDS, seconds), read=seconds),
            )
            octets = response.read(self._most_octets + 1)
            response.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise Unreachable(f"{method} {path}: {type(error).__name__}") from error
        if len(octets) > self._most_octets:
            raise UnexpectedAnswer(f"{method} {path}: the answer is too large")
        self._observe(Exchange(path, time.monotonic() - began, response.headers))
        renewed = self._authoriser.heard(response.status, response.headers)
        return response.status, Answer(octets, response.headers), renewed
