"""Asks the service to make this device an agent."""

from __future__ import annotations

from contextlib import closing

from cardsvc.wire.enrolment import EnrolledMessage, EnrolmentMessage
from reader_agent.enrol.identity import (
    DeviceIdentity,
    identity_of,
    new_key,
    save_identity,
    signing_request,
)
from reader_agent.run.config import AgentConfig
from reader_agent.service_http import ServiceHttp


class _Nobody:
    """Credentials of a device that is no agent yet: the code is in the message."""

    def authorization(self, method: str, target: str, body: bytes) -> str:
        del method, target, body
        return ""

    def heard(self, time_told: str | None) -> bool:
        del time_told
        return False


def enrol_device(config: AgentConfig, code: str) -> DeviceIdentity:
    """Make a key, have it certified and keep both.

    The folder is looked at first: a code that is spent for nothing has to be asked for again.

    Args:
        config: where the service is, and where the identity is kept.
        code: of the invitation.

    Raises:
        ServiceError: unreachable, or the code opens nothing.
        Malformed: the answer is no certificate of our key.
        OSError: the identity can't be kept.
    """
    config.state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    probe = config.state_dir / ".probe"
    probe.write_bytes(b"")
    probe.unlink()
    key = new_key()
    asked = EnrolmentMessage(code, signing_request(key))
    with closing(
        ServiceHttp(config.service.url, _Nobody(), ca_file=config.service.ca_file)
    ) as http:
        answer = http.ask("POST", "/agent/v1/enrolments", asked.encode())
    identity = identity_of(key, EnrolledMessage.parse(answer))
    save_identity(config.state_dir, identity)
    return identity
