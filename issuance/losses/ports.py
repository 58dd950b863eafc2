"""What cases of loss need of the store; part of ``issuance.ports.IssuanceTransaction``."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.loss_records import LossCase
from cardsvc.records import Holder


class LossRecords(Protocol):
    """Reports of loss, in one unit of work."""

    def holder_with_number(self, number: PersonalNumber) -> Holder | None:
        """Return the person with a personal number, or None."""
        ...

    def count_report(self, agent: str, number: PersonalNumber, at: datetime) -> None:
        """Count a report of an agent about a number, whether anybody has it or not."""
        ...

    def reports_since(self, since: datetime, *, agent: str) -> int:
        """Return how many reports of an agent were counted since an instant."""
        ...

    def reports_about_since(self, since: datetime, *, number: PersonalNumber) -> int:
        """Return how many reports about a number were counted since an instant."""
        ...

    def add_loss_case(self, case: LossCase) -> None:
        """Insert a case.

        Raises:
            IssuanceError: the holder has an open one (CONCURRENT_CHANGE).
        """
        ...

    def loss_case(self, case_id: str) -> LossCase:
        """Return a case, locked for this transaction.

        Raises:
            IssuanceError: unknown.
        """
        ...

    def open_loss_case(self, holder_id: str) -> LossCase | None:
        """Return a holder's open case, locked for this transaction, or None."""
        ...

    def save_loss_case(self, case: LossCase) -> None:
        """Write a case's cards, state and who closed it."""
        ...
