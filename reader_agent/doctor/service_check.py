"""Looks at the way to the service, a layer at a time: name, TCP, TLS, sign-in, clock."""

from __future__ import annotations

import secrets
import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cardsvc.clock import Clock
from cardsvc.errors import CardError, CardsvcError, Malformed
from reader_agent.doctor.finding import Finding, Sign
from reader_agent.enrol.identity import load_identity
from reader_agent.enrol.proof import ABSURD, DeviceKey
from reader_agent.run.config import AgentConfig, ServiceConfig
from reader_agent.service_http import BearerToken, Credentials, ServiceError, ServiceHttp
from reader_agent.service_options import read_token

TOLERATED = timedelta(seconds=10)
_SECONDS = 4.0
_UNAUTHENTICATED = 401


def check_service(
    config: AgentConfig, clock: Clock, hear: Callable[[timedelta], None] = lambda _: None
) -> list[Finding]:
    """Return what is to be said of the service; the first layer that fails is the one to mend.

    Args:
        config: where the service is, and how we sign in.
        clock: the machine's.
        hear: is told how far the service's clock is ahead, where it says so.
    """
    unreached = reach(config.service)
    if unreached is not None:
        return [unreached]
    credentials = _Listening(_credentials(config, clock), clock)
    findings: list[Finding] = []
    try:
        with closing(
            ServiceHttp(config.service.url, credentials, ca_file=config.service.ca_file)
        ) as http:
            http.ask("GET", "/agent/v1/jobs/next?wait=0", seconds=_SECONDS)
    except ServiceError as error:
        refused = error.status == _UNAUTHENTICATED
        sign = Sign.SIGN_IN_REFUSED if refused else Sign.SERVICE_FAILED
        findings.append(Finding(sign, f"HTTP {error.status}" if error.status else ""))
    except Malformed:
        findings.append(Finding(Sign.SERVICE_FAILED, "answer"))
    offset = credentials.offset
    if offset is not None and abs(offset) <= ABSURD:
        hear(offset)
    if offset is not None and abs(offset) > TOLERATED:
        findings.append(Finding(Sign.CLOCK_OFF, f"{offset.total_seconds():+.0f} s"))
    return findings or [Finding(Sign.SERVICE_GOOD, config.service.url)]


class _Listening:
    """Credentials that hear what time the service has."""

    def __init__(self, credentials: Credentials, clock: Clock) -> None:
        self._credentials = credentials
        self._clock = clock
        self.offset: timedelta | None = None

    def authorization(self, method: str, target: str, body: bytes) -> str:
        return self._credentials.authorization(method, target, body)

    def heard(self, time_told: str | None) -> bool:
        try:
            self.offset = datetime.fromisoformat(time_told or "") - self._clock.now()
        except (ValueError, TypeError):
            self.offset = None
        return self._credentials.heard(time_told)


def _credentials(config: AgentConfig, clock: Clock) -> Credentials:
    try:
        identity = load_identity(config.state_dir)
        if identity is not None:
            return DeviceKey(identity, clock, secrets.token_bytes)
        if config.service.token_file is not None:
            return BearerToken(read_token(config.service.token_file))
    except (CardError, CardsvcError, OSError):
        pass  # said by another check; the service is asked all the same
    return BearerToken("-")


def reach(service: ServiceConfig) -> Finding | None:
    """Return why there is no way to the service; None where there is one."""
    parts = urlsplit(service.url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    where = f"{host}:{port}"
    try:
        context = ssl.create_default_context(
            cafile=None if service.ca_file is None else str(service.ca_file)
        )
    except OSError:  # of no such file, or one that holds no certificate (ssl.SSLError)
        return Finding(Sign.CA_UNREADABLE, str(service.ca_file))
    try:
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return Finding(Sign.DNS_FAILED, host)
    try:
        with socket.create_connection((host, port), _SECONDS) as plain:
            if parts.scheme != "https":
                return None
            with context.wrap_socket(plain, server_hostname=host):
                return None
    except ssl.SSLCertVerificationError as error:
        return Finding(Sign.TLS_UNTRUSTED, error.verify_message)
    except ssl.SSLError as error:
        return Finding(Sign.TLS_FAILED, error.reason or where)
    except OSError:
        return Finding(Sign.TCP_FAILED, where)
