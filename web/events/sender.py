"""One call of a webhook over HTTPS, with every bound that a hostile receiver makes necessary.

The address is looked up, checked and then called by number (``endpoint.py``). Redirects are not
followed, the answer's body is not read, and a timer ends the call as a whole: a receiver that
gives one octet now and then would outlive any timeout of the single read.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import TypeAlias

from web.events.endpoint import AddressRule, Endpoint

CONNECT_SECONDS = 5.0
CALL_SECONDS = 15.0
MOST_RETRY_AFTER_SECONDS = 3600


@unique
class Blame(StrEnum):
    """What a failed call says about the next one."""

    EVENT = "event"  # another event may be taken
    ENDPOINT = "endpoint"  # no event will be taken for a while
    GONE = "gone"  # RFC 9110 section 15.5.11: never again


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """How a call ended.

    Args:
        code: short and our own: nothing that the other side wrote.
        blame: None where the event was taken.
        retry_after_seconds: as the other side asked, within bounds; 0 where it did not.
    """

    code: str
    blame: Blame | None
    retry_after_seconds: int = 0


Resolve: TypeAlias = Callable[[str, int], Sequence[str]]
"""Looks up the addresses of a host, for a port."""


def resolve_by_system(host: str, port: int) -> Sequence[str]:
    """Return all addresses of a host.

    Raises:
        OSError: it has none, or nobody can be asked.
        UnicodeError: the name can't be one.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]) for one in found))


@dataclass(frozen=True, slots=True)
class WebhookSender:
    """Calls webhooks.

    Args:
        rule: which addresses may be called.
        tls: which certificates are believed.
        resolve: looks names up.
        call_seconds: a call's whole time, without the look-up.
    """

    rule: AddressRule
    tls: ssl.SSLContext
    resolve: Resolve = resolve_by_system
    call_seconds: float = CALL_SECONDS

    def send(self, endpoint: Endpoint, headers: Mapping[str, str], body: bytes) -> CallOutcome:
        """Post a body; return how that went, whatever the other side does."""
        try:
            addresses = self.resolve(endpoint.host, endpoint.port)
        except (OSError, UnicodeError):
            return CallOutcome("name_not_found", Blame.ENDPOINT)
        if not addresses or not all(self.rule.allows(one) for one in addresses):
            return CallOutcome("address_not_allowed", Blame.ENDPOINT)
        try:
            plain = socket.create_connection((addresses[0], endpoint.port), CONNECT_SECONDS)
        except TimeoutError:
            return CallOutcome("timeout", Blame.ENDPOINT)
        except OSError:
            return CallOutcome("not_reached", Blame.ENDPOINT)
        with (
            plain,
            self.tls.wrap_socket(
                plain, server_hostname=endpoint.host, do_handshake_on_connect=False
            ) as secured,
        ):
            return self._call(secured, endpoint, headers, body)

    def _call(
        self, secured: ssl.SSLSocket, endpoint: Endpoint, headers: Mapping[str, str], body: bytes
    ) -> CallOutcome:
        late = threading.Event()

        def give_up() -> None:
            late.set()
            with suppress(OSError):
                # of the socket beneath: the TLS layer is in use by the other thread
                socket.socket.shutdown(secured, socket.SHUT_RDWR)

        timer = threading.Timer(self.call_seconds, give_up)
        timer.daemon = True
        timer.start()
        try:
            secured.settimeout(self.call_seconds)
            secured.do_handshake()
            connection = http.client.HTTPSConnection(endpoint.host, endpoint.port)
            connection.sock = secured
            connection.request("POST", endpoint.target, body, dict(headers))
            answer = connection.getresponse()
            if late.is_set():  # headers that we cut off ourselves read like whole ones
                return CallOutcome("timeout", Blame.ENDPOINT)
            return _judge(answer.status, answer.getheader("Retry-After", ""))
        except ssl.SSLCertVerificationError:
            return CallOutcome("certificate_not_valid", Blame.ENDPOINT)
        except (OSError, http.client.HTTPException, ValueError) as error:
            if late.is_set() or isinstance(error, TimeoutError):
                return CallOutcome("timeout", Blame.ENDPOINT)
            return CallOutcome("broke_off", Blame.ENDPOINT)
        finally:
            timer.cancel()


def _judge(status: int, retry_after: str) -> CallOutcome:
    code = f"http_{status}"
    if 200 <= status < 300:
        return CallOutcome(code, None)
    if status == 410:
        return CallOutcome(code, Blame.GONE)
    if status == 429 or status >= 500:
        return CallOutcome(code, Blame.ENDPOINT, _seconds(retry_after))
    return CallOutcome(code, Blame.EVENT)


def _seconds(retry_after: str) -> int:
    """Return the seconds of a Retry-After header (RFC 9110 section 10.2.3); 0 for a date."""
    if not retry_after.isascii() or not retry_after.isdecimal() or len(retry_after) > 9:
        return 0
    return min(int(retry_after), MOST_RETRY_AFTER_SECONDS)
