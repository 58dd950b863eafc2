"""Which process does the regular work, and how each step went. Over SQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from cardsvc.housekeeping_records import Lease, StepRecord
from cardsvc.store.engine import Database
from cardsvc.store.schema import (
    HOUSEKEEPING_LEASE_ID,
    HousekeepingLeaseRow,
    HousekeepingStepRow,
)
from cardsvc.store.upsert import upsert

CLOCK_SKEW = timedelta(minutes=5)


class SqlHousekeepingStore:
    """Implements ``web.housekeeping.ports.HousekeepingStore``.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def take_lease(self, holder: str, at: datetime, until: datetime) -> bool:
        """Take the lease or prolong it; False while another process has it.

        Args:
            holder: who asks.
            at: now; a lease that ended before may be taken by anybody.
            until: when it ends by itself.
        """
        row = HousekeepingLeaseRow
        with self._database.writing() as session:
            statement = (
                upsert(session, row)
                .values(id=HOUSEKEEPING_LEASE_ID, holder=holder, until=until)
                .on_conflict_do_update(
                    index_elements=["id"],
                    set_={"holder": holder, "until": until},
                    where=or_(
                        row.holder == holder,
                        row.until <= at,
                        # nobody holds it so long: a clock was set back
                        row.until > until + CLOCK_SKEW,
                    ),
                )
                .returning(row.id)
            )
            return session.scalar(statement) is not None

    def give_back(self, holder: str, at: datetime) -> None:
        """End one's lease; nothing happens where another process has it."""
        with self._database.writing() as session:
            row = HousekeepingLeaseRow
            session.execute(update(row).where(row.holder == holder).values(until=at))

    def lease(self) -> Lease | None:
        """Return who had the lease last, or None."""
        with self._database.reading() as session:
            row = session.get(HousekeepingLeaseRow, HOUSEKEEPING_LEASE_ID)
            return None if row is None else Lease(row.holder, row.until)

    def note(self, record: StepRecord) -> None:
        """Keep how a step went in the place of the run before."""
        values = asdict(record)
        with self._database.writing() as session:
            statement = upsert(session, HousekeepingStepRow).values(values)
            session.execute(statement.on_conflict_do_update(index_elements=["step"], set_=values))

    def records(self) -> Sequence[StepRecord]:
        """Return the last run of each step that ever ran."""
        with self._database.reading() as session:
            rows = session.scalars(select(HousekeepingStepRow).order_by(HousekeepingStepRow.step))
            return [
                StepRecord(row.step, row.ran_at, row.succeeded_at, row.done, row.failure)
                for row in rows
            ]
