"""What the import needs of the registries and the store. Fitted together in bootstrap."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.import_records import ImportProgress, ImportRecord, ImportRow, KnownHolders, RowState
from cardsvc.records import Holder
from issuance.registry.ports import HolderTransaction


@dataclass(frozen=True, slots=True)
class KnownAgency:
    """An agency as it is called on a day.

    Args:
        name: in full.
        short_name: as lists shorten it, or nothing.
        units: names of the units below it; none where the registry does not know them.
    """

    name: str
    short_name: str = ""
    units: tuple[str, ...] = ()


class AgencyNames(Protocol):
    """Tells which agencies there are."""

    def is_empty(self) -> bool:
        """Tell whether nobody has put any agency on record yet."""
        ...

    def agency(self, code: AgencyCode, on: date) -> KnownAgency | None:
        """Return an agency that exists on a day, or None."""
        ...

    def successors(self, code: AgencyCode, on: date) -> tuple[AgencyCode, ...]:
        """Return what an agency that ended has become by a day; none where it never was."""
        ...


class ImportTransaction(HolderTransaction, Protocol):
    """One unit of work: people, rows and audit events commit together or not at all."""

    def add_import(self, record: ImportRecord, rows: Sequence[ImportRow]) -> None:
        """Keep a new import and all its rows.

        Raises:
            IssuanceError: the same file was taken in already (CONCURRENT_CHANGE).
        """
        ...

    def import_record(self, import_id: str) -> ImportRecord:
        """Return an import, locked: two runs of one import take turns.

        Raises:
            IssuanceError: unknown (IMPORT_UNKNOWN).
        """
        ...

    def save_import(self, record: ImportRecord) -> None:
        """Write what was confirmed and when the import was finished or forgotten."""
        ...

    def pending_rows(self, import_id: str, limit: int) -> Sequence[ImportRow]:
        """Return the first rows that nobody has looked at, in the file's order."""
        ...

    def row(self, import_id: str, number: int) -> ImportRow:
        """Return a row of an import that is locked.

        Raises:
            IssuanceError: there is no such row (IMPORT_ROW_UNKNOWN).
        """
        ...

    def save_rows(self, rows: Sequence[ImportRow]) -> None:
        """Write rows of an import that is locked; stores version + 1."""
        ...

    def save_content(self, row: ImportRow) -> None:
        """Write what stands in a row after somebody corrected it."""
        ...

    def reopen_held(self, import_id: str) -> None:
        """Put an import's held rows back among those that nobody has looked at."""
        ...

    def progress(self, import_id: str) -> ImportProgress:
        """Return how far an import is, this transaction's changes included."""
        ...

    def forget_rows(self, import_id: str) -> int:
        """Remove the content of an import's rows; return of how many."""
        ...

    def known(self, numbers: Sequence[PersonalNumber]) -> KnownHolders:
        """Return who is on record."""
        ...


class ImportStore(Protocol):
    """Keeps imports, and looks things up in them."""

    def transaction(self) -> AbstractContextManager[ImportTransaction]:
        """Commit on a clean exit, roll back on an exception."""
        ...

    def known(self, numbers: Sequence[PersonalNumber]) -> KnownHolders:
        """Return who is on record; nothing is locked."""
        ...

    def holders(self, holder_ids: Sequence[str]) -> dict[str, Holder]:
        """Return holders by identifier; nothing is locked."""
        ...

    def find_import(self, import_id: str) -> ImportRecord | None:
        """Return an import, or None."""
        ...

    def find_by_fingerprint(self, fingerprint: str) -> ImportRecord | None:
        """Return the import of a file, or None."""
        ...

    def imports(self, limit: int = 50) -> Sequence[ImportRecord]:
        """Return imports, newest first."""
        ...

    def started_before(self, at: datetime) -> Sequence[ImportRecord]:
        """Return the imports of before an instant whose rows are still kept."""
        ...

    def interrupted(self, started_before: datetime) -> Sequence[ImportRecord]:
        """Return imports of before an instant of which rows were not looked at yet."""
        ...

    def progress(self, import_id: str) -> ImportProgress:
        """Return how far an import is."""
        ...

    def rows(
        self,
        import_id: str,
        states: Collection[RowState],
        *,
        after: int = 0,
        limit: int = 100,
        assigned_to: str | None = None,
    ) -> Sequence[ImportRow]:
        """Return rows in the file's order, those behind a row number."""
        ...
