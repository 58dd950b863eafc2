"""Finding holders among a million, in staff order, within a bounded amount of work.

Where few hits are possible (``holder_candidates``), they are fetched, counted and sorted. Where
many are, the index in staff order is walked in growing strides until a page is full; a walk that
has met too little by its bound gives what it has, and where the list goes on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVarTuple

from sqlalchemy import ColumnElement, Select, and_, func, literal, not_, select, text, true, tuple_
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import Subquery

from cardsvc.holder_search_records import (
    MAX_PAGE,
    ByName,
    HolderCursor,
    HolderFilter,
    HolderPage,
    ListedHolder,
    ListedHolderCard,
    QueryWord,
)
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.store.engine import Database
from cardsvc.store.holder_candidates import find_candidates, in_agencies
from cardsvc.store.holder_mapping import read_personal_number
from cardsvc.store.schema import CardRow, HolderRow
from cardsvc.store.sealed import Sealer

_STRIDES = (1_000, 9_000, 30_000, 60_000)
"""Holders looked at in one page's walk: small strides first, most pages fill in the first."""

_Columns: TypeAlias = "type[HolderRow] | Subquery"
_Selected = TypeVarTuple("_Selected")


@dataclass(frozen=True, slots=True)
class _Hit:
    place: HolderCursor

    @property
    def exact(self) -> bool:
        return self.place.rank == 0


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
                hits, following = _walk(session, asked, after, limit)
                return HolderPage(self._lines(session, hits), following, None)
            hits = _sorted_hits(session, asked, candidates)
            rest = [hit for hit in hits if after is None or hit.place > after]
            shown = rest[:limit]
            following = shown[-1].place if len(rest) > limit else None
            return HolderPage(self._lines(session, shown), following, len(hits))

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

    def _lines(self, session: Session, hits: Sequence[_Hit]) -> tuple[ListedHolder, ...]:
        ids = [hit.place.id for hit in hits]
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
            self._line(rows[hit.place.id], tuple(cards[hit.place.id]), exact=hit.exact)
            for hit in hits
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


def _sorted_hits(session: Session, asked: HolderFilter, candidates: frozenset[str]) -> list[_Hit]:
    rows = session.execute(
        select(HolderRow.id, HolderRow.sort_key, _is_exact(asked, HolderRow))
        .where(HolderRow.id.in_(candidates))
        .where(_meets(asked, HolderRow))
    )
    places = (HolderCursor(0 if exact else 1, sort_key, key) for key, sort_key, exact in rows)
    return [_Hit(place) for place in sorted(places)]


def _walk(
    session: Session, asked: HolderFilter, after: HolderCursor | None, limit: int
) -> tuple[list[_Hit], HolderCursor | None]:
    """Walk the staff order, once for each rank, until one hit more than a page was met."""
    last_rank = 1 if _needs_ranks(asked) else 0
    place = after or HolderCursor(0, "", "")
    hits: list[_Hit] = []
    for stride in _STRIDES:
        met = session.execute(_stride(asked, place, stride, limit + 1 - len(hits)))
        hits += [_Hit(HolderCursor(place.rank, sort_key, key)) for key, sort_key in met]
        if len(hits) > limit:
            return hits[:limit], hits[limit - 1].place
        end = session.execute(_end_of_stride(place, stride)).one_or_none()
        if end is not None:
            place = HolderCursor(place.rank, end.sort_key, end.id)
        elif place.rank < last_rank:
            place = HolderCursor(place.rank + 1, "", "")
        else:
            return hits, None
    return hits, place


def _stride(asked: HolderFilter, place: HolderCursor, stride: int, limit: int) -> Select[str, str]:
    columns = [
        HolderRow.id,
        HolderRow.sort_key,
        HolderRow.search_key,
        HolderRow.exact_key,
        HolderRow.agency_code,
        HolderRow.category,
    ]
    if asked.unit is not None:  # the one part that is not in the index
        columns.append(HolderRow.unit_name)
    walked = _onwards(select(*columns), place).limit(stride).subquery()
    exact = _is_exact(asked, walked)
    wanted = true() if not _needs_ranks(asked) else exact if place.rank == 0 else not_(exact)
    return (
        select(walked.c.id, walked.c.sort_key)
        .where(_meets(asked, walked), wanted)
        .order_by(walked.c.sort_key, walked.c.id)
        .limit(limit)
    )


def _end_of_stride(place: HolderCursor, stride: int) -> Select[str, str]:
    return _onwards(select(HolderRow.id, HolderRow.sort_key), place).offset(stride - 1).limit(1)


def _onwards(query: Select[*_Selected], place: HolderCursor) -> Select[*_Selected]:
    here = tuple_(HolderRow.sort_key, HolderRow.id)
    return query.where(here > tuple_(literal(place.sort_key), literal(place.id))).order_by(
        HolderRow.sort_key, HolderRow.id
    )


def _words(asked: HolderFilter) -> tuple[QueryWord, ...]:
    return asked.query.words if isinstance(asked.query, ByName) else ()


def _needs_ranks(asked: HolderFilter) -> bool:
    return isinstance(asked.query, ByName) and asked.query.has_diacritics


def _column(columns: _Columns, name: str) -> ColumnElement[str]:
    found: ColumnElement[str] = (
        columns.c[name] if isinstance(columns, Subquery) else getattr(columns, name)
    )
    return found


def _has_word(column: ColumnElement[str], beginning: str) -> ColumnElement[bool]:
    return (literal(" ") + column).contains(" " + beginning, autoescape=True)


def _is_exact(asked: HolderFilter, columns: _Columns) -> ColumnElement[bool]:
    if not _needs_ranks(asked):
        return true()
    key = _column(columns, "exact_key")
    return and_(*(_has_word(key, word.exact) for word in _words(asked)))


def _meets(asked: HolderFilter, columns: _Columns) -> ColumnElement[bool]:
    key = _column(columns, "search_key")
    parts = [_has_word(key, word.folded) for word in _words(asked)]
    if asked.agencies is not None:
        parts.append(in_agencies(_column(columns, "agency_code"), asked.agencies))
    if asked.unit is not None:
        parts.append(_column(columns, "unit_name") == asked.unit)
    if asked.category is not None:
        parts.append(_column(columns, "category") == asked.category)
    if asked.card_type is not None or asked.card_state is not None:
        parts.append(_has_card(asked, _column(columns, "id")))
    return and_(true(), *parts)


def _has_card(asked: HolderFilter, holder_id: ColumnElement[str]) -> ColumnElement[bool]:
    card = select(CardRow.guid).where(CardRow.holder_id == holder_id)
    if asked.card_type is not None:
        card = card.where(CardRow.card_type == asked.card_type)
    if asked.card_state is not None:
        card = card.where(CardRow.state == asked.card_state)
    return card.exists()
