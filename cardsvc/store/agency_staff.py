"""How many holders and cards bear an agency's code: what a change of it touches."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select

from cardsvc.agency_records import AgencyStaff
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.lifecycle import ENDED_STATES
from cardsvc.store.engine import Database
from cardsvc.store.schema import CardRow, HolderRow


class SqlAgencyStaff:
    """Counts people and cards of agencies.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self, codes: Sequence[AgencyCode]) -> AgencyStaff:
        """Return how many holders have a post under one of these very codes, and their cards."""
        values = [code.value for code in codes]
        holders = (
            select(func.count()).select_from(HolderRow).where(HolderRow.agency_code.in_(values))
        )
        cards = (
            select(func.count())
            .select_from(CardRow)
            .join(HolderRow, HolderRow.id == CardRow.holder_id)
            .where(HolderRow.agency_code.in_(values), CardRow.state.not_in(ENDED_STATES))
        )
        with self._database.reading() as session:
            return AgencyStaff(session.scalar(holders) or 0, session.scalar(cards) or 0)
