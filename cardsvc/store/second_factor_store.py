"""Second factors: the shared secret sealed, each time step and each recovery code used once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import CursorResult, delete, func, or_, select, update
from sqlalchemy.orm import Session

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.session_records import SecondFactor
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import OperatorRow, RecoveryCodeRow
from cardsvc.store.sealed import Sealer


class SqlSecondFactorStore:
    """Keeps what authenticator apps share with us."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    def find(self, operator_id: str) -> SecondFactor | None:
        """Return an operator's second factor, None where none was begun.

        Raises:
            StoreError: it does not open (RECORD_CORRUPT).
        """
        left = select(func.count()).where(RecoveryCodeRow.operator_id == operator_id)
        with self._database.reading() as session:
            row = session.get(OperatorRow, operator_id)
            if row is None or row.totp_sealed is None:
                return None
            return SecondFactor(
                secret=self._sealer.open(row.totp_sealed, _place(operator_id)),
                confirmed=row.totp_confirmed,
                last_step=row.totp_last_step,
                recovery_codes=session.scalar(left) or 0,
            )

    def begin(self, operator_id: str, secret: str) -> bool:
        """Keep a secret until a code of it is shown; False where there is one already."""
        sealed = self._sealer.seal(secret, _place(operator_id))
        with self._database.writing() as session:
            return _changed(
                session,
                update(OperatorRow)
                .where(OperatorRow.id == operator_id, OperatorRow.totp_sealed.is_(None))
                .values(totp_sealed=sealed, totp_confirmed=False, totp_last_step=None),
            )

    def confirm(
        self, operator_id: str, step: int, codes_sha256: Iterable[bytes], at: datetime
    ) -> bool:
        """Take the first code's step and keep the recovery codes; False where that was done."""
        with audited(self._database) as (session, trail):
            confirmed = _changed(
                session,
                update(OperatorRow)
                .where(
                    OperatorRow.id == operator_id,
                    OperatorRow.totp_sealed.is_not(None),
                    OperatorRow.totp_confirmed.is_(False),
                )
                .values(totp_confirmed=True, totp_last_step=step),
            )
            if confirmed:
                _renew_codes(session, operator_id, codes_sha256)
                action = AuditAction.OPERATOR_SECOND_FACTOR_SET
                trail.record(AuditEvent(at, operator_id, action, operator_id))
            return confirmed

    def renew_codes(self, operator_id: str, codes_sha256: Iterable[bytes], at: datetime) -> None:
        """Put new recovery codes in the place of those left."""
        with audited(self._database) as (session, trail):
            _renew_codes(session, operator_id, codes_sha256)
            action = AuditAction.OPERATOR_SECOND_FACTOR_SET
            trail.record(AuditEvent(at, operator_id, action, operator_id))

    def take_step(self, operator_id: str, step: int) -> bool:
        """Use a time step up; False where it, or a later one, was used before."""
        unused = or_(OperatorRow.totp_last_step.is_(None), OperatorRow.totp_last_step < step)
        with self._database.writing() as session:
            return _changed(
                session,
                update(OperatorRow)
                .where(OperatorRow.id == operator_id, OperatorRow.totp_confirmed.is_(True), unused)
                .values(totp_last_step=step),
            )

    def take_code(self, operator_id: str, code_sha256: bytes, at: datetime) -> bool:
        """Use a recovery code up; False where it is none or was used before."""
        with audited(self._database) as (session, trail):
            taken = _changed(
                session,
                delete(RecoveryCodeRow).where(
                    RecoveryCodeRow.operator_id == operator_id,
                    RecoveryCodeRow.code_sha256 == code_sha256,
                ),
            )
            if taken:
                action = AuditAction.OPERATOR_RECOVERY_CODE_USED
                trail.record(AuditEvent(at, operator_id, action, operator_id))
            return taken

    def reset(self, operator_id: str, *, by: str, at: datetime) -> bool:
        """Forget a second factor: a new one is begun at the next sign-in; False for nobody."""
        with audited(self._database) as (session, trail):
            row = session.get(OperatorRow, operator_id, with_for_update=True)
            if row is None:
                return False
            row.totp_sealed, row.totp_confirmed, row.totp_last_step = None, False, None
            _renew_codes(session, operator_id, ())
            action = AuditAction.OPERATOR_SECOND_FACTOR_RESET
            trail.record(AuditEvent(at, by, action, operator_id))
            return True


def _changed(session: Session, statement: object) -> bool:
    result = session.execute(statement)  # type: ignore[call-overload]  # any DML
    assert isinstance(result, CursorResult)  # noqa: S101 - narrows for the type checker
    return result.rowcount == 1


def _renew_codes(session: Session, operator_id: str, codes_sha256: Iterable[bytes]) -> None:
    session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.operator_id == operator_id))
    session.add_all(
        RecoveryCodeRow(operator_id=operator_id, code_sha256=one) for one in codes_sha256
    )


def _place(operator_id: str) -> str:
    return f"operators.totp:{operator_id}"
