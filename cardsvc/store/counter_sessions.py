"""Sessions at counters. Implements ``verification.flows.ports.CounterSessions``."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, update

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.counter_records import CounterSession
from cardsvc.service_records import Challenge, DecisionRecord
from cardsvc.store.audit_trail import audited
from cardsvc.store.decision_log import append_decisions, encoded_event
from cardsvc.store.decision_mapping import read_level
from cardsvc.store.engine import Database
from cardsvc.store.schema import CounterSessionRow, CounterStepRow


class _OvertakenError(Exception):
    """The transaction is to be rolled back: somebody else's step came first."""


class SqlCounterSessions:
    """Keeps sessions and their steps.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, session: CounterSession, *, actor: str) -> None:
        """Keep a new session.

        Raises:
            StoreError: there is one of that identifier, or no such partner (CONCURRENT_CHANGE).
        """
        with audited(self._database) as (unit, trail):
            unit.add(CounterSessionRow(id=session.id, **_values(session), **_opening(session)))
            facts: dict[str, str | int | bool | None] = {
                "relying_party": session.relying_party,
                "service": session.service,
                "agent": session.agent,
            }
            opened = AuditAction.COUNTER_SESSION_OPENED
            trail.record(AuditEvent(session.opened_at, actor, opened, session.id, facts))

    def find(self, session_id: str) -> CounterSession | None:
        """Return a session as it stands, or None.

        Raises:
            StoreError: a level is none of ours (RECORD_CORRUPT).
        """
        with self._database.reading() as unit:
            row = unit.get(CounterSessionRow, session_id)
            return None if row is None else _read(row)

    def ask(self, session: CounterSession, question_sha256: bytes) -> bool:
        """Make a question the open one; False where the session has moved on since."""
        with self._database.writing() as unit:
            asked = (
                update(CounterSessionRow)
                .where(_still_at(session.id, session.steps))
                .values(question_sha256=question_sha256)
            )
            return unit.connection().execute(asked).rowcount == 1

    def advance(
        self,
        after: CounterSession,
        decision: DecisionRecord,
        answered: Challenge | None,
        officer: str | None = None,
    ) -> bool:
        """Append a step's decision, spend the challenge it answers and move the session.

        Returns:
            False where the challenge was answered before or the session has moved on since;
            nothing is written then.

        Raises:
            StoreError: the decision's identifier is in use (CONCURRENT_CHANGE).
            Malformed: a text can't be recorded.
        """
        event = encoded_event(decision)
        moved = (
            update(CounterSessionRow)
            .where(_still_at(after.id, after.steps - 1))
            .values(_values(after))
        )
        try:
            with audited(self._database) as (unit, trail):
                _require(unit.connection().execute(moved).rowcount == 1)
                _require(all(append_decisions(unit, trail, [(decision, answered)], [event])))
                step = CounterStepRow(
                    session_id=after.id, step=after.steps, decision_id=decision.id, officer=officer
                )
                unit.add(step)
                if officer is not None:
                    matched, facts = AuditAction.COUNTER_PHOTO_MATCHED, _match(decision, officer)
                    actor, at = decision.agent, decision.at
                    trail.record(AuditEvent(at, actor, matched, after.id, facts))
        except _OvertakenError:
            return False
        return True

    def close(self, session: CounterSession, *, actor: str, at: datetime) -> None:
        """Close a session; nothing happens where it was closed before."""
        closing = (
            update(CounterSessionRow)
            .where(CounterSessionRow.id == session.id, CounterSessionRow.closed_at.is_(None))
            .values(closed_at=at, question_sha256=None)
        )
        with audited(self._database) as (unit, trail):
            if unit.connection().execute(closing).rowcount:
                closed = AuditAction.COUNTER_SESSION_CLOSED
                trail.record(AuditEvent(at, actor, closed, session.id, {"steps": session.steps}))


def _require(first: bool) -> None:  # noqa: FBT001 - one condition, one word
    if not first:
        raise _OvertakenError


def _still_at(session_id: str, steps: int) -> Any:
    return and_(
        CounterSessionRow.id == session_id,
        CounterSessionRow.steps == steps,
        CounterSessionRow.closed_at.is_(None),
    )


def _match(decision: DecisionRecord, officer: str) -> dict[str, str | int | bool | None]:
    return {"officer": officer, "decision": decision.id, "granted": decision.granted}


def _opening(session: CounterSession) -> dict[str, Any]:
    return {
        "relying_party": session.relying_party,
        "service": session.service,
        "agent": session.agent,
        "opened_at": session.opened_at,
        "expires_at": session.expires_at,
    }


def _values(session: CounterSession) -> dict[str, Any]:
    """Return what a step changes."""
    return {
        "steps": session.steps,
        "level": None if session.level is None else int(session.level),
        "guid": session.guid,
        "consent": session.consent,
        "receipt_sha256": session.receipt_sha256,
        "question_sha256": session.question_sha256,
    }


def _read(row: CounterSessionRow) -> CounterSession:
    return CounterSession(
        id=row.id,
        relying_party=row.relying_party,
        service=row.service,
        agent=row.agent,
        opened_at=row.opened_at,
        expires_at=row.expires_at,
        steps=row.steps,
        level=None if row.level is None else read_level(row.level),
        guid=row.guid,
        consent=row.consent,
        receipt_sha256=row.receipt_sha256,
        question_sha256=row.question_sha256,
        closed_at=row.closed_at,
    )
