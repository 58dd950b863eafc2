"""What happens to agencies: put on record, renamed, merged, split, dissolved, each on a day.

Nothing is deleted: what ends keeps its history, and names what it became.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from cardsvc.agency_records import (
    ONE_DAY,
    Agency,
    AgencyBook,
    AgencyFate,
    AgencySettings,
    AgencyVersion,
)
from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from issuance.registry.ports import AgencyStore, AgencyTransaction

MAX_NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class NewAgency:
    """An agency to be put on record.

    Args:
        code: its identifier.
        name: as printed.
        short_name: as tables show it, or nothing.
        parent: the agency above it; None at the top.
    """

    code: AgencyCode
    name: str
    short_name: str = ""
    parent: AgencyCode | None = None


@dataclass(frozen=True, slots=True)
class ImportedAgencies:
    """What an import did: codes added, and those that stood there already as given."""

    added: tuple[AgencyCode, ...]
    unchanged: tuple[AgencyCode, ...]


def import_agencies(
    store: AgencyStore, listed: Sequence[tuple[NewAgency, date]], *, operator: str, at: datetime
) -> ImportedAgencies:
    """Put a list of agencies on record, all or none; the same list again changes nothing.

    Args:
        store: where they are kept.
        listed: each with its first day; a parent is in the list or on record.
        operator: who imports.
        at: the instant.

    Raises:
        IssuanceError: a code is on record with other facts, or stands there twice
            (AGENCY_EXISTS); a parent is neither listed nor on record (AGENCY_UNKNOWN).
    """
    at = require_utc(at)
    with store.transaction() as unit:
        book = unit.book()
        fresh: dict[AgencyCode, Agency] = {}
        unchanged: list[AgencyCode] = []
        for new, first_day in listed:
            known = book.find(new.code)
            version = _first_version(new, first_day)
            if new.code in fresh or (known is not None and not _is_as_listed(known, version)):
                raise IssuanceError(ReasonCode.AGENCY_EXISTS, f"{new.code} is on record")
            if known is not None:
                unchanged.append(new.code)
            else:
                fresh[new.code] = Agency(new.code, (version,))
        for agency in fresh.values():
            _require_parent(book, agency.versions[0].parent, fresh)
        unit.add_agencies(tuple(fresh.values()))
        for code in fresh:
            unit.record(AuditEvent(at, operator, AuditAction.AGENCY_ADDED, code.value))
    return ImportedAgencies(tuple(fresh), tuple(unchanged))


def rename_agency(
    store: AgencyStore,
    code: AgencyCode,
    new: NewAgency,
    *,
    on: date,
    operator: str,
    at: datetime,
) -> None:
    """Give an agency another name, short name or parent from a day on, under its code or a new one.

    Raises:
        IssuanceError: unknown (AGENCY_UNKNOWN); not in being on that day and the day before, or
            nothing changes (AGENCY_CHANGE_IMPOSSIBLE); the new code is taken (AGENCY_EXISTS).
    """
    at = require_utc(at)
    with store.transaction() as unit:
        book = unit.book()
        agency, last = _in_being(book, code, on)
        _require_parent(book, new.parent, ())
        opened = _first_version(new, on)
        if new.code == code:
            if _is_as_listed(agency, replace(opened, valid_from=last.valid_from)):
                raise IssuanceError(ReasonCode.AGENCY_CHANGE_IMPOSSIBLE, "nothing changes")
            ended = _ended(last, on, AgencyFate.RENAMED, (code,))
            unit.save_agency(replace(agency, versions=(*agency.versions[:-1], ended, opened)))
        else:
            _add(unit, book, opened, new.code)
            _end(unit, agency, on, AgencyFate.RENAMED, (new.code,))
        facts: AuditFacts = {"on": on.isoformat(), "became": new.code.value}
        unit.record(AuditEvent(at, operator, AuditAction.AGENCY_RENAMED, code.value, facts))


def merge_agencies(
    store: AgencyStore,
    codes: Sequence[AgencyCode],
    into: NewAgency,
    *,
    on: date,
    operator: str,
    at: datetime,
) -> None:
    """Merge agencies from a day on: into a new one, or into one that goes on (one of them or not).

    Args:
        store: where they are kept.
        codes: which end; one that is ``into`` goes on.
        into: where the code is in being already, it goes on as it is, and the name given is not
            looked at.
        on: the first day of the new order.
        operator: who records it.
        at: the instant.

    Raises:
        IssuanceError: unknown (AGENCY_UNKNOWN); not in being on that day and the day before, or
            nothing would end (AGENCY_CHANGE_IMPOSSIBLE).
    """
    at = require_utc(at)
    ending = [code for code in dict.fromkeys(codes) if code != into.code]
    if not ending:
        raise IssuanceError(ReasonCode.AGENCY_CHANGE_IMPOSSIBLE, "nothing is merged")
    with store.transaction() as unit:
        book = unit.book()
        agencies = [_in_being(book, code, on)[0] for code in ending]
        if book.at(into.code, on) is None:
            _require_parent(book, into.parent, ())
            _add(unit, book, _first_version(into, on), into.code)
        for agency in agencies:
            _end(unit, agency, on, AgencyFate.MERGED, (into.code,))
            facts: AuditFacts = {"on": on.isoformat(), "became": into.code.value}
            unit.record(
                AuditEvent(at, operator, AuditAction.AGENCY_MERGED, agency.code.value, facts)
            )


def split_agency(
    store: AgencyStore,
    code: AgencyCode,
    into: Sequence[NewAgency],
    *,
    on: date,
    operator: str,
    at: datetime,
) -> None:
    """Split an agency from a day on; where it is one of the parts, it goes on beside the others.

    Raises:
        IssuanceError: unknown (AGENCY_UNKNOWN); not in being on that day and the day before, or
            fewer than two parts (AGENCY_CHANGE_IMPOSSIBLE); a part's code is taken
            (AGENCY_EXISTS).
    """
    at = require_utc(at)
    parts = tuple(dict.fromkeys(part.code for part in into))
    if len(parts) < 2 or len(parts) != len(into):
        raise IssuanceError(ReasonCode.AGENCY_CHANGE_IMPOSSIBLE, "a split has two parts or more")
    with store.transaction() as unit:
        book = unit.book()
        agency, last = _in_being(book, code, on)
        for part in into:
            if part.code != code:
                _require_parent(book, part.parent, parts)
                _add(unit, book, _first_version(part, on), part.code)
        ended = _ended(last, on, AgencyFate.SPLIT, parts)
        goes_on = tuple(_first_version(part, on) for part in into if part.code == code)
        unit.save_agency(replace(agency, versions=(*agency.versions[:-1], ended, *goes_on)))
        facts: AuditFacts = {"on": on.isoformat(), "became": " ".join(one.value for one in parts)}
        unit.record(AuditEvent(at, operator, AuditAction.AGENCY_SPLIT, code.value, facts))


def dissolve_agency(
    store: AgencyStore, code: AgencyCode, *, on: date, operator: str, at: datetime
) -> None:
    """End an agency that nothing follows.

    Args:
        store: where it is kept.
        code: which.
        on: the first day without it.
        operator: who records it.
        at: the instant.

    Raises:
        IssuanceError: unknown (AGENCY_UNKNOWN); not in being (AGENCY_CHANGE_IMPOSSIBLE).
    """
    at = require_utc(at)
    with store.transaction() as unit:
        agency, _ = _in_being(unit.book(), code, on)
        _end(unit, agency, on, AgencyFate.DISSOLVED, ())
        facts: AuditFacts = {"on": on.isoformat()}
        unit.record(AuditEvent(at, operator, AuditAction.AGENCY_DISSOLVED, code.value, facts))


def put_settings(
    store: AgencyStore, code: AgencyCode, settings: AgencySettings, *, operator: str, at: datetime
) -> None:
    """Change what an agency decides for itself; the same again is no event.

    Raises:
        IssuanceError: unknown (AGENCY_UNKNOWN).
    """
    at = require_utc(at)
    with store.transaction() as unit:
        agency = unit.book().find(code)
        if agency is None:
            raise IssuanceError(ReasonCode.AGENCY_UNKNOWN, f"no agency {code}")
        if agency.settings == settings:
            return
        unit.save_agency(replace(agency, settings=settings))
        facts: AuditFacts = {
            "approver_outside_unit": settings.approver_outside_unit,
            "emblem": settings.emblem,
        }
        unit.record(AuditEvent(at, operator, AuditAction.AGENCY_CHANGED, code.value, facts))


def _first_version(new: NewAgency, first_day: date) -> AgencyVersion:
    if not new.name.strip() or max(len(new.name), len(new.short_name)) > MAX_NAME_LENGTH:
        raise IssuanceError(ReasonCode.AGENCY_CHANGE_IMPOSSIBLE, "the name is empty or too long")
    return AgencyVersion(new.name, new.short_name, new.parent, first_day)


def _is_as_listed(known: Agency, version: AgencyVersion) -> bool:
    last = known.versions[-1]
    return last == version


def _in_being(book: AgencyBook, code: AgencyCode, on: date) -> tuple[Agency, AgencyVersion]:
    agency = book.find(code)
    if agency is None:
        raise IssuanceError(ReasonCode.AGENCY_UNKNOWN, f"no agency {code}")
    last = agency.versions[-1]
    if last.valid_to is not None or last.valid_from >= on:
        raise IssuanceError(
            ReasonCode.AGENCY_CHANGE_IMPOSSIBLE, f"{code} is not in being on that day"
        )
    return agency, last


def _ended(
    version: AgencyVersion, on: date, fate: AgencyFate, successors: tuple[AgencyCode, ...]
) -> AgencyVersion:
    return replace(version, valid_to=on - ONE_DAY, fate=fate, successors=successors)


def _end(
    unit: AgencyTransaction,
    agency: Agency,
    on: date,
    fate: AgencyFate,
    successors: tuple[AgencyCode, ...],
) -> None:
    ended = _ended(agency.versions[-1], on, fate, successors)
    unit.save_agency(replace(agency, versions=(*agency.versions[:-1], ended)))


def _add(
    unit: AgencyTransaction, book: AgencyBook, version: AgencyVersion, code: AgencyCode
) -> None:
    if book.find(code) is not None:
        raise IssuanceError(ReasonCode.AGENCY_EXISTS, f"{code} is on record")
    unit.add_agencies((Agency(code, (version,)),))


def _require_parent(
    book: AgencyBook,
    parent: AgencyCode | None,
    listed: Sequence[AgencyCode] | dict[AgencyCode, Agency],
) -> None:
    if parent is not None and parent not in listed and book.find(parent) is None:
        raise IssuanceError(ReasonCode.AGENCY_UNKNOWN, f"no agency {parent}")
