"""A small issuing office: real CA and vault, records in memory, cards in an in-process reader."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from cardsvc.card.batch import ApduBatch, BatchAnswer, run_batch
from cardsvc.card.connection import ApduTransport
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import Algorithm, KeySlot
from cardsvc.clock import SettableClock
from cardsvc.errors import ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.records import CardRecord, Holder
from cardsvc.terms import ApplicationKind, CardType, RevocationReason
from cardsvc.wire.batch import encode_answer, encode_batch, parse_answer, parse_batch
from issuance.approve import approve
from issuance.desk import DeskTools, PersonalisationDesk
from issuance.enrol import request_card
from issuance.issuing_desk import IssuingDesk
from issuance.job_end import JobEnd
from issuance.job_records import JobOrder
from issuance.personalise.plan import KeyPlan
from issuance.stock.card_blanks import StockRule
from issuance.unblock_desk import UnblockDesk, UnblockTools
from keys.ceremony_plan import CeremonyPlan
from keys.pki import Pki, open_pki
from keys.sealed_file import ScryptCost
from keys.software_vault import SoftwareVault
from reader_agent.virtual.card import PoweredCard, VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.state import CardOptions, VendorInstructions
from reader_agent.virtual.state import CardState as ChipState
from tests.support.folders import process_folder
from tests.support.memory_issuance_store import MemoryIssuanceStore
from tests.support.memory_job_store import MemoryJobStore
from tests.support.memory_ledger import MemoryCertificateLedger
from tests.support.memory_unblock_store import MemoryUnblockStore
from tests.support.people import another

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
AGENT = "desk-1"
CLERK, APPROVER, ISSUER = "operator-1", "operator-2", "operator-3"
P256_KEYS = tuple(
    KeyPlan(slot, (Algorithm.ECC_P256,))
    for slot in (
        KeySlot.AUTHENTICATION,
        KeySlot.SIGNATURE,
        KeySlot.KEY_MANAGEMENT,
        KeySlot.CARD_AUTHENTICATION,
    )
)
YUBICO = CardOptions(vendor=VendorInstructions.YUBICO)


@cache
def shared_pki() -> tuple[Pki, MemoryCertificateLedger]:
    """One CA for the whole test run; its ledger is shared, its cards are not."""
    ledger = MemoryCertificateLedger()
    folder = process_folder("vault-") / "vault"
    vault = SoftwareVault.open(folder, "một câu dài", cost=ScryptCost(n=2**10))
    pki = open_pki(CeremonyPlan(), vault, ledger, AT, root_vault=vault)
    return pki, ledger


def blank(algorithm: Algorithm = Algorithm.AES_192, options: CardOptions = YUBICO) -> VirtualCard:
    """Return a card as the market delivers it."""
    return VirtualCard(ChipState.factory(algorithm, options))


@dataclass
class IssuingRoom:
    """Everything a desk works with, and the short ways through it."""

    pki: Pki = field(default_factory=lambda: shared_pki()[0])
    store: MemoryIssuanceStore = field(default_factory=lambda: MemoryIssuanceStore(shared_pki()[1]))
    clock: SettableClock = field(default_factory=lambda: SettableClock(AT))
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    stock: StockRule = StockRule.OFF

    def __post_init__(self) -> None:
        self.tools = DeskTools(
            self.pki.factory,
            self.pki.every_content_signer,
            self.pki.card_secrets,
            self.clock,
            secrets.token_bytes,
            self.stock,
        )
        self.orders = MemoryJobStore()
        self.desk = PersonalisationDesk(self.store, self.orders, self.tools)
        self.unblocks = MemoryUnblockStore(self.store)
        self.open_counter()
        self.round_trips = 0
        self.apdus = 0

    def open_counter(self) -> None:
        """Open the desk to agents, as the service does when it starts."""
        unblocking = UnblockDesk(
            UnblockTools(
                self.store,
                self.unblocks,
                self.orders,
                self.pki.card_secrets,
                self.clock,
                secrets.token_bytes,
            )
        )
        self.counter = IssuingDesk(self.store, self.orders, self.desk, unblocking, self.clock)

    def relay(self, job_id: str, card: PoweredCard) -> JobEnd:
        """Relay a job of any kind as an agent does, through the wire's octets."""
        connection = connect_in_process(card)
        transport = ApduTransport(connection)
        step = self.counter.start(job_id, AGENT)
        while isinstance(step, ApduBatch):
            relayed = run_batch(transport, parse_batch(encode_batch(step)))
            step = self.counter.answer(job_id, AGENT, parse_answer(encode_answer(relayed)))
        connection.close()
        return step

    def application(
        self,
        card_type: CardType = CardType.CIVIL_SERVANT,
        holder: Holder | None = None,
        kind: ApplicationKind = ApplicationKind.NEW,
        replaces: CardGuid | None = None,
    ) -> str:
        """Return the identifier of an approved application, of a new person if none is given."""
        name = f"application-{next(self.numbers)}"
        request_card(
            self.store,
            application_id=name,
            card_type=card_type,
            holder=holder or another(card_type),
            operator=CLERK,
            at=AT,
            kind=kind,
            replaces=replaces,
        )
        approve(self.store, name, operator=APPROVER, at=AT)
        return name

    def order(
        self,
        application_id: str | None = None,
        keys: tuple[KeyPlan, ...] = P256_KEYS,
        blank: str | None = None,
    ) -> JobOrder:
        return JobOrder(application_id or self.application(), AGENT, ISSUER, keys=keys, blank=blank)

    def job(self, order: JobOrder | None = None) -> str:
        return self.desk.open_job(order or self.order())

    def run(self, job_id: str, card: PoweredCard) -> CardState:
        """Relay a job as an agent does, through the wire's octets; return how it ended."""
        connection = connect_in_process(card)
        transport = ApduTransport(connection)
        step = self.desk.start(job_id, AGENT)
        self.round_trips = 0
        while isinstance(step, ApduBatch):
            relayed: BatchAnswer = run_batch(transport, parse_batch(encode_batch(step)))
            step = self.desk.answer(job_id, AGENT, parse_answer(encode_answer(relayed)))
            self.round_trips += 1
        self.apdus = transport.apdu_count
        connection.close()
        return step

    def failure(self, job_id: str) -> ReasonCode | None:
        return self.desk.failure(job_id, AGENT)

    def record(self, application_id: str) -> CardRecord:
        """Return the application's latest card."""
        with self.store.transaction() as unit:
            return unit.cards_of_application(application_id)[-1]

    def certificate_states(self, guid: CardGuid) -> set[RevocationReason | None]:
        """Return the status of every certificate that was ever made for a card."""
        entries = self.store.ledger.entries_of(guid)
        return {entry.revocation.reason if entry.revocation else None for entry in entries}
