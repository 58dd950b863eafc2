"""What holders must meet to be found, over the table or over a part of it that is walked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from sqlalchemy import ColumnElement, and_, literal, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.selectable import Subquery

from cardsvc.holder_search_records import (
    ByCard,
    ByName,
    ByNumber,
    HolderFilter,
    QueryWord,
    SearchQuery,
)
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.store.restriction import is_unrestricted
from cardsvc.store.schema import CardRow, HolderRow

AFTER_EVERY_LETTER = "\uffff"

Columns: TypeAlias = "type[HolderRow] | Subquery"
_Text: TypeAlias = (
    ColumnElement[str] | InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
)


def begins(column: _Text, text: str) -> ColumnElement[bool]:
    """Return the range of a column, compared by code point, that begins with a text."""
    return and_(column >= text, column < text + AFTER_EVERY_LETTER)


def in_agencies(column: _Text, agencies: Sequence[AgencyCode]) -> ColumnElement[bool]:
    """Return the condition for these agencies and all below them by code.

    A full stop parts the groups, and the next character by code point is the slash.
    """
    codes = [agency.value for agency in agencies]
    below = (and_(column >= code + ".", column < code + "/") for code in codes)
    return or_(column.in_(codes), *below)


def words_of(asked: HolderFilter) -> tuple[QueryWord, ...]:
    """Return the words of a name that are asked for, none for any other question."""
    return asked.query.words if isinstance(asked.query, ByName) else ()


def needs_exact(asked: HolderFilter) -> bool:
    """Tell whether hits with the diacritics that were typed stand before the others."""
    return isinstance(asked.query, ByName) and asked.query.has_diacritics


def is_exact(asked: HolderFilter, columns: Columns) -> ColumnElement[bool]:
    """Return whether a holder is found with the diacritics that were typed."""
    if not needs_exact(asked):
        return true()
    key = column_of(columns, "exact_key")
    return and_(*(_has_word(key, word.exact) for word in words_of(asked)))


def meets(asked: HolderFilter, columns: Columns) -> ColumnElement[bool]:
    """Return whether a holder meets every part of a question that is asked of the table.

    Whose data is restricted is found by a whole number or a whole card alone, for whoever has the
    person or the card before them, and stands on no list.
    """
    key = column_of(columns, "search_key")
    parts = [_has_word(key, word.folded) for word in words_of(asked)]
    if not _names_one(asked.query):
        parts.append(is_unrestricted(column_of(columns, "id")))
    if asked.agencies is not None:
        parts.append(in_agencies(column_of(columns, "agency_code"), asked.agencies))
    if asked.unit is not None:
        parts.append(column_of(columns, "unit_name") == asked.unit)
    if asked.category is not None:
        parts.append(column_of(columns, "category") == asked.category)
    if asked.card_type is not None or asked.card_state is not None:
        parts.append(_has_card(asked, column_of(columns, "id")))
    return and_(true(), *parts)


def _names_one(query: SearchQuery) -> bool:
    """Tell whether a query names one person; the beginning of a card may be many people's."""
    return isinstance(query, ByNumber) or (isinstance(query, ByCard) and query.first == query.last)


def column_of(columns: Columns, name: str) -> ColumnElement[str]:
    """Return a column of the table, or of what is walked."""
    found: ColumnElement[str] = (
        columns.c[name] if isinstance(columns, Subquery) else getattr(columns, name)
    )
    return found


def _has_word(column: ColumnElement[str], beginning: str) -> ColumnElement[bool]:
    return (literal(" ") + column).contains(" " + beginning, autoescape=True)


def _has_card(asked: HolderFilter, holder_id: ColumnElement[str]) -> ColumnElement[bool]:
    card = select(CardRow.guid).where(CardRow.holder_id == holder_id)
    if asked.card_type is not None:
        card = card.where(CardRow.card_type == asked.card_type)
    if asked.card_state is not None:
        card = card.where(CardRow.state == asked.card_state)
    return card.exists()
