"""A whole service for tests: real stores, vault and CAs in a temporary folder."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from argon2 import PasswordHasher
from flask import Flask

from cardsvc.card.guid import CardGuid
from cardsvc.clock import Clock, SettableClock
from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel, CardType, Realm
from issuance import lifecycle
from issuance.approve import approve
from issuance.enrol import request_card
from issuance.job_records import JobOrder
from keys.sealed_file import ScryptCost
from reader_agent.activation import activate_card, set_holder_pin
from reader_agent.client import ServiceClient
from reader_agent.desk import relay_job
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.state import CardOptions, CardState, VendorInstructions
from tests.support.api_examples import keep_examples
from tests.support.conformance import Conformance
from tests.support.databases import put_migrated
from tests.support.people import another
from verification.policy.simple import simple_policy
from web.app import create_app
from web.bootstrap import Installation, open_installation
from web.loopback import on_loopback
from web.settings import DATABASE_FILE, Settings

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
CHEAP = ScryptCost(n=2**4)
CHEAP_PASSWORDS = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
AGENT, DESK = "ki-ot-1", "ban-1"
RELYING_PARTY, SERVICE = "trung-tam-hcc", "tra-cuu"
PIN = "582946"


class TickingClock(SettableClock):
    """Moves on by a millisecond each time it is asked, so that events have an order."""

    def now(self) -> datetime:
        self.advance(timedelta(milliseconds=1))
        return super().now()


class ServiceUnderTest:
    """An installation, its application on loopback, and two enrolled agents."""

    def __init__(
        self,
        installation: Installation,
        app: Flask,
        clock: SettableClock,
        url: str,
        conformance: Conformance,
    ) -> None:
        self.installation = installation
        self.app = app
        self.clock = clock
        self.url = url
        self.conformance = conformance
        access = installation.access
        self.agent_token = access.enrol_agent(AGENT, "Ki-ốt", operator="admin", at=AT)
        self.desk_token = access.enrol_agent(DESK, "Bàn cấp thẻ", operator="admin", at=AT)
        self.partner_token = access.enrol_relying_party(
            RELYING_PARTY, "Trung tâm", operator="admin", at=AT
        )
        self.put_policy()
        self.kiosk = ServiceClient(url, self.agent_token)
        self.desk = ServiceClient(url, self.desk_token)

    def put_policy(self, level: AssuranceLevel = AssuranceLevel.X1) -> None:
        policy = simple_policy(RELYING_PARTY, SERVICE, minimum_level=level)
        self.installation.access.put_policy(policy, operator="admin", at=AT)

    def blank(self, card: CardState | None = None) -> VirtualCard:
        options = CardOptions(short_apdus_only=True, vendor=VendorInstructions.YUBICO)
        return VirtualCard(card or CardState.factory(options=options))

    def requested_application(
        self, card_type: CardType = CardType.CIVIL_SERVANT, realm: Realm = Realm.PRODUCTION
    ) -> str:
        application_id = str(uuid.uuid4())
        request_card(
            self.installation.store,
            application_id=application_id,
            card_type=card_type,
            holder=another(card_type),
            operator="lan",
            at=self.clock.now(),
            realm=realm,
        )
        return application_id

    def approved_application(
        self, card_type: CardType = CardType.CIVIL_SERVANT, realm: Realm = Realm.PRODUCTION
    ) -> str:
        application_id = self.requested_application(card_type, realm)
        store = self.installation.store
        approve(store, application_id, operator="hung", at=self.clock.now())
        return application_id

    def personalise(self, card: VirtualCard, application_id: str) -> CardGuid:
        jobs = self.installation.jobs
        job = jobs.open_job(JobOrder(application_id, agent=DESK, operator="mai"))
        connection = connect_in_process(card)
        relayed = relay_job(self.desk, job, connection)
        connection.close()
        assert relayed.state == "personalised", jobs.failure(job, DESK)
        with self.installation.store.transaction() as unit:
            return unit.cards_of_application(application_id)[-1].guid

    def hand_over(self, guid: CardGuid) -> None:
        at = self.clock.now()
        lifecycle.hand_over(self.installation.store, guid, operator="mai", at=at)

    def activate(self, card: VirtualCard, guid: CardGuid) -> None:
        transport_pin = self.installation.pki.card_secrets.transport_pin(guid)
        connection = connect_in_process(card)
        set_holder_pin(connection, transport_pin, PIN)
        decision = activate_card(self.desk, connection, agent=DESK, pin=PIN)
        connection.close()
        assert decision.granted, decision.code

    def active_card(
        self, card_type: CardType = CardType.CIVIL_SERVANT, realm: Realm = Realm.PRODUCTION
    ) -> tuple[VirtualCard, CardGuid]:
        card = self.blank()
        guid = self.personalise(card, self.approved_application(card_type, realm))
        self.hand_over(guid)
        self.activate(card, guid)
        return card, guid

    def last_reason(self) -> ReasonCode:
        """Return the exact reason of the newest decision, as the audit keeps it."""
        newest = self.installation.history.recent(1)[0]
        return ReasonCode(newest.reasons[0])


def open_cheaply(settings: Settings, clock: Clock | None = None) -> Installation:
    """Open an installation as a test likes it: nothing is migrated or hashed at length.

    A new embedded database is a copy of one that was migrated once.
    """
    file = settings.data_dir / DATABASE_FILE
    if not settings.database_url and not file.exists():
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        put_migrated(file)
    return open_installation(settings, clock, scrypt_cost=CHEAP, password_hasher=CHEAP_PASSWORDS)


@contextmanager
def serve(folder: Path, database_url: str = "", stock: str = "off") -> Iterator[ServiceUnderTest]:
    """Open a service and serve it on a free port of loopback.

    Tests that are not about blanks keep no books of them. What it answers is held to its OpenAPI
    document.
    """
    clock = TickingClock(AT)
    settings = Settings(
        data_dir=folder, database_url=database_url, vault_passphrase="mật khẩu", stock=stock
    )
    installation = open_cheaply(settings, clock)
    try:
        app = create_app(installation.services)
        conformance = Conformance(app)
        with on_loopback(app, quiet=False) as url:
            yield ServiceUnderTest(installation, app, clock, url, conformance)
        assert conformance.faults == []
        keep_examples(conformance)
    finally:
        installation.close()
