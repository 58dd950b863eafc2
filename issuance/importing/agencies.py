"""Agencies of an installation that keeps no registry of them: nothing is refused or vouched for."""

from __future__ import annotations

from datetime import date

from cardsvc.identity.agency_code import AgencyCode
from issuance.importing.ports import KnownAgency


class NoAgencyRegistry:
    """Implements ``AgencyNames`` without a registry; each row gets AGENCY_UNCHECKED."""

    def is_empty(self) -> bool:
        """Nobody has put any agency on record."""
        return True

    def agency(self, code: AgencyCode, on: date) -> KnownAgency | None:
        """Know none."""
        del code, on
        return None
