"""A whole service in a temporary folder, with cards that it issued itself."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from cardsvc.card.batch import ApduBatch, run_batch
from cardsvc.card.chuid import parse_chuid
from cardsvc.card.connection import ApduTransport, CardConnection
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import ObjectTag
from cardsvc.card.session import PivSession
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.lifecycle import CardState
from cardsvc.records import Holder
from cardsvc.terms import AssuranceLevel, CardType
from issuance import lifecycle
from issuance.approve import approve
from issuance.enrol import request_card
from issuance.job_records import JobOrder
from reader_agent.activation import set_holder_pin
from reader_agent.known_cards import KnownCards
from reader_agent.tap import Tap, tap_card
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.state import CardOptions, VendorInstructions
from reader_agent.virtual.state import CardState as ChipState
from verification.challenge import Challenge, message_of, open_challenge
from verification.policy.simple import simple_policy
from web.bootstrap import Installation, open_installation
from web.demo.people import holders
from web.settings import Settings

AGENT, DESK = "ki-ot-1", "ban-1"
RELYING_PARTY, SERVICE = "trung-tam-hcc", "tra-cuu"
PIN = "482913"


@dataclass(frozen=True)
class IssuedCard:
    """A card in use."""

    card: VirtualCard
    guid: CardGuid


@dataclass(frozen=True)
class Stage:
    """What the measurements use."""

    installation: Installation
    agent_token: str
    desk_token: str

    def holder(self, number: int) -> Holder:
        """Return a made-up person; each number is another."""
        like = holders(date(2026, 1, 1))[CardType.INDIVIDUAL]
        text = f"0460540{number:05d}"
        return replace(like, id=f"holder-{number}", personal_number=PersonalNumber.parse(text))

    def approved_application(self, number: int) -> str:
        application_id, now = str(uuid.uuid4()), self.installation.clock.now
        store = self.installation.store
        request_card(
            store,
            application_id=application_id,
            card_type=CardType.INDIVIDUAL,
            holder=self.holder(number),
            operator="lan",
            at=now(),
        )
        approve(store, application_id, operator="hung", at=now())
        return application_id

    def order(self, number: int) -> str:
        """Return a personalisation job for one more holder."""
        application = self.approved_application(number)
        return self.installation.jobs.open_job(JobOrder(application, agent=DESK, operator="mai"))

    def personalise(self, job_id: str, connection: CardConnection) -> None:
        """Run a personalisation job without HTTP."""
        transport, jobs = ApduTransport(connection), self.installation.jobs
        step = jobs.start(job_id, DESK)
        while isinstance(step, ApduBatch):
            step = jobs.answer(job_id, DESK, run_batch(transport, step))
        if step is not CardState.PERSONALISED:
            msg = f"the card ended as {step}: {jobs.failure(job_id, DESK)}"
            raise RuntimeError(msg)

    def put_into_use(self, card: VirtualCard) -> IssuedCard:
        """Hand a personalised card over and activate it with its PIN."""
        connection = connect_in_process(card)
        guid = _guid_on(connection)
        installation = self.installation
        lifecycle.hand_over(installation.store, guid, operator="mai", at=installation.clock.now())
        set_holder_pin(connection, installation.pki.card_secrets.transport_pin(guid), PIN)
        connection.close()
        self._activate(card)
        return IssuedCard(card, guid)

    def _activate(self, card: VirtualCard) -> None:
        installation = self.installation
        at = installation.clock.now()
        question = open_challenge(
            nonce=uuid.uuid4().bytes * 2, relying_party="cardsvc", service="activation",
            agent=DESK, level=AssuranceLevel.X2, at=at,
        )  # fmt: skip
        challenge = installation.services.desk.verifier.challenges.issue(question)
        tap = answer(card, challenge, AssuranceLevel.X2)
        settled = installation.services.activate(tap.presentation, installation.clock.now())
        if settled.decision.level is not AssuranceLevel.X2:
            msg = f"not activated: {settled.decision}"
            raise RuntimeError(msg)

    def question(self, level: AssuranceLevel = AssuranceLevel.X1) -> Challenge:
        """Return a challenge as it goes out."""
        question = open_challenge(
            nonce=uuid.uuid4().bytes * 2, relying_party=RELYING_PARTY, service=SERVICE,
            agent=AGENT, level=level, at=self.installation.clock.now(),
        )  # fmt: skip
        return self.installation.services.desk.verifier.challenges.issue(question)


def blank_card() -> VirtualCard:
    """Return a card as its maker delivers it, of short APDUs only."""
    options = CardOptions(short_apdus_only=True, vendor=VendorInstructions.YUBICO)
    return VirtualCard(ChipState.factory(options=options))


def answer(card: VirtualCard, challenge: Challenge, level: AssuranceLevel) -> Tap:
    """Tap a card in process."""
    connection = connect_in_process(card)
    try:
        return tap_through(connection, challenge, level)
    finally:
        connection.close()


def tap_through(
    connection: CardConnection,
    challenge: Challenge,
    level: AssuranceLevel = AssuranceLevel.X1,
    *,
    known: KnownCards | None = None,
) -> Tap:
    """Put a challenge to the card behind a connection."""
    return tap_card(
        connection,
        message=message_of(challenge),
        nonce=challenge.nonce,
        agent=challenge.agent,
        level=level,
        ask_pin=lambda _tries: PIN,
        known=known,
    )


def _guid_on(connection: CardConnection) -> CardGuid:
    session = PivSession(connection)
    session.select()
    return parse_chuid(session.read_object(ObjectTag.CHUID)).guid


@contextmanager
def open_stage() -> Iterator[Stage]:
    """Open a service over SQLite with one relying party and two agents."""
    with tempfile.TemporaryDirectory(prefix="cardsvc-bench-") as folder:
        settings = Settings(data_dir=Path(folder), vault_passphrase="đo tốc độ", stock="off")
        installation = open_installation(settings)
        try:
            access, at = installation.access, installation.clock.now()
            agent = access.enrol_agent(AGENT, "Ki-ốt", operator="admin", at=at)
            desk = access.enrol_agent(DESK, "Bàn cấp thẻ", operator="admin", at=at)
            access.enrol_relying_party(RELYING_PARTY, "Trung tâm", operator="admin", at=at)
            access.put_policy(simple_policy(RELYING_PARTY, SERVICE), operator="admin", at=at)
            yield Stage(installation, agent, desk)
        finally:
            installation.close()
