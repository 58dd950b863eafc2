"""An issuance store in memory: the real protocol, for tests and rehearsals."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.records import Application, CardRecord
from cardsvc.terms import RevocationReason
from issuance.ports import IssuanceTransaction
from tests.support.memory_ledger import MemoryCertificateLedger
from tests.support.memory_stock import MemoryStock


class MemoryIssuanceStore:
    """Implements ``issuance.ports.IssuanceStore``; one lock stands for the database."""

    def __init__(self, ledger: MemoryCertificateLedger) -> None:
        self.ledger = ledger
        self.applications: dict[str, Application] = {}
        self.cards: dict[CardGuid, CardRecord] = {}
        self.events: list[AuditEvent] = []
        self.stock = MemoryStock()
        self._lock = threading.Lock()

    @contextmanager
    def transaction(self) -> Iterator[IssuanceTransaction]:
        with self._lock:
            unit = MemoryIssuanceTransaction(self)
            yield unit
            unit.commit()


class MemoryIssuanceTransaction:
    """Works on copies; ``commit`` puts them in place."""

    def __init__(self, store: MemoryIssuanceStore) -> None:
        self._store = store
        self._applications = dict(store.applications)
        self._cards = dict(store.cards)
        self._stock = store.stock.copy()
        self._events: list[AuditEvent] = []
        self._status: list[tuple[CardGuid, RevocationReason | None, datetime]] = []

    @property
    def stock(self) -> MemoryStock:
        return self._stock

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

    def save_card(self, card: CardRecord) -> None:
        if self.card(card.guid).version != card.version:
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "somebody changed the card")
        self._cards[card.guid] = replace(card, version=card.version + 1)

    def revoke_certificates(self, guid: CardGuid, reason: RevocationReason, at: datetime) -> None:
        self._status.append((guid, reason, at))

    def release_hold(self, guid: CardGuid, at: datetime) -> None:
        self._status.append((guid, None, at))

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
        self._store.events += self._events
