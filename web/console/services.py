"""What the console's pages may use: ports and use cases, fitted together by ``console_wiring``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cardsvc.access_records import Enrolled
from cardsvc.clock import Clock
from cardsvc.service_records import ServicePolicy
from cardsvc.session_records import FormClaim
from web.agents.settings import SettingsDesk
from web.console.attendance_services import AttendanceServices
from web.console.door_services import DoorServices
from web.console.integration_services import IntegrationServices
from web.console.issuing_services import IssuingServices
from web.console.oversight_services import OversightServices
from web.console.registry_services import RegistryServices
from web.console.visitor_services import VisitorServices
from web.operators.register import OperatorRegister
from web.operators.sessions import SessionDesk
from web.operators.sign_in import SignIn
from web.partners.register import PartnerRegister


class Forms(Protocol):
    """Keeps which forms were sent."""

    def claim(self, token_sha256: bytes, at: datetime) -> FormClaim:
        """Claim a form's token; only the first who asks is told FIRST."""
        ...

    def conclude(self, token_sha256: bytes, outcome: str) -> None:
        """Note where the first sending led."""
        ...

    def release(self, token_sha256: bytes) -> None:
        """Give a token back: nothing was done."""
        ...


class AgentRegister(Protocol):
    """Enrols reader agents."""

    def agents(self) -> Sequence[Enrolled]:
        """Return all agents by identifier."""
        ...

    def enrol_agent(self, agent_id: str, name: str, *, operator: str, at: datetime) -> str:
        """Add an agent, or give a known one a new token and let it in; return it, shown once."""
        ...

    def disable_agent(self, agent_id: str, *, operator: str, at: datetime) -> bool:
        """Shut an agent out; return whether there was one."""
        ...


class AgentInvitations(Protocol):
    """Lets devices become agents, each by a key that it makes."""

    def invite(self, agent_id: str, name: str, *, operator: str, at: datetime) -> str:
        """Return a code by which one device may become this agent within an hour; shown once."""
        ...


@dataclass(frozen=True, slots=True)
class ConsoleServices:
    """The use cases behind the console's pages.

    Args:
        clock: asked once per request.
        secret_key: signs cookies and form tokens.
        issuer: our name, beside the account in authenticator apps.
        proxy_hops: reverse proxies in front of us.
        sign_in: lets operators in.
        sessions: whose session a cookie opens.
        register: the operators.
        forms: forms are sent once.
        agents: reader agents.
        partners: relying parties and their keys.
        policies: those in force at an instant.
        invitations: lets devices become agents.
        agent_settings: sets something at agents from afar.
        issuing: applications, cards, the desk and the stock of blanks.
        registry: holders, agencies, imports.
        oversight: figures, the audit log, personal data, publishing.
        integration: policies, decisions, where partners are called.
        attendance: taps of staff, and corrections of them.
        doors: alarms of doors, orders to open them, what they decided offline.
        visitors: visitor passes.
        watch_token: under which passes to the screen of the operations centre are given.
    """

    clock: Clock
    secret_key: bytes
    issuer: str
    proxy_hops: int
    sign_in: SignIn
    sessions: SessionDesk
    register: OperatorRegister
    forms: Forms
    agents: AgentRegister
    partners: PartnerRegister
    policies: Callable[[datetime], Sequence[ServicePolicy]]
    invitations: AgentInvitations
    agent_settings: SettingsDesk
    issuing: IssuingServices
    registry: RegistryServices
    oversight: OversightServices
    integration: IntegrationServices
    attendance: AttendanceServices
    doors: DoorServices
    visitors: VisitorServices
    watch_token: str
