"""What batches need of the store, beside what applications and cards need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from cardsvc.batch_records import Batch, BatchStep, Selection, StepState, TouchedCard
from cardsvc.card.guid import CardGuid
from issuance.ports import IssuanceTransaction


class BatchTransaction(IssuanceTransaction, Protocol):
    """One unit of work that knows of batches, too."""

    def touched_cards(self, selection: Selection) -> Sequence[TouchedCard]:
        """Return the civil servants' cards that have not ended, by GUID."""
        ...

    def add_batch(self, batch: Batch, steps: Sequence[BatchStep]) -> None:
        """Insert a plan.

        Raises:
            IssuanceError: the identifier is in use (CONCURRENT_CHANGE).
        """
        ...

    def batch(self, batch_id: str) -> Batch:
        """Return a batch, locked for this transaction.

        Raises:
            IssuanceError: unknown (BATCH_UNKNOWN).
        """
        ...

    def save_batch(self, batch: Batch) -> None:
        """Write a batch's state, who ran it and when it was finished."""
        ...

    def planned_steps(self, batch_id: str, limit: int) -> Sequence[CardGuid]:
        """Return cards to which something is still to be done, by GUID."""
        ...

    def step_counts(self, batch_id: str) -> Mapping[StepState, int]:
        """Return how many cards to which something was to be done are in which state."""
        ...

    def batch_step(self, batch_id: str, guid: CardGuid) -> BatchStep:
        """Return a step, locked for this transaction.

        Raises:
            IssuanceError: unknown (BATCH_UNKNOWN).
        """
        ...

    def save_batch_step(self, batch_id: str, step: BatchStep) -> None:
        """Write what became of a step."""
        ...


class BatchStore(Protocol):
    """Opens units of work."""

    def transaction(self) -> AbstractContextManager[BatchTransaction]:
        """Commit on a clean exit, roll back on an exception."""
        ...
