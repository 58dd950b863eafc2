"""The few cards or applications of a small agency, where walking the whole list would take long.

A list is walked in its order until a page is full: soon, where many of its rows are wanted. Where
few are, it would be read to its end; so the rare part of a question is asked for by its own index
first, no further than a bound, and what it finds is put in order here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from cardsvc.access_records import ALL_AGENCIES
from cardsvc.card.guid import CardGuid
from cardsvc.queue_records import ApplicationFilter, CardFilter
from cardsvc.store.schema import ApplicationRow, CardRow, HolderRow
from cardsvc.store.scope import in_scope

_Key = TypeVar("_Key")
_Line = TypeVar("_Line")
MAX_FEW = 10_000
"""Of 1,500,000 cards: of more, a walk meets a page of fifty among some 7,500."""
_AT_ONCE = 500
"""Rows asked for by their keys in one question."""


def few_cards(session: Session, asked: CardFilter, most: int) -> list[CardGuid] | None:
    """Return cards among which all that are asked for are, by GUID, or None for too many."""
    guids = select(CardRow.guid)
    if asked.expires_before is not None:
        due = guids.where(CardRow.expires_at < asked.expires_before).limit(most + 1)
        found = session.scalars(due).all()
        if len(found) <= most:
            return sorted(found, key=str)
    within = _few_holders(session, asked.scope, asked.agency, most)
    if within is None:
        return None
    of_them = guids.where(CardRow.holder_id.in_(within))
    if asked.state is not None:
        of_them = of_them.where(CardRow.state == asked.state)
    return sorted(session.scalars(of_them), key=str)


def few_applications(
    session: Session, asked: ApplicationFilter, most: int
) -> list[tuple[datetime, str]] | None:
    """Return instant and identifier of applications among which all that are asked for are.

    Returns:
        Oldest first; None for too many.
    """
    within = _few_holders(session, asked.scope, asked.agency, most)
    if within is None:
        return None
    keys = select(ApplicationRow.requested_at, ApplicationRow.id)
    found = session.execute(keys.where(ApplicationRow.holder_id.in_(within)))
    return sorted((at, application_id) for at, application_id in found)


def page_of(
    keys: Sequence[_Key], ask: Callable[[Sequence[_Key]], Sequence[_Line]], limit: int
) -> list[_Line]:
    """Return the first lines that candidates have, asking for no more of them than it takes.

    Args:
        keys: of the candidates, in order.
        ask: returns the lines of some of them that meet the whole question, in order.
        limit: lines.
    """
    found: list[_Line] = []
    for start in range(0, len(keys), _AT_ONCE):
        found += ask(keys[start : start + _AT_ONCE])
        if len(found) >= limit:
            break
    return found[:limit]


def _few_holders(
    session: Session, scope: frozenset[str], agency: str, most: int
) -> Select[str] | None:
    """Return the identifiers of the holders of these agencies, None where there are many."""
    conditions: list[ColumnElement[bool]] = []
    if ALL_AGENCIES not in scope:
        conditions.append(in_scope(HolderRow.agency_code, scope))
    if agency:
        conditions.append(in_scope(HolderRow.agency_code, [agency]))
    if not conditions:
        return None
    ids = select(HolderRow.id).where(*conditions)
    bounded = ids.limit(most + 1).subquery()
    count = session.scalar(select(func.count()).select_from(bounded)) or 0
    return ids if count <= most else None
