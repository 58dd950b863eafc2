"""Rows whose time is up, by kind of data, within a transaction of personal data."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Select, Table, delete, exists, func, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from cardsvc.attendance_records import CorrectionState
from cardsvc.loss_records import LossState
from cardsvc.privacy_records import DataKind
from cardsvc.store.privacy_queries import due_holders, present_day
from cardsvc.store.schema import (
    AgentEventRow,
    AttendanceCorrectionRow,
    AttendanceTapRow,
    DecisionRow,
    HolderPhotoRow,
    LossCardRow,
    LossCaseRow,
    PersonalisationJobRow,
)
from cardsvc.store.sealed import Sealer

_OPEN_ORDER, _CANCELLED = "open", "cancelled"
_IN_BULK = {"synchronize_session": False}
_BY_KEY = {
    DataKind.ATTENDANCE_TAP: cast("Table", AttendanceTapRow.__table__),
    DataKind.ATTENDANCE_CORRECTION: cast("Table", AttendanceCorrectionRow.__table__),
    DataKind.AGENT_EVENT: cast("Table", AgentEventRow.__table__),
}
"""What is deleted row by row, by its key alone."""


def due_rows(kind: DataKind, at: datetime, before: datetime) -> Select[*tuple[Any, ...]]:
    """Select the keys of what is due, what fell due first at the head.

    Args:
        kind: which data.
        at: now.
        before: the event that ended its use lies before this instant.
    """
    if kind is DataKind.HOLDER:
        return due_holders(at, before, present_day(at))
    if kind is DataKind.DECISION:
        return select(DecisionRow.id).where(DecisionRow.at < before).order_by(DecisionRow.at)
    if kind is DataKind.DESK_ORDER:
        job = PersonalisationJobRow
        old = select(job.id).where(job.state == _OPEN_ORDER, job.created_at < before)
        return old.order_by(job.created_at)
    if kind in _BY_KEY:
        return _keyed(kind, before)
    if kind is DataKind.LOSS_CASE:
        case = LossCaseRow
        closed = select(case.id).where(case.state != LossState.OPEN, case.closed_at < before)
        return closed.order_by(case.closed_at)
    photo, follower = HolderPhotoRow, aliased(HolderPhotoRow)
    replaced = exists().where(
        follower.holder_id == photo.holder_id,
        follower.number == photo.number + 1,
        follower.added_at < before,
    )
    return select(photo.holder_id, photo.number).where(replaced).order_by(photo.holder_id)


def _keyed(kind: DataKind, before: datetime) -> Select[*tuple[Any, ...]]:
    if kind is DataKind.ATTENDANCE_TAP:
        tap = AttendanceTapRow
        return select(tap.chain, tap.seq).where(tap.at < before).order_by(tap.at)
    if kind is DataKind.ATTENDANCE_CORRECTION:
        one = AttendanceCorrectionRow
        # every state there is: the index begins with it
        old = select(one.id).where(one.state.in_(CorrectionState), one.requested_at < before)
        return old.order_by(one.requested_at)
    event = AgentEventRow
    # its agent's time finds it by the index; ours decides, as an agent's clock may be wrong
    old_events = select(event.chain, event.seq).where(event.at < before, event.received_at < before)
    return old_events.order_by(event.at)


def count_due(session: Session, kind: DataKind, at: datetime, before: datetime) -> int:
    """Return how much of a kind is due."""
    due = due_rows(kind, at, before).order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(due)) or 0


def forget_rows(
    session: Session,
    sealer: Sealer,
    kind: DataKind,
    *,
    at: datetime,
    before: datetime,
    limit: int,
) -> int:
    """End the retention of rows that are due, some of them; return how many. No people.

    Decisions, closed cases of loss, attendance, agents' events and photos that another followed are
    deleted; an order that nobody ran is cancelled, and what was in it forgotten.
    """
    found = session.execute(due_rows(kind, at, before).limit(limit)).all()
    keys = [row[0] for row in found]
    if kind is DataKind.DESK_ORDER:
        for job_id in keys:
            _cancel_order(session, sealer, job_id, at)
    elif kind is DataKind.DECISION:
        session.execute(
            delete(DecisionRow).where(DecisionRow.id.in_(keys)), execution_options=_IN_BULK
        )
    elif kind is DataKind.LOSS_CASE:
        named = delete(LossCardRow).where(LossCardRow.case_id.in_(keys))
        session.execute(named, execution_options=_IN_BULK)
        session.execute(
            delete(LossCaseRow).where(LossCaseRow.id.in_(keys)), execution_options=_IN_BULK
        )
    elif kind is DataKind.FORMER_PHOTO:
        key = tuple_(HolderPhotoRow.holder_id, HolderPhotoRow.number)
        photos = delete(HolderPhotoRow).where(key.in_([tuple(row) for row in found]))
        session.execute(photos, execution_options=_IN_BULK)
    elif kind in _BY_KEY:
        table = _BY_KEY[kind]
        place = tuple_(*table.primary_key.columns)
        gone = delete(table).where(place.in_([tuple(row) for row in found]))
        session.execute(gone, execution_options=_IN_BULK)
    return len(found)


def _cancel_order(session: Session, sealer: Sealer, job_id: str, at: datetime) -> None:
    job = PersonalisationJobRow
    forgotten = sealer.seal("{}", f"personalisation_jobs.plan:{job_id}")
    values = {"state": _CANCELLED, "updated_at": at, "plan_sealed": forgotten}
    session.execute(
        update(job).where(job.id == job_id, job.state == _OPEN_ORDER).values(values),
        execution_options=_IN_BULK,
    )
