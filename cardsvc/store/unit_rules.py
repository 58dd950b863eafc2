"""Where operators work and what agencies set about that, within an issuance transaction."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from cardsvc.identity.agency_code import AgencyCode
from cardsvc.store.agency_store import read_book
from cardsvc.store.schema import AgencyRow, OperatorRow
from cardsvc.store.unit_of_work import UnitOfWork


class UnitRuleRows(UnitOfWork):
    """The part of a transaction that knows of operators and agencies."""

    def unit_of(self, operator_id: str) -> str | None:
        """Return the operator's unit; None or nothing where it is not known."""
        query = select(OperatorRow.unit).where(OperatorRow.id == operator_id)
        return self._session.scalar(query)

    def approver_outside_unit(self, agency: AgencyCode, day: date) -> bool:
        """Tell whether the approver must be of another unit than the requester."""
        somewhere = select(AgencyRow.code).where(AgencyRow.approver_outside_unit.is_(True))
        if self._session.scalar(somewhere.limit(1)) is None:
            return False  # the usual case: no need to read who stands above whom
        return read_book(self._session).approver_outside_unit(agency, day)
