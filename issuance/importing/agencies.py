"""The registry of agencies as lists need it: a name on a day, and the units below."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from cardsvc.agency_records import AgencyBook
from cardsvc.identity.agency_code import AgencyCode
from issuance.importing.ports import KnownAgency


class AgenciesOfBook:
    """Implements ``AgencyNames`` over a book that was read once.

    Args:
        book: all agencies as they stand.
    """

    def __init__(self, book: AgencyBook) -> None:
        self._book = book
        self._units: dict[date, Mapping[AgencyCode, tuple[str, ...]]] = {}

    def is_empty(self) -> bool:
        """Tell whether nobody has put any agency on record yet."""
        return len(self._book) == 0

    def agency(self, code: AgencyCode, on: date) -> KnownAgency | None:
        """Return an agency that exists on a day, or None."""
        version = self._book.at(code, on)
        if version is None:
            return None
        return KnownAgency(version.name, version.short_name, self._units_below(on).get(code, ()))

    def successors(self, code: AgencyCode, on: date) -> tuple[AgencyCode, ...]:
        """Return what an agency that ended has become by a day."""
        return self._book.successors(code, on)

    def _units_below(self, on: date) -> Mapping[AgencyCode, tuple[str, ...]]:
        if on not in self._units:
            below: defaultdict[AgencyCode, list[str]] = defaultdict(list)
            for agency in self._book:
                version, parent = agency.at(on), self._book.parent(agency.code, on)
                if version is not None and parent is not None:
                    below[parent] += [one for one in (version.name, version.short_name) if one]
            self._units[on] = {parent: tuple(names) for parent, names in below.items()}
        return self._units[on]
