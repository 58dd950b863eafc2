"""Who may be erased: what stands against it, as conditions that one person or a million meet."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, func, or_, select

from cardsvc.clock import VIETNAM_TIME
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.privacy_records import ErasureHold
from cardsvc.store.schema import (
    ApplicationRow,
    CardRow,
    CertificateRow,
    HolderErasureRow,
    HolderRow,
)

_UNFINISHED = (
    CardState.PERSONALISING,
    CardState.TORN,
    CardState.PERSONALISED,
    CardState.ISSUED,
)
_IN_USE = (CardState.ACTIVE, CardState.SUSPENDED)
_OPEN = (ApplicationState.REQUESTED, ApplicationState.RETURNED, ApplicationState.APPROVED)


def card_ended_at() -> ColumnElement[Any]:
    """Return when a card ended, or will: its certificates' revocation, else its expiry."""
    revoked = (
        select(func.max(CertificateRow.revoked_at))
        .where(CertificateRow.guid == CardRow.guid)
        .correlate(CardRow)
        .scalar_subquery()
    )
    expires = CardRow.expires_at
    return case((CardRow.state.in_(_IN_USE), expires), else_=func.coalesce(revoked, expires))


def present_day(at: datetime) -> date:
    """Return the day that it is in Vietnam."""
    return at.astimezone(VIETNAM_TIME).date()


def hold_conditions(
    at: datetime, ended_before: datetime, today: date
) -> dict[ErasureHold, ColumnElement[bool]]:
    """Return, for a row of ``holders``, when each hold stands against its erasure."""
    cards = CardRow.holder_id == HolderRow.id
    applications = ApplicationRow.holder_id == HolderRow.id
    in_use = and_(CardRow.state.in_(_IN_USE), CardRow.expires_at >= at)
    return {
        ErasureHold.LIVE_CARD: exists().where(cards, or_(CardRow.state.in_(_UNFINISHED), in_use)),
        ErasureHold.OPEN_APPLICATION: exists().where(applications, ApplicationRow.state.in_(_OPEN)),
        ErasureHold.EMPLOYED: and_(
            HolderRow.agency_code.is_not(None),
            or_(HolderRow.employment_until.is_(None), HolderRow.employment_until >= today),
        ),
        ErasureHold.RETENTION_DUTY: or_(
            exists().where(cards, card_ended_at() > ended_before),
            exists().where(applications, ApplicationRow.requested_at > ended_before),
        ),
    }


def due_holders(at: datetime, ended_before: datetime, today: date) -> Select[str]:
    """Select people who once asked for a card, and against whose erasure nothing stands."""
    holds = hold_conditions(at, ended_before, today)
    return select(HolderRow.id).where(
        exists().where(ApplicationRow.holder_id == HolderRow.id),
        ~exists().where(HolderErasureRow.holder_id == HolderRow.id),
        *(~hold for hold in holds.values()),
    )
