"""What attendance needs of the store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from cardsvc.attendance_records import (
    Correction,
    CorrectionState,
    QueuedCorrection,
    StaffRecord,
)
from cardsvc.audit import AuditEvent
from cardsvc.identity.agency_code import AgencyCode


class AttendanceBook(Protocol):
    """Reads what is known of a unit's people."""

    def staff(
        self,
        agency: AgencyCode,
        unit: str | None,
        *,
        days: tuple[date, date],
        window: tuple[datetime, datetime],
    ) -> Sequence[StaffRecord]:
        """Return the people of an agency who were employed in these days.

        Args:
            agency: the agency's very code.
            unit: the unit's name as in the records; None for all.
            days: the first day and the last.
            window: taps from the first instant on and before the second.
        """
        ...

    def record(self, event: AuditEvent) -> None:
        """Append an audit event by itself: a sheet was made."""
        ...


class CorrectionStore(Protocol):
    """Keeps corrections; each call is a transaction with its audit event."""

    def add(self, correction: Correction, event: AuditEvent) -> None:
        """Keep a new correction.

        Raises:
            IssuanceError: there is no such person (HOLDER_UNKNOWN).
        """
        ...

    def find(self, correction_id: str) -> Correction:
        """Return a correction.

        Raises:
            IssuanceError: unknown (CORRECTION_UNKNOWN).
        """
        ...

    def change(self, correction: Correction, event: AuditEvent) -> None:
        """Write the decision about a correction that is still open.

        Raises:
            IssuanceError: somebody decided in between (CONCURRENT_CHANGE).
        """
        ...


class AttendanceDirectory(Protocol):
    """Lists corrections for those who work them off: a console's page."""

    def corrections(
        self, state: CorrectionState, *, after: str = "", limit: int = 100
    ) -> Sequence[Correction]:
        """Return corrections in a state, oldest first, behind the one named by ``after``."""
        ...

    def queue(
        self, state: CorrectionState, agencies: frozenset[str], *, after: str = "", limit: int
    ) -> Sequence[QueuedCorrection]:
        """Return corrections about people of these agencies, oldest first, behind ``after``."""
        ...


class AttendanceStore(AttendanceBook, CorrectionStore, AttendanceDirectory, Protocol):
    """All of them; ``cardsvc.store.attendance_store.SqlAttendance`` is one."""
