"""The console's wiring, nothing else: an open service in, what its pages use out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from cardsvc.clock import Clock
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.attempt_store import SqlAttemptStore
from cardsvc.store.engine import Database
from cardsvc.store.form_store import SqlFormStore
from cardsvc.store.operator_store import SqlOperatorStore
from cardsvc.store.partner_store import SqlPartnerStore
from cardsvc.store.sealed import Sealer
from cardsvc.store.second_factor_store import SqlSecondFactorStore
from cardsvc.store.session_store import SqlSessionStore
from web.agents.enrolment import EnrolmentDesk
from web.agents.settings import SettingsDesk
from web.console.door_services import DoorServices
from web.console.integration_services import IntegrationServices
from web.console.issuing_services import IssuingServices
from web.console.oversight_services import OversightServices
from web.console.services import ConsoleServices
from web.console.visitor_services import VisitorServices
from web.operators.passwords import Passwords
from web.operators.register import OperatorRegister
from web.operators.sessions import SessionDesk, SessionRules
from web.operators.sign_in import SignIn
from web.partners.register import PartnerRegister
from web.registry_wiring import wire_registry
from web.settings import Settings
from web.wiring.attendance import wire_attendance


@dataclass(frozen=True, slots=True)
class ConsoleParts:
    """What of an open service the console stands on.

    Args:
        settings: as the service was opened with.
        clock: its clock.
        database: its database.
        sealer: seals personal data and secrets at rest.
        access: agents.
        invitations: lets devices become agents.
        agent_settings: sets something at agents from afar.
        passwords: hashes and checks them.
        random_octets: a cryptographic random source.
        derive: derives a key of 32 octets for a purpose, from a master in the vault.
    """

    settings: Settings
    clock: Clock
    database: Database
    sealer: Sealer
    access: SqlAccessStore
    invitations: EnrolmentDesk
    agent_settings: SettingsDesk
    passwords: Passwords
    random_octets: Callable[[int], bytes]
    derive: Callable[[bytes], bytes]


def wire_console(
    parts: ConsoleParts,
    issuing: IssuingServices,
    oversight: OversightServices,
    integration: IntegrationServices,
    *,
    doors: DoorServices,
    visitors: VisitorServices,
) -> ConsoleServices:
    """Return what the console's pages use."""
    settings, database = parts.settings, parts.database
    operators, sessions = SqlOperatorStore(database), SqlSessionStore(database)
    factors = SqlSecondFactorStore(database, parts.sealer)
    rules = SessionRules(
        idle=timedelta(minutes=settings.session_idle_minutes),
        longest=timedelta(hours=settings.session_hours),
    )
    return ConsoleServices(
        clock=parts.clock,
        secret_key=parts.derive(b"cookies"),
        issuer=settings.issuer,
        proxy_hops=settings.proxy_hops,
        watch_token=settings.watch_token,
        sign_in=SignIn(
            operators,
            factors,
            sessions,
            SqlAttemptStore(database),
            passwords=parts.passwords,
            subject_key=parts.derive(b"attempts"),
            random_octets=parts.random_octets,
        ),
        sessions=SessionDesk(operators, sessions, rules),
        register=OperatorRegister(
            operators, factors, sessions, parts.passwords, parts.random_octets
        ),
        forms=SqlFormStore(database),
        agents=parts.access,
        partners=PartnerRegister(SqlPartnerStore(database)),
        policies=parts.access.policies,
        invitations=parts.invitations,
        agent_settings=parts.agent_settings,
        issuing=issuing,
        registry=wire_registry(database, parts.sealer, parts.clock),
        oversight=oversight,
        integration=integration,
        attendance=wire_attendance(settings, database),
        doors=doors,
        visitors=visitors,
    )
