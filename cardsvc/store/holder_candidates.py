"""Which index finds the holders that are asked for: bounded counts choose.

Four in ten people are called Nguyễn, one in ten thousand Ksor. Each part of a question that an
index serves is counted, no further than a bound. The rarest part gives the candidates; a word
that is not rare is intersected with the next; and where even that leaves many, hits are so
frequent that a walk along the staff order meets a page of them soon (``holder_search``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from cardsvc.holder_search_records import ByCard, ByName, ByNumber, HolderFilter, QueryWord
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.store.holder_mapping import number_index
from cardsvc.store.schema import CardRow, HolderAliasRow, HolderRow, HolderWordRow
from cardsvc.store.sealed import Sealer

MAX_CANDIDATES = 2_000
"""So many are fetched and sorted. Of more, a walk finds a page as soon: at 1,000,000 holders it
meets fifty of them among 25,000."""

MAX_INTERSECTED = 30_000
"""So many entries of a word are looked up under the next word."""

_AFTER_EVERY_LETTER = "\uffff"

_Ids: TypeAlias = Select[str]
_Text: TypeAlias = (
    ColumnElement[str] | InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
)


def begins(column: _Text, text: str) -> ColumnElement[bool]:
    """Return the range of a column, compared by code point, that begins with a text."""
    return and_(column >= text, column < text + _AFTER_EVERY_LETTER)


def in_agencies(column: _Text, agencies: Sequence[AgencyCode]) -> ColumnElement[bool]:
    """Return the condition for these agencies and all below them by code.

    A full stop parts the groups, and the next character by code point is the slash.
    """
    codes = [agency.value for agency in agencies]
    below = (and_(column >= code + ".", column < code + "/") for code in codes)
    return or_(column.in_(codes), *below)


def find_candidates(session: Session, asked: HolderFilter, sealer: Sealer) -> frozenset[str] | None:
    """Return holders among whom all that are asked for are, or None for too many.

    Args:
        session: to read with.
        asked: the question; the candidates meet one part of it, the others are still to be met.
        sealer: finds numbers.
    """
    match asked.query:
        case ByNumber(number):
            index = number_index(number, sealer)
            now = select(HolderRow.id).where(HolderRow.personal_number_index == index)
            before = select(HolderAliasRow.holder_id).where(HolderAliasRow.number_index == index)
            return frozenset({*session.scalars(now), *session.scalars(before)})
        case ByCard(first, last):
            of_cards = select(CardRow.holder_id).where(CardRow.guid.between(first, last))
            return frozenset(session.scalars(of_cards.limit(MAX_CANDIDATES)))
        case ByName(words):
            return _by_counts(session, words, _other_parts(asked))


def _by_counts(
    session: Session, words: Sequence[QueryWord], others: Sequence[_Ids]
) -> frozenset[str] | None:
    counted = [(_count(session, ids), ids) for ids in others]
    frequencies = sorted(
        ((_count(session, _of_word(word)), word) for word in words), key=lambda one: one[0]
    )
    counted += [(count, _of_word(word)) for count, word in frequencies]
    if not counted:
        return None
    count, ids = min(counted, key=lambda one: one[0])
    if count <= MAX_CANDIDATES:
        return frozenset(session.scalars(ids))
    if len(frequencies) < 2 or frequencies[0][0] > MAX_INTERSECTED:
        return None
    both = _of_both(frequencies[0][1], frequencies[1][1])
    found = frozenset(session.scalars(both.limit(MAX_CANDIDATES + 1)))
    return found if len(found) <= MAX_CANDIDATES else None


def _count(session: Session, ids: _Ids) -> int:
    bounded = ids.limit(MAX_INTERSECTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(bounded)) or 0


def _of_word(word: QueryWord) -> _Ids:
    return select(HolderWordRow.holder_id).where(begins(HolderWordRow.word, word.folded))


def _of_both(rarer: QueryWord, other: QueryWord) -> _Ids:
    second = aliased(HolderWordRow)
    has_other = select(second.word).where(
        second.holder_id == HolderWordRow.holder_id, begins(second.word, other.folded)
    )
    return _of_word(rarer).where(has_other.exists()).distinct()


def _other_parts(asked: HolderFilter) -> list[_Ids]:
    parts: list[_Ids] = []
    if asked.agencies is not None:
        parts.append(select(HolderRow.id).where(in_agencies(HolderRow.agency_code, asked.agencies)))
    if asked.card_state is not None:
        of_cards = select(CardRow.holder_id).where(CardRow.state == asked.card_state)
        if asked.card_type is not None:
            of_cards = of_cards.where(CardRow.card_type == asked.card_type)
        parts.append(of_cards)
    return parts
