"""Lists of blanks, movements, counts and closed days, for the people who work with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from cardsvc.stock_records import (
    Blank,
    BlankState,
    Movement,
    StockCount,
    StockDay,
    StockKeeper,
)
from cardsvc.store.engine import Database
from cardsvc.store.schema import (
    StockBlankRow,
    StockCountRow,
    StockDayRow,
    StockKeeperRow,
    StockMovementRow,
)
from cardsvc.store.stock_ledger import read_blank, read_count, read_lines, read_movement


@dataclass(frozen=True, slots=True)
class StockTotal:
    """How many blanks of a product and box are in one state with one keeper."""

    site: str
    keeper: str
    product: str
    box: str
    state: BlankState
    quantity: int


class SqlStockDirectory:
    """Lists what the stock of blanks keeps."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keepers(self) -> Sequence[StockKeeper]:
        """Return the keepers by site."""
        query = select(StockKeeperRow).order_by(StockKeeperRow.site, StockKeeperRow.id)
        with self._database.reading() as session:
            return [StockKeeper(row.id, row.name, row.site) for row in session.scalars(query)]

    def totals(self, keeper: str | None = None, site: str | None = None) -> Sequence[StockTotal]:
        """Return quantities by keeper, product, box and state."""
        blank = StockBlankRow
        columns = (StockKeeperRow.site, blank.keeper, blank.product, blank.box, blank.state)
        query = (
            select(*columns, func.count())
            .join(StockKeeperRow, StockKeeperRow.id == blank.keeper)
            .group_by(*columns)
            .order_by(*columns)
        )
        if keeper is not None:
            query = query.where(blank.keeper == keeper)
        if site is not None:
            query = query.where(StockKeeperRow.site == site)
        with self._database.reading() as session:
            return [StockTotal(*row) for row in session.execute(query)]

    def blanks(
        self,
        *,
        keeper: str | None = None,
        state: BlankState | None = None,
        box: str | None = None,
        after: str = "",
        limit: int = 100,
    ) -> Sequence[Blank]:
        """Return a page of blanks by serial, from the one behind ``after`` on."""
        query = select(StockBlankRow).where(StockBlankRow.serial > after)
        if keeper is not None:
            query = query.where(StockBlankRow.keeper == keeper)
        if state is not None:
            query = query.where(StockBlankRow.state == state)
        if box is not None:
            query = query.where(StockBlankRow.box == box)
        with self._database.reading() as session:
            rows = session.scalars(query.order_by(StockBlankRow.serial).limit(limit))
            return [read_blank(row) for row in rows]

    def movements(self, serial: str) -> Sequence[Movement]:
        """Return what became of a blank, oldest first."""
        query = (
            select(StockMovementRow)
            .where(StockMovementRow.serial == serial)
            .order_by(StockMovementRow.ordinal)
        )
        with self._database.reading() as session:
            return [read_movement(row) for row in session.scalars(query)]

    def days(self, keeper: str, limit: int = 31) -> Sequence[StockDay]:
        """Return a keeper's closed days, newest first."""
        query = (
            select(StockDayRow)
            .where(StockDayRow.keeper == keeper)
            .order_by(StockDayRow.day.desc())
            .limit(limit)
        )
        with self._database.reading() as session:
            return [
                StockDay(
                    row.keeper,
                    row.day,
                    row.at,
                    row.operator,
                    row.count_id,
                    read_lines(session, row.keeper, row.day),
                )
                for row in session.scalars(query).all()
            ]

    def counts(self, keeper: str, limit: int = 31) -> Sequence[StockCount]:
        """Return a keeper's counts with their differences, newest first."""
        query = (
            select(StockCountRow)
            .where(StockCountRow.keeper == keeper)
            .order_by(StockCountRow.at.desc(), StockCountRow.id)
            .limit(limit)
        )
        with self._database.reading() as session:
            return [read_count(session, row) for row in session.scalars(query).all()]
