"""The agencies that lists are checked against: those on record, or none."""

from __future__ import annotations

from datetime import date

from cardsvc.identity.agency_code import AgencyCode
from issuance.importing.ports import KnownAgency
from issuance.registry.ports import AgencyStore


class RegisteredAgencies:
    """Implements ``AgencyNames`` over the registry, which knows agencies and no units in them.

    Args:
        store: where agencies are kept; it reads them anew only after a change.
    """

    def __init__(self, store: AgencyStore) -> None:
        self._store = store

    def is_empty(self) -> bool:
        """Tell whether nobody has put any agency on record yet."""
        return len(self._store.book()) == 0

    def agency(self, code: AgencyCode, on: date) -> KnownAgency | None:
        """Return an agency that exists on a day, or None."""
        version = self._store.book().at(code, on)
        return KnownAgency(version.name, version.short_name) if version else None


class NoAgencyRegistry:
    """Implements ``AgencyNames`` without a registry; each row gets AGENCY_UNCHECKED."""

    def is_empty(self) -> bool:
        """Nobody has put any agency on record."""
        return True

    def agency(self, code: AgencyCode, on: date) -> KnownAgency | None:
        """Know none."""
        del code, on
        return None
