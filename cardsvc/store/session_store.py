"""Sessions of operators: only SHA-256 of a session's token is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.session_records import OperatorSession, SessionStage
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import OperatorSessionRow


class SqlSessionStore:
    """Opens, finds and ends sessions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, session: OperatorSession, *, older_than: datetime) -> None:
        """Keep a session of someone who gave the password; drop all that began earlier than that.

        Args:
            session: the new one.
            older_than: no session that began before it can still be of use.
        """
        with self._database.writing() as unit:
            unit.execute(
                delete(OperatorSessionRow).where(OperatorSessionRow.created_at < older_than)
            )
            unit.add(_row(session))

    def promote(self, old_sha256: bytes, session: OperatorSession) -> bool:
        """Put an open session, under a new token, in the place of one that gave the password.

        Returns:
            False where the old one is gone: it was used up, or ended in between.
        """
        with audited(self._database) as (unit, trail):
            ended = unit.execute(
                delete(OperatorSessionRow)
                .where(OperatorSessionRow.token_sha256 == old_sha256)
                .returning(OperatorSessionRow.operator_id)
            ).scalar_one_or_none()
            if ended is None:
                return False
            unit.add(_row(session))
            who, at = session.operator_id, session.seen_at
            trail.record(AuditEvent(at, who, AuditAction.OPERATOR_SIGNED_IN, who))
            return True

    def find(self, token_sha256: bytes) -> OperatorSession | None:
        """Return a session, or None."""
        with self._database.reading() as unit:
            row = unit.get(OperatorSessionRow, token_sha256)
            return None if row is None else _read(row)

    def of_operator(self, operator_id: str) -> Sequence[OperatorSession]:
        """Return an operator's sessions, newest first."""
        query = (
            select(OperatorSessionRow)
            .where(OperatorSessionRow.operator_id == operator_id)
            .order_by(OperatorSessionRow.created_at.desc(), OperatorSessionRow.token_sha256)
        )
        with self._database.reading() as unit:
            return [_read(row) for row in unit.scalars(query)]

    def seen(self, token_sha256: bytes, at: datetime) -> None:
        """Note that a session was used."""
        with self._database.writing() as unit:
            unit.execute(
                update(OperatorSessionRow)
                .where(OperatorSessionRow.token_sha256 == token_sha256)
                .values(seen_at=at)
            )

    def proved(self, token_sha256: bytes, at: datetime) -> None:
        """Note that the second factor was shown again."""
        with audited(self._database) as (unit, trail):
            row = unit.get(OperatorSessionRow, token_sha256, with_for_update=True)
            if row is None:
                return
            row.proved_at = at
            who = row.operator_id
            trail.record(AuditEvent(at, who, AuditAction.OPERATOR_PROVED_AGAIN, who))

    def end(self, token_sha256: bytes, at: datetime) -> None:
        """End a session; nothing happens where it has ended."""
        with audited(self._database) as (unit, trail):
            row = unit.get(OperatorSessionRow, token_sha256, with_for_update=True)
            if row is None:
                return
            unit.delete(row)
            who = row.operator_id
            trail.record(AuditEvent(at, who, AuditAction.OPERATOR_SIGNED_OUT, who))

    def end_all(self, operator_id: str, *, by: str, at: datetime, but: bytes | None = None) -> int:
        """End an operator's sessions, but for one; return how many there were."""
        with audited(self._database) as (unit, trail):
            ended = unit.scalars(
                delete(OperatorSessionRow)
                .where(
                    OperatorSessionRow.operator_id == operator_id,
                    OperatorSessionRow.token_sha256 != (but or b""),
                )
                .returning(OperatorSessionRow.token_sha256)
            ).all()
            if ended:
                action = AuditAction.OPERATOR_SESSIONS_ENDED
                facts: dict[str, str | int | bool | None] = {"sessions": len(ended)}
                trail.record(AuditEvent(at, by, action, operator_id, facts))
            return len(ended)


def _row(session: OperatorSession) -> OperatorSessionRow:
    return OperatorSessionRow(
        token_sha256=session.token_sha256,
        operator_id=session.operator_id,
        stage=session.stage,
        created_at=session.created_at,
        seen_at=session.seen_at,
        proved_at=session.proved_at,
    )


def _read(row: OperatorSessionRow) -> OperatorSession:
    return OperatorSession(
        token_sha256=row.token_sha256,
        operator_id=row.operator_id,
        stage=SessionStage(row.stage),
        created_at=row.created_at,
        seen_at=row.seen_at,
        proved_at=row.proved_at,
    )
