"""Finding holders among a million, in staff order, within a bounded amount of work.

Where few hits are possible (``holder_candidates``), they are fetched, counted and sorted. Where
many are, the index in staff order is walked until a page is full (``holder_walk``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from cardsvc.holder_search_records import (
    MAX_PAGE,
    HolderCursor,
    HolderFilter,
    HolderPage,
    ListedHolder,
    ListedHolderCard,
)
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.records import Holder
from cardsvc.store.engine import Database
from cardsvc.store.holder_candidates import find_candidates
from cardsvc.store.holder_conditions import is_exact, meets
from cardsvc.store.holder_mapping import read_holder, read_personal_number
from cardsvc.store.holder_walk import GivenNames, walk
from cardsvc.store.schema import CardRow, HolderRestrictionRow, HolderRow
from cardsvc.store.sealed import Sealer


class SqlHolderDirectory:
    """Lists and finds holders; opens their numbers only to mask them.

    Args:
        database: migrated.
        sealer: finds and opens numbers.
    """

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def search(
        self, asked: HolderFilter, *, after: HolderCursor | None = None, limit: int = 50
    ) -> HolderPage:
        """Return a page of the holders that are asked for, in staff order, exact hits first.

        Args:
            asked: which holders.
            after: the previous page's ``next``.
            limit: lines, at most 500.
        """
        limit = max(1, min(limit, MAX_PAGE))
        with self._database.reading() as session:
            candidates = find_candidates(session, asked, self._sealer)
            if candidates is None:
                hits, following = walk(session, asked, after, limit)
                return HolderPage(self._lines(session, hits), following, None)
            hits = _sorted_hits(session, asked, candidates)
            rest = [hit for hit in hits if after is None or hit > after]
            shown = rest[:limit]
            following = shown[-1] if len(rest) > limit else None
            return HolderPage(self._lines(session, shown), following, len(hits))

    def find(self, holder_id: str) -> Holder | None:
        """Return a holder as on record, or None; nothing is locked."""
        with self._database.reading() as session:
            row = session.get(HolderRow, holder_id)
            return None if row is None else read_holder(row, self._sealer)

    def restricted_since(self, holder_id: str) -> datetime | None:
        """Return since when a holder's data is not to be used; None where it may be."""
        with self._database.reading() as session:
            row = session.get(HolderRestrictionRow, holder_id)
            return None if row is None else row.since

    def estimated_size(self) -> int:
        """Return roughly how many holders there are, without counting them."""
        with self._database.reading() as session:
            if session.get_bind().dialect.name == "sqlite":
                found = session.scalar(text("SELECT max(rowid) FROM holders"))
            else:
                found = session.scalar(
                    text("SELECT reltuples::bigint FROM pg_class WHERE oid = 'holders'::regclass")
                )
                if found is not None and found < 0:  # never analysed yet, so it is small
                    found = session.scalar(select(func.count()).select_from(HolderRow))
        return int(found or 0)

    def _lines(self, session: Session, hits: Sequence[HolderCursor]) -> tuple[ListedHolder, ...]:
        ids = [hit.id for hit in hits]
        rows = {
            row.id: row for row in session.scalars(select(HolderRow).where(HolderRow.id.in_(ids)))
        }
        cards: defaultdict[str, list[ListedHolderCard]] = defaultdict(list)
        query = (
            select(CardRow.holder_id, CardRow.guid, CardRow.card_type, CardRow.state)
            .where(CardRow.holder_id.in_(ids))
            .order_by(CardRow.expires_at.desc(), CardRow.guid)
        )
        for holder_id, guid, card_type, state in session.execute(query):
            cards[holder_id].append(ListedHolderCard(guid, card_type, state))
        return tuple(
            self._line(rows[hit.id], tuple(cards[hit.id]), exact=hit.rank < 2) for hit in hits
        )

    def _line(
        self, row: HolderRow, cards: tuple[ListedHolderCard, ...], *, exact: bool
    ) -> ListedHolder:
        number: PersonalNumber = read_personal_number(row, self._sealer)
        return ListedHolder(
            id=row.id,
            name=row.name,
            masked_number=number.masked,
            agency_code=row.agency_code,
            agency_name=row.agency_name,
            unit_name=row.unit_name,
            position=row.position,
            category=row.category,
            enterprise_name=row.enterprise_name,
            cards=cards,
            exact=exact,
        )


def _sorted_hits(
    session: Session, asked: HolderFilter, candidates: frozenset[str]
) -> list[HolderCursor]:
    rows = session.execute(
        select(HolderRow.id, HolderRow.sort_key, is_exact(asked, HolderRow))
        .where(HolderRow.id.in_(candidates))
        .where(meets(asked, HolderRow))
    )
    given = GivenNames.of(asked)
    return sorted(
        HolderCursor(given.rank(sort_key, exact=bool(exact)), sort_key, holder_id)
        for holder_id, sort_key, exact in rows
    )
