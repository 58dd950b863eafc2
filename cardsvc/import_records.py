"""What is kept of an import: the run, and each row until it is settled and forgotten."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique

from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.records import Holder
from cardsvc.terms import CardType


@unique
class RowState(StrEnum):
    """Where a row stands."""

    PENDING = "pending"
    APPLIED = "applied"
    HELD = "held"
    SKIPPED = "skipped"


@unique
class RowOutcome(StrEnum):
    """What a row did, or would do, to the registry."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@unique
class SkipReason(StrEnum):
    """Why somebody leaves a row out for good."""

    LEFT_THE_AGENCY = "left_the_agency"
    NOT_ENTITLED = "not_entitled"
    ENTERED_BY_HAND = "entered_by_hand"
    WRONG_LIST = "wrong_list"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One import.

    Args:
        id: an opaque identifier.
        card_type: what kind of list it is.
        fingerprint: SHA-256 over the file and how it was read, in hex; one file is one import.
        operator: who started it.
        started_at: when.
        rows: how many people's rows the list has.
        agency: the code of the agency of the whole list, or nothing.
        confirmed: codes of findings that were confirmed for the whole list.
        notices: lines about what was left out, as codes and details.
        finished_at: when its last pending row was settled.
        forgotten_at: when the rows' content was removed.
    """

    id: str
    card_type: CardType
    fingerprint: str
    operator: str
    started_at: datetime
    rows: int
    agency: str = ""
    confirmed: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    finished_at: datetime | None = None
    forgotten_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row.

    Args:
        import_id: of which import.
        number: the row's number in the file.
        content: values and findings with proposals, as JSON text; personal data, sealed at rest;
            None once it was forgotten.
        state: where it stands.
        outcome: what it did to the registry, once it is applied.
        holder_id: whom it concerns, once it is applied.
        codes: findings as ``code:column``; no personal data.
        assigned_to: the operator who works it off, or nothing.
        skip_reason: why it was left out.
        photo: the number of the holder's photo that was taken in for it, or nothing.
        version: counts the changes, for optimistic locking.
    """

    import_id: str
    number: int
    content: str | None = field(repr=False)
    state: RowState = RowState.PENDING
    outcome: RowOutcome | None = None
    holder_id: str | None = None
    codes: tuple[str, ...] = ()
    assigned_to: str = ""
    skip_reason: SkipReason | None = None
    photo: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is, for a page that polls.

    Args:
        rows: how many there are.
        pending: not looked at yet.
        new: people who were put on record.
        changed: people whose record was changed.
        unchanged: people whose record said the same.
        held: rows that wait for somebody.
        skipped: rows that were left out for good.
    """

    rows: int
    pending: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    held: int = 0
    skipped: int = 0

    @property
    def done(self) -> int:
        """Rows that were looked at."""
        return self.rows - self.pending


@dataclass(frozen=True, slots=True)
class KnownHolders:
    """Who is on record of the people that were asked for.

    Args:
        present: holders by their present number.
        former: numbers that are only somebody's former number.
    """

    present: Mapping[PersonalNumber, Holder]
    former: frozenset[PersonalNumber]
