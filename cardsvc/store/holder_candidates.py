"""Which index finds the holders that are asked for: bounded counts choose.

Four in ten people are called Nguyễn, one in ten thousand Ksor. Each part of a question that an
index serves is counted, no further than a bound. The rarest part gives the candidates; a word
that is not rare is intersected with the next; and where even that leaves many, hits are so
frequent that a walk along the staff order meets a page of them soon (``holder_walk``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from cardsvc.holder_search_records import ByCard, ByName, ByNumber, HolderFilter, QueryWord
from cardsvc.store.holder_conditions import begins, in_agencies
from cardsvc.store.holder_mapping import number_index
from cardsvc.store.schema import CardRow, HolderAliasRow, HolderRow, HolderWordRow
from cardsvc.store.sealed import Sealer

MAX_CANDIDATES = 2_000
"""So many are fetched and sorted. Of more, a walk finds a page as soon: at 1,000,000 holders it
meets fifty of them among 25,000."""

MAX_INTERSECTED = 20_000
"""So many entries of a word are looked up under the next word."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a question that an index serves.

    Args:
        ids: the holders that meet it; one may stand there more than once.
        holder_id: their identifier in it.
        word: the word, where it is one.
    """

    ids: Select[str]
    holder_id: InstrumentedAttribute[str]
    word: QueryWord | None = None


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
    session: Session, words: Sequence[QueryWord], others: Sequence[_Part]
) -> frozenset[str] | None:
    parts = [*others, *(_of_word(word) for word in words)]
    if not parts:
        return None
    count, place = min((_count(session, part), place) for place, part in enumerate(parts))
    rarest = parts[place]
    if count <= MAX_CANDIDATES:
        return frozenset(session.scalars(rarest.ids))
    narrower = [word for word in words if word is not rarest.word]
    if not narrower or count > MAX_INTERSECTED:
        return None
    narrowed = rarest.ids
    for word in narrower:
        other = aliased(HolderWordRow)
        has_word = select(other.word).where(
            other.holder_id == rarest.holder_id, begins(other.word, word.folded)
        )
        narrowed = narrowed.where(has_word.exists())
    # not DISTINCT: PostgreSQL would find them all before it gave the first
    found = session.scalars(narrowed.limit(MAX_CANDIDATES + 1)).all()
    return frozenset(found) if len(found) <= MAX_CANDIDATES else None


def _count(session: Session, part: _Part) -> int:
    bounded = part.ids.limit(MAX_INTERSECTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(bounded)) or 0


def _of_word(word: QueryWord) -> _Part:
    ids = select(HolderWordRow.holder_id).where(begins(HolderWordRow.word, word.folded))
    return _Part(ids, HolderWordRow.holder_id, word)


def _other_parts(asked: HolderFilter) -> list[_Part]:
    parts: list[_Part] = []
    if asked.agencies is not None:
        within = in_agencies(HolderRow.agency_code, asked.agencies)
        parts.append(_Part(select(HolderRow.id).where(within), HolderRow.id))
    if asked.category is not None:
        of_kind = select(HolderRow.id).where(HolderRow.category == asked.category)
        parts.append(_Part(of_kind, HolderRow.id))
    if asked.card_state is not None:
        of_cards = select(CardRow.holder_id).where(CardRow.state == asked.card_state)
        if asked.card_type is not None:
            of_cards = of_cards.where(CardRow.card_type == asked.card_type)
        parts.append(_Part(of_cards, CardRow.holder_id))
    return parts
