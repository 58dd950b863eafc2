"""What the pages of applications, cards, desk and stock may use."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from cardsvc.audit import AuditEvent
from cardsvc.batch_records import Batch, BatchAction, BatchStep, Exclusion, StepState
from cardsvc.card.guid import CardGuid
from cardsvc.decision_records import ApprovalDecision
from cardsvc.desk_records import AgentPresence
from cardsvc.loss_records import LossCase, LossState
from cardsvc.queue_records import ApplicationFilter, CardFilter, QueuedApplication, QueuedCard
from cardsvc.records import Application, CardRecord, Holder
from cardsvc.status_records import StatusPlace
from cardsvc.stock_records import Blank, BlankState, Movement, StockCount, StockDay, StockKeeper
from issuance.batches.ports import BatchStore
from issuance.desk_orders import OpenJobs
from issuance.faces.make import FaceMaker
from issuance.ports import CardSecrets, IssuanceStore, JobBoard, UnblockStore
from issuance.registry.ports import PhotoStore
from issuance.stock.card_blanks import StockRule
from issuance.stock.serials import SerialForm


class IssuanceQueue(Protocol):
    """Reads what issuance keeps, without locks."""

    def application(self, application_id: str) -> Application | None:
        """Return an application, or None."""
        ...

    def holder(self, holder_id: str) -> Holder | None:
        """Return a person, or None."""
        ...

    def card(self, guid: CardGuid) -> CardRecord | None:
        """Return a card, or None."""
        ...

    def cards_of_holder(self, holder_id: str) -> Sequence[CardRecord]:
        """Return all cards that a person ever had, those that expire last first."""
        ...

    def cards_of_application(self, application_id: str) -> Sequence[CardRecord]:
        """Return the cards made for an application, oldest first."""
        ...

    def decision(self, decision_id: str) -> ApprovalDecision | None:
        """Return a decision on paper, or None."""
        ...

    def loss_case(self, case_id: str) -> LossCase | None:
        """Return a case of loss, or None."""
        ...

    def applications(
        self,
        asked: ApplicationFilter,
        *,
        after: tuple[datetime, str] | None = None,
        limit: int = 50,
    ) -> Sequence[QueuedApplication]:
        """Return a page of applications, the oldest first."""
        ...

    def cards(
        self, asked: CardFilter, *, after: CardGuid | None = None, limit: int = 50
    ) -> Sequence[QueuedCard]:
        """Return a page of cards by GUID."""
        ...

    def returns(self, scope: frozenset[str], limit: int = 200) -> Sequence[QueuedCard]:
        """Return the cards whose lock ends by itself, the earliest first."""
        ...


class CardPlaces(Protocol):
    """Tells where a card's status is kept."""

    def place(self, guid: CardGuid) -> StatusPlace | None:
        """Return a card's place in the status lists, or None where we never made it."""
        ...


class SeenEvent(Protocol):
    """An entry of the audit log."""

    @property
    def event(self) -> AuditEvent:
        """What happened."""
        ...


class EventLog(Protocol):
    """Reads the audit log."""

    def events(self, *, subject: str | None = None, limit: int = 100) -> Sequence[SeenEvent]:
        """Return events, newest first."""
        ...


class LossLists(Protocol):
    """Lists cases of loss."""

    def loss_cases(self, state: LossState | None, *, limit: int) -> Sequence[LossCase]:
        """Return cases, the oldest first."""
        ...


class BatchLists(Protocol):
    """Lists changes to many cards."""

    def batches(self, *, after: Batch | None = None, limit: int = 50) -> Sequence[Batch]:
        """Return batches, the latest first."""
        ...

    def batch(self, batch_id: str) -> Batch | None:
        """Return a batch, or None."""
        ...

    def agencies(self, batch_ids: Sequence[str]) -> Mapping[str, frozenset[str | None]]:
        """Return of which agencies the people are whom batches touch."""
        ...

    def steps(
        self,
        batch_id: str,
        *,
        action: BatchAction | None = None,
        state: StepState | None = None,
        after: CardGuid | None = None,
        limit: int = 50,
    ) -> Sequence[BatchStep]:
        """Return a batch's cards by GUID."""
        ...

    def counts(
        self, batch_id: str
    ) -> Mapping[tuple[BatchAction, Exclusion | None, StepState], int]:
        """Return how many cards have which action, are left out for what, and stand where."""
        ...


class BatchRunner(Protocol):
    """Runs changes to many cards in the background."""

    def submit(self, batch_id: str, operator: str) -> None:
        """See to it that a batch is run; harmless where it is being run already."""
        ...


class StockTotal(Protocol):
    """How many blanks of a product and box are in one state with one keeper."""

    @property
    def keeper(self) -> str:
        """Who has them."""
        ...

    @property
    def product(self) -> str:
        """Which model."""
        ...

    @property
    def box(self) -> str:
        """Which box."""
        ...

    @property
    def state(self) -> BlankState:
        """Where they stand."""
        ...

    @property
    def quantity(self) -> int:
        """How many."""
        ...


class StockLists(Protocol):
    """Lists blanks, movements, counts and closed days."""

    def keepers(self) -> Sequence[StockKeeper]:
        """Return the keepers by site."""
        ...

    def totals(self, keeper: str | None = None) -> Sequence[StockTotal]:
        """Return quantities by keeper, product, box and state."""
        ...

    def blanks(
        self,
        *,
        keeper: str | None = None,
        state: BlankState | None = None,
        box: str | None = None,
        after: str = "",
        limit: int = 100,
    ) -> Sequence[Blank]:
        """Return a page of blanks by serial."""
        ...

    def movements(self, serial: str) -> Sequence[Movement]:
        """Return what became of a blank, oldest first."""
        ...

    def days(self, keeper: str, limit: int = 31) -> Sequence[StockDay]:
        """Return a keeper's closed days, newest first."""
        ...

    def counts(self, keeper: str, limit: int = 31) -> Sequence[StockCount]:
        """Return a keeper's counts with their differences, newest first."""
        ...


@dataclass(frozen=True, slots=True)
class IssuingServices:
    """The use cases behind these pages.

    Args:
        store: opens units of work.
        queue: reads applications and cards.
        losses: lists cases of loss.
        batches: lists changes to many cards.
        batch_store: keeps them.
        batch_runner: runs them.
        log: the audit log.
        new_id: makes opaque identifiers.
        photos: holders' photos.
        places: the cards' places in status lists.
        unblocks: unblockings of PINs.
        secrets: derive codes that are shown once.
        faces: makes card faces.
        faces_folder: the installation's own layouts, or None.
        jobs: jobs of issuing desks.
        board: how they stand.
        presence: what every agent last told.
        stock: lists blanks.
        stock_rule: whether a card needs a blank in stock.
        serials: which texts are serials of blanks.
    """

    store: IssuanceStore
    queue: IssuanceQueue
    losses: LossLists
    batches: BatchLists
    batch_store: BatchStore
    batch_runner: BatchRunner
    log: EventLog
    new_id: Callable[[], str]
    photos: PhotoStore
    places: CardPlaces
    unblocks: UnblockStore
    secrets: CardSecrets
    faces: FaceMaker
    faces_folder: Path | None
    jobs: OpenJobs
    board: JobBoard
    presence: Callable[[], Sequence[AgentPresence]]
    stock: StockLists
    stock_rule: StockRule
    serials: SerialForm
