"""What the agents' API uses to know who calls, and to let devices in."""

from __future__ import annotations

from dataclasses import dataclass

from web.agents.enrolment import EnrolmentDesk
from web.agents.sign_in import AgentSignIn
from web.partners.request_names import NamedRequests


@dataclass(frozen=True, slots=True)
class AgentAccess:
    """The ways of agents into the service.

    Args:
        enrolment: invites, enrols and renews devices.
        sign_in: knows a device by its key.
        tokens: whether bearer tokens open the agents' API, too.
        named: answers requests that have a name once.
        passing: the same where the answer may not be kept on a disk.
    """

    enrolment: EnrolmentDesk
    sign_in: AgentSignIn
    tokens: bool
    named: NamedRequests
    passing: NamedRequests
