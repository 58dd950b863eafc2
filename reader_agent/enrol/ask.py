"""Asks the service to make this device an agent."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from cardsvc.errors import CardError, Malformed
from cardsvc.wire.enrolment import EnrolledMessage, EnrolmentMessage
from reader_agent.enrol.identity import (
    DeviceIdentity,
    identity_of,
    load_identity,
    new_key,
    save_identity,
    signing_request,
)
from reader_agent.run.config import AgentConfig
from reader_agent.service_http import ServiceHttp

_FORMER = "former-"


class _Nobody:
    """Credentials of a device that is no agent yet: the code is in the message."""

    def authorization(self, method: str, target: str, body: bytes) -> str:
        del method, target, body
        return ""

    def heard(self, time_told: str | None) -> bool:
        del time_told
        return False


def enrol_device(config: AgentConfig, code: str, *, replace: bool = False) -> DeviceIdentity:
    """Make a key, have it certified and keep both.

    The folder is looked at first: a code that is spent for nothing has to be asked for again.

    Args:
        config: where the service is, and where the identity is kept.
        code: of the invitation.
        replace: whether the device may be another agent so far. What that one has in the
            folder - its events, its settings, its key - is then put aside and not used.

    Raises:
        ServiceError: unreachable, or the code opens nothing; IDENTITY_OF_ANOTHER, the folder
            holds another agent's identity.
        Malformed: the answer is no certificate of our key.
        OSError: the identity can't be kept.
    """
    config.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    probe = config.state_dir / ".probe"
    probe.write_bytes(b"")
    probe.unlink()
    held, key = _held(config.state_dir), new_key()
    asked = EnrolmentMessage(code, signing_request(key), None if replace else held)
    with closing(
        ServiceHttp(config.service.url, _Nobody(), ca_file=config.service.ca_file)
    ) as http:
        answer = http.ask("POST", "/agent/v1/enrolments", asked.encode())
    identity = identity_of(key, EnrolledMessage.parse_answer(answer))
    if held is not None and held != identity.agent:
        _put_aside(config.state_dir, held)
    save_identity(config.state_dir, identity)
    return identity


def _held(folder: Path) -> str | None:
    """Return which agent a folder belongs to; None where no identity in it can be used."""
    try:
        identity = load_identity(folder)
    except (CardError, Malformed):
        return None  # it is of no use to anybody: enrolling mends it
    return None if identity is None else identity.agent or None


def _put_aside(folder: Path, agent: str) -> None:
    """Move what an agent has kept into a folder of its own.

    Raises:
        OSError: it can't be moved.
    """
    number = 1
    while (aside := folder / f"{_FORMER}{agent}-{number}").exists():
        number += 1
    kept = [one for one in folder.iterdir() if not one.name.startswith(_FORMER)]
    aside.mkdir(mode=0o700)
    for one in kept:
        one.rename(aside / one.name)
