"""What housekeeping needs: a lease among processes, and a place for how steps went."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from cardsvc.housekeeping_records import Lease, StepRecord


class HousekeepingStore(Protocol):
    """Shared by every process of one installation."""

    def take_lease(self, holder: str, at: datetime, until: datetime) -> bool:
        """Take the lease or prolong it; False while another process has it."""
        ...

    def give_back(self, holder: str, at: datetime) -> None:
        """End one's lease; nothing happens where another process has it."""
        ...

    def lease(self) -> Lease | None:
        """Return who had the lease last, or None."""
        ...

    def note(self, record: StepRecord) -> None:
        """Keep how a step went in the place of the run before."""
        ...

    def records(self) -> Sequence[StepRecord]:
        """Return the last run of each step that ever ran."""
        ...
