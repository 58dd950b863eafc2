"""Which witnesses are asked, and what they cosigned. Over SQL."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import CosignatureRow, WitnessRow
from cardsvc.store.upsert import upsert
from cardsvc.witness_records import Cosigned, LogWitness


class SqlWitnesses:
    """Keeps witnesses.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, witness: LogWitness, *, operator: str, at: datetime) -> None:
        """Ask a witness from now on, or ask it elsewhere; what it cosigned is kept."""
        with audited(self._database) as (session, trail):
            row = session.get(WitnessRow, witness.name)
            if row is None:
                row = WitnessRow(name=witness.name, added_by=operator, added_at=at)
                session.add(row)
            row.key, row.url = witness.key, witness.url
            trail.record(AuditEvent(at, operator, AuditAction.WITNESS_ADDED, witness.name))

    def all(self) -> Sequence[LogWitness]:
        """Return all witnesses by name."""
        with self._database.reading() as session:
            rows = session.scalars(select(WitnessRow).order_by(WitnessRow.name))
            return [LogWitness(row.name, row.key, row.url) for row in rows]

    def keep(self, cosigned: Cosigned) -> None:
        """Keep a checkpoint that a witness cosigned; a later one of the same size replaces it."""
        values = {"at": cosigned.at, "note": cosigned.note}
        with self._database.writing() as session:
            statement = upsert(session, CosignatureRow).values(
                witness=cosigned.witness, size=cosigned.size, **values
            )
            session.execute(
                statement.on_conflict_do_update(index_elements=["witness", "size"], set_=values)
            )

    def last_size(self, witness: str) -> int:
        """Return the size that a witness cosigned last, 0 for none."""
        query = select(func.max(CosignatureRow.size)).where(CosignatureRow.witness == witness)
        with self._database.reading() as session:
            return session.scalar(query) or 0

    def cosigned(self) -> Sequence[Cosigned]:
        """Return all that was cosigned, smallest first."""
        query = select(CosignatureRow).order_by(CosignatureRow.size, CosignatureRow.witness)
        with self._database.reading() as session:
            return [
                Cosigned(row.witness, row.size, row.at, row.note) for row in session.scalars(query)
            ]
