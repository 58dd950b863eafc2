"""A change of agencies tried out on a copy: what it would write, or why it would be refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from cardsvc.agency_records import Agency, AgencyBook
from cardsvc.audit import AuditEvent
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.agency_code import AgencyCode


class RehearsedAgencies:
    """Agencies in memory, for one use case; nothing of it is kept or put into the audit log.

    Args:
        book: the agencies as they stand.
    """

    def __init__(self, book: AgencyBook) -> None:
        self._agencies: dict[AgencyCode, Agency] = {one.code: one for one in book}
        self._changed: dict[AgencyCode, Agency] = {}

    @property
    def changed(self) -> tuple[Agency, ...]:
        """The agencies that would be written, as they would stand, in order of code."""
        return tuple(sorted(self._changed.values(), key=lambda one: one.code.levels))

    @contextmanager
    def transaction(self) -> Iterator[RehearsedAgencies]:
        """Let a use case write into the copy."""
        yield self

    def book(self) -> AgencyBook:
        """Return all agencies as they would stand."""
        return AgencyBook(tuple(self._agencies.values()))

    def add_agencies(self, agencies: Sequence[Agency]) -> None:
        """Insert new agencies into the copy.

        Raises:
            IssuanceError: a code is on record (AGENCY_EXISTS).
        """
        for agency in agencies:
            if agency.code in self._agencies:
                raise IssuanceError(ReasonCode.AGENCY_EXISTS, f"{agency.code} is on record")
            self.save_agency(agency)

    def save_agency(self, agency: Agency) -> None:
        """Write an agency into the copy."""
        self._agencies[agency.code] = self._changed[agency.code] = agency

    def record(self, event: AuditEvent) -> None:
        """Record nothing: nothing happens."""
