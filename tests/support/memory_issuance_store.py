"""An issuance store in memory: the real protocol, for tests and rehearsals."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.card.guid import CardGuid
from cardsvc.decision_records import ApprovalDecision
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.lifecycle import ENDED_STATES, OPEN_APPLICATIONS
from cardsvc.loss_records import LossCase, LossState
from cardsvc.records import Application, CardRecord, Holder
from cardsvc.terms import CardType, RevocationReason
from issuance.ports import IssuanceTransaction
from tests.support.memory_ledger import MemoryCertificateLedger
from tests.support.memory_stock import MemoryStock


class MemoryIssuanceStore:
    """Implements ``issuance.ports.IssuanceStore``; one lock stands for the database."""

    def __init__(self, ledger: MemoryCertificateLedger) -> None:
        self.ledger = ledger
        self.applications: dict[str, Application] = {}
        self.cards: dict[CardGuid, CardRecord] = {}
        self.losses: dict[str, LossCase] = {}
        self.reports: list[tuple[str, PersonalNumber, datetime]] = []
        self.decisions: dict[str, ApprovalDecision] = {}
        self.units: dict[str, str] = {}
        self.outside_unit: set[AgencyCode] = set()
        self.events: list[AuditEvent] = []
        self.stock = MemoryStock()
        self._lock = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[IssuanceTransaction]:
        with self._lock:
            unit = MemoryIssuanceTransaction(self)
            yield unit
            unit.commit()

    def due_returns(self, at: datetime, limit: int) -> Sequence[CardGuid]:
        due = [
            (card.suspension.until, str(card.guid), card.guid)
            for card in self.cards.values()
            if card.suspension and card.suspension.until and card.expires_at >= at
        ]
        return [guid for until, _, guid in sorted(due) if until <= at][:limit]


class MemoryIssuanceTransaction:
    """Works on copies; ``commit`` puts them in place."""

    def __init__(self, store: MemoryIssuanceStore) -> None:
        self._store = store
        self._applications = dict(store.applications)
        self._cards = dict(store.cards)
        self._stock = store.stock.copy()
        self._losses = dict(store.losses)
        self._reports = list(store.reports)
        self._decisions = dict(store.decisions)
        self._events: list[AuditEvent] = []
        self._status: list[tuple[CardGuid, RevocationReason | None, datetime]] = []

    @property
    def stock(self) -> MemoryStock:
        return self._stock

    def known_holder(self, holder: Holder) -> Holder | None:
        holders = {one.holder.id: one.holder for one in self._applications.values()}
        return holders.get(holder.id) or self.holder_with_number(holder.personal_number)

    def holder_with_number(self, number: PersonalNumber) -> Holder | None:
        holders = (one.holder for one in self._applications.values())
        return next((one for one in holders if one.personal_number == number), None)

    def find_application(self, application_id: str) -> Application | None:
        return self._applications.get(application_id)

    def open_application(self, holder_id: str, card_type: CardType) -> str | None:
        for one in self._applications.values():
            mine = (one.holder.id, one.card_type) == (holder_id, card_type)
            if mine and one.state in OPEN_APPLICATIONS:
                return one.id
        return None

    def add_application(self, application: Application) -> None:
        if application.id in self._applications:
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "the identifier is taken")
        self._applications[application.id] = application

    def application(self, application_id: str) -> Application:
        try:
            return self._applications[application_id]
        except KeyError:
            raise IssuanceError(ReasonCode.APPLICATION_UNKNOWN, "no such application") from None

    def save_application(self, application: Application) -> None:
        self.application(application.id)
        self._applications[application.id] = application

    def add_card(self, card: CardRecord) -> None:
        if card.guid in self._cards:
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "the GUID is taken")
        self._cards[card.guid] = card

    def card(self, guid: CardGuid) -> CardRecord:
        try:
            return self._cards[guid]
        except KeyError:
            raise IssuanceError(ReasonCode.CARD_UNKNOWN, "no such card") from None

    def cards_of_application(self, application_id: str) -> Sequence[CardRecord]:
        return [card for card in self._cards.values() if card.application_id == application_id]

    def cards_of_holder(self, holder_id: str) -> Sequence[CardRecord]:
        mine = [card for card in self._cards.values() if card.holder_id == holder_id]
        standing = [card for card in mine if card.state not in ENDED_STATES]
        return sorted(standing, key=lambda card: card.guid.octets)

    def save_card(self, card: CardRecord) -> None:
        if self.card(card.guid).version != card.version:
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "somebody changed the card")
        self._cards[card.guid] = replace(card, version=card.version + 1)

    def revoke_certificates(self, guid: CardGuid, reason: RevocationReason, at: datetime) -> None:
        self._status.append((guid, reason, at))

    def release_hold(self, guid: CardGuid, at: datetime) -> None:
        self._status.append((guid, None, at))

    def count_report(self, agent: str, number: PersonalNumber, at: datetime) -> None:
        self._reports.append((agent, number, at))

    def reports_since(self, since: datetime, *, agent: str) -> int:
        return sum(one == agent and at >= since for one, _, at in self._reports)

    def reports_about_since(self, since: datetime, *, number: PersonalNumber) -> int:
        return sum(one == number and at >= since for _, one, at in self._reports)

    def add_loss_case(self, case: LossCase) -> None:
        if self.open_loss_case(case.holder_id) is not None:
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "the holder has an open case")
        self._losses[case.id] = case

    def loss_case(self, case_id: str) -> LossCase:
        try:
            return self._losses[case_id]
        except KeyError:
            raise IssuanceError(ReasonCode.LOSS_CASE_UNKNOWN, "no such case") from None

    def open_loss_case(self, holder_id: str) -> LossCase | None:
        mine = (one for one in self._losses.values() if one.holder_id == holder_id)
        return next((one for one in mine if one.state is LossState.OPEN), None)

    def save_loss_case(self, case: LossCase) -> None:
        self.loss_case(case.id)
        self._losses[case.id] = case

    def unit_of(self, operator_id: str) -> str | None:
        return self._store.units.get(operator_id)

    def approver_outside_unit(self, agency: AgencyCode, day: date) -> bool:
        return agency in self._store.outside_unit

    def find_decision(self, number: str, decided_on: date) -> ApprovalDecision | None:
        found = (one for one in self._decisions.values() if one.number == number)
        return next((one for one in found if one.decided_on == decided_on), None)

    def add_decision(self, decision: ApprovalDecision) -> None:
        if decision.id in self._decisions or self.find_decision(
            decision.number, decision.decided_on
        ):
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "the decision is on record")
        self._decisions[decision.id] = decision

    def record(self, event: AuditEvent) -> None:
        self._events.append(event)

    def was_recorded(self, action: AuditAction, subject: str) -> bool:
        return any(
            (event.action, event.subject) == (action, subject) for event in self._store.events
        )

    def commit(self) -> None:
        for guid, reason, at in self._status:
            for entry in self._store.ledger.entries_of(guid):
                where = entry.reservation.issuer_key_id, entry.reservation.serial
                if reason is None:
                    self._store.ledger.release_hold(*where, at)
                else:
                    self._store.ledger.revoke(*where, reason, at)
        self._store.applications = self._applications
        self._store.cards = self._cards
        self._store.stock = self._stock
        self._store.losses = self._losses
        self._store.reports = self._reports
        self._store.decisions = self._decisions
        self._store.events += self._events
