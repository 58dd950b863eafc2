"""Walking the staff order until a page is full, within a bounded number of holders.

The order begins with the given name, so whoever has a word of the question for a given name stands
in a few stretches of it: those come first, and are all that is walked for most questions. Then
come the others. Hits with the diacritics that were typed stand before all that lack them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVarTuple

from sqlalchemy import Row, Select, func, literal, not_, or_, select, true, tuple_
from sqlalchemy.orm import Session

from cardsvc.holder_search_records import HolderCursor, HolderFilter
from cardsvc.identity import latin
from cardsvc.store.holder_conditions import (
    AFTER_EVERY_LETTER,
    begins,
    is_exact,
    meets,
    needs_exact,
    words_of,
)
from cardsvc.store.schema import HolderRow

MAX_WALKED = 40_000
"""Holders looked at for one page; what is not full by then is given as it is, and goes on."""

_FIRST_STRIDE, _GROWTH = 1_000, 5
_BEGINNINGS = 27
"""Stretches for one word: three letters that may each be one of three."""

_Selected = TypeVarTuple("_Selected")


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of the order.

    Args:
        rank: of the hits in it.
        beginning: what its sort keys begin with; nothing for the whole order.
        left_out: beginnings that were walked before.
    """

    rank: int
    beginning: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def end(self) -> HolderCursor:
        return HolderCursor(self.rank, self.beginning + AFTER_EVERY_LETTER, "")


@dataclass(frozen=True, slots=True)
class GivenNames:
    """What sort keys begin with where a word of a question begins the given name.

    Args:
        exact: by the letters that were typed; for hits with their diacritics.
        folded: by all letters that search takes for one another.
    """

    exact: tuple[str, ...]
    folded: tuple[str, ...]

    @classmethod
    def of(cls, asked: HolderFilter) -> GivenNames:
        """Return those of a question; none where it has no words."""
        words = words_of(asked)
        folded = _outermost(
            {one for word in words for one in latin.primary_beginnings(word.folded, _BEGINNINGS)}
        )
        if not needs_exact(asked):
            return cls(folded, folded)
        return cls(_outermost({latin.collation_weights(word.exact)[0] for word in words}), folded)

    def rank(self, sort_key: str, *, exact: bool) -> int:
        """Return the rank of a hit: exact before not exact, then given names before others."""
        beginnings = self.exact if exact else self.folded
        given = not self.folded or sort_key.startswith(beginnings)
        return (0 if exact else 2) + (0 if given else 1)


def _outermost(beginnings: set[str]) -> tuple[str, ...]:
    """Return beginnings in order, without those that begin with another."""
    found = beginnings - {""}
    inner = {one for one in found if any(one[:cut] in found for cut in range(1, len(one)))}
    return tuple(sorted(found - inner))


def walk(
    session: Session, asked: HolderFilter, after: HolderCursor | None, limit: int
) -> tuple[list[HolderCursor], HolderCursor | None]:
    """Return the places of a page's hits, and where the list goes on."""
    place = after or HolderCursor(0, "", "")
    hits: list[HolderCursor] = []
    stride, left = _FIRST_STRIDE, MAX_WALKED
    for stretch in _stretches(session, asked):
        if stretch.end <= place:
            continue
        place = max(place, HolderCursor(stretch.rank, stretch.beginning, ""))
        while True:
            if left <= 0:
                return hits, place
            met = session.execute(_stride(asked, stretch, place, stride, limit + 1 - len(hits)))
            hits += [HolderCursor(stretch.rank, sort_key, key) for key, sort_key in met]
            if len(hits) > limit:
                return hits[:limit], hits[limit - 1]
            left -= stride
            last = _end_of_stride(session, stretch, place, stride)
            stride = min(stride * _GROWTH, max(left, _FIRST_STRIDE))
            if last is None:
                break
            place = HolderCursor(stretch.rank, last.sort_key, last.id)
        place = stretch.end
    return hits, None


def _stretches(session: Session, asked: HolderFilter) -> Iterator[_Stretch]:
    if not words_of(asked):
        yield _Stretch(0)
        return
    names = GivenNames.of(asked)
    for base, beginnings in ((0, names.exact), (2, names.folded)):
        if base and not needs_exact(asked):
            return
        given = _peopled(session, beginnings)
        for beginning in given:
            yield _Stretch(base, beginning)
        yield _Stretch(base + 1, "", given)


def _peopled(session: Session, beginnings: tuple[str, ...]) -> tuple[str, ...]:
    """Return the beginnings that anybody's sort key has, by one question."""
    if not beginnings:
        return ()
    firsts = [
        select(func.min(HolderRow.sort_key))
        .where(begins(HolderRow.sort_key, one))
        .scalar_subquery()
        for one in beginnings
    ]
    found = session.execute(select(*firsts)).one()
    return tuple(one for one, first in zip(beginnings, found, strict=True) if first is not None)


def _stride(
    asked: HolderFilter, stretch: _Stretch, place: HolderCursor, stride: int, limit: int
) -> Select[str, str]:
    columns = [
        HolderRow.id,
        HolderRow.sort_key,
        HolderRow.search_key,
        HolderRow.exact_key,
        HolderRow.agency_code,
        HolderRow.category,
        HolderRow.unit_name,
    ]  # what the index in staff order holds, and no more
    walked = _onwards(select(*columns), stretch, place).limit(stride).subquery()
    exact = is_exact(asked, walked)
    wanted = true() if not needs_exact(asked) else exact if stretch.rank < 2 else not_(exact)
    if stretch.left_out:
        known = or_(*(begins(walked.c.sort_key, one) for one in stretch.left_out))
        wanted = wanted & not_(known)
    return (
        select(walked.c.id, walked.c.sort_key)
        .where(meets(asked, walked), wanted)
        .order_by(walked.c.sort_key, walked.c.id)
        .limit(limit)
    )


def _end_of_stride(
    session: Session, stretch: _Stretch, place: HolderCursor, stride: int
) -> Row[str, str] | None:
    query = _onwards(select(HolderRow.id, HolderRow.sort_key), stretch, place)
    return session.execute(query.offset(stride - 1).limit(1)).one_or_none()


def _onwards(
    query: Select[*_Selected], stretch: _Stretch, place: HolderCursor
) -> Select[*_Selected]:
    here = tuple_(HolderRow.sort_key, HolderRow.id)
    query = query.where(here > tuple_(literal(place.sort_key), literal(place.id)))
    if stretch.beginning:
        query = query.where(HolderRow.sort_key < stretch.end.sort_key)
    return query.order_by(HolderRow.sort_key, HolderRow.id)
