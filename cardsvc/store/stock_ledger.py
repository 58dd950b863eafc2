"""The books of card blanks, inside one unit of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.stock_records import (
    PRESENT,
    Blank,
    DayLine,
    Entry,
    Flow,
    Movement,
    MovementKind,
    StockCount,
    StockDay,
    StockKeeper,
)
from cardsvc.store.schema import (
    StockBlankRow,
    StockCountRow,
    StockDayLineRow,
    StockDayRow,
    StockDifferenceRow,
    StockKeeperRow,
    StockMovementRow,
)

_AT_ONCE = 500
"""Serials in one statement: SQLite binds 32,766 variables at most."""
_KEEPS = (MovementKind.RESERVE, MovementKind.REASSIGN, MovementKind.SPOIL)


class SqlStockLedger:
    """Implements ``issuance.stock.ports.StockLedger`` on one session."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put_keeper(self, keeper: StockKeeper) -> None:
        """Add a keeper, or give it another name or site."""
        self._session.merge(StockKeeperRow(id=keeper.id, name=keeper.name, site=keeper.site))
        self._session.flush()

    def last_closed(self, keeper_id: str, *, closing: bool = False) -> date | None:
        """Return a keeper's last closed day, locked against closing (or against booking, too).

        Raises:
            IssuanceError: no such keeper (STOCK_KEEPER_UNKNOWN).
        """
        known = select(StockKeeperRow.id).where(StockKeeperRow.id == keeper_id)
        if self._session.scalar(known.with_for_update(read=not closing)) is None:
            raise IssuanceError(ReasonCode.STOCK_KEEPER_UNKNOWN, f"no stock keeper {keeper_id}")
        return self._session.scalar(
            select(func.max(StockDayRow.day)).where(StockDayRow.keeper == keeper_id)
        )

    def blanks(self, serials: Sequence[str]) -> Mapping[str, Blank]:
        """Return the blanks that there are, locked for this transaction."""
        found: dict[str, Blank] = {}
        for part in _parts(sorted(set(serials))):  # in one order, since each is locked
            query = (
                select(StockBlankRow)
                .where(StockBlankRow.serial.in_(part))
                .order_by(StockBlankRow.serial)
                .with_for_update()
                .execution_options(populate_existing=True)
            )
            found |= {row.serial: read_blank(row) for row in self._session.scalars(query)}
        return found

    def blank_of_card(self, guid: CardGuid) -> Blank | None:
        """Return the blank that a card is made of, else the last that was kept for it; locked."""
        serial = self._session.scalar(
            select(StockBlankRow.serial).where(StockBlankRow.card == guid)
        ) or self._session.scalar(
            select(StockMovementRow.serial)
            .where(StockMovementRow.card == guid, StockMovementRow.kind.in_(_KEEPS))
            .order_by(StockMovementRow.seq.desc())
            .limit(1)
        )
        return None if serial is None else self.blanks([serial]).get(serial)

    def last_movement(self, serial: str) -> Movement:
        """Return what a blank did last.

        Raises:
            IssuanceError: it is in no book (BLANK_UNKNOWN).
        """
        query = (
            select(StockMovementRow)
            .where(StockMovementRow.serial == serial)
            .order_by(StockMovementRow.ordinal.desc())
            .limit(1)
        )
        row = self._session.scalar(query)
        if row is None:
            raise IssuanceError(ReasonCode.BLANK_UNKNOWN, f"blank {serial} is in no book")
        return read_movement(row)

    def book(self, entries: Sequence[Entry]) -> None:
        """Append movements and set what they make of the blanks.

        Raises:
            IssuanceError: somebody moved one of them in between (CONCURRENT_CHANGE).
        """
        if not entries:
            return
        movements = []
        for entry in entries:
            values = {one.name: getattr(entry.movement, one.name) for one in fields(entry.movement)}
            first = entry.movement.ordinal == 1
            movements.append(values | {"previous": None if first else entry.movement.ordinal - 1})
        self._session.execute(insert(StockMovementRow), movements)
        new = [asdict(entry.blank) for entry in entries if entry.blank.moves == 1]
        if new:
            self._session.execute(insert(StockBlankRow), new)
        for entry in entries:
            if entry.blank.moves > 1:
                self._move(entry.blank)

    def _move(self, blank: Blank) -> None:
        moved = self._session.scalar(
            update(StockBlankRow)
            .where(StockBlankRow.serial == blank.serial, StockBlankRow.moves == blank.moves - 1)
            .values(state=blank.state, keeper=blank.keeper, moves=blank.moves, card=blank.card)
            .returning(StockBlankRow.serial)
            .execution_options(synchronize_session=False)
        )
        if moved is None:
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "somebody moved the blank")

    def present(self, keeper_id: str) -> Sequence[Blank]:
        """Return all that lies with a keeper by the books, by serial."""
        query = (
            select(StockBlankRow)
            .where(StockBlankRow.keeper == keeper_id, StockBlankRow.state.in_(PRESENT))
            .order_by(StockBlankRow.serial)
            .execution_options(populate_existing=True)
        )
        return [read_blank(row) for row in self._session.scalars(query)]

    def flows(self, keeper_id: str, after: date | None, until: date) -> Sequence[Flow]:
        """Return what moved from or to a keeper on the days after ``after`` up to ``until``."""
        move = StockMovementRow

        def within(
            side: InstrumentedAttribute[Any], day: InstrumentedAttribute[Any]
        ) -> ColumnElement[bool]:
            since = [] if after is None else [day > after]
            return and_(side == keeper_id, day <= until, *since)

        columns = (
            StockBlankRow.product,
            move.kind,
            move.from_state,
            move.from_keeper,
            move.to_state,
            move.to_keeper,
        )
        # a blank that stays with its keeper has one day, so neither side is counted twice
        query = (
            select(*columns, func.count())
            .join(StockBlankRow, StockBlankRow.serial == move.serial)
            .where(
                or_(within(move.from_keeper, move.from_day), within(move.to_keeper, move.to_day))
            )
            .group_by(*columns)
        )
        return [Flow(*row) for row in self._session.execute(query)]

    def closed_lines(self, keeper_id: str, day: date) -> Sequence[DayLine]:
        """Return the balance of a closed day; empty where there is none."""
        return read_lines(self._session, keeper_id, day)

    def add_count(self, count: StockCount) -> None:
        """Keep a count."""
        self._session.add(
            StockCountRow(
                id=count.id,
                keeper=count.keeper,
                day=count.day,
                at=count.at,
                operator=count.operator,
                counted=count.counted,
                serials_sha256=count.serials_sha256,
            )
        )
        self._session.flush()
        self._session.add_all(
            StockDifferenceRow(count_id=count.id, serial=serial, kind=kind)
            for serial, kind in count.differences.items()
        )
        self._session.flush()

    def latest_count(self, keeper_id: str) -> StockCount | None:
        """Return a keeper's newest count."""
        query = (
            select(StockCountRow)
            .where(StockCountRow.keeper == keeper_id)
            .order_by(StockCountRow.at.desc(), StockCountRow.id)
            .limit(1)
        )
        row = self._session.scalar(query)
        return None if row is None else read_count(self._session, row)

    def add_day(self, day: StockDay) -> None:
        """Close a day for good.

        Raises:
            IssuanceError: it is closed already (CONCURRENT_CHANGE).
        """
        if self._session.get(StockDayRow, (day.keeper, day.day)) is not None:
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "the day is closed already")
        self._session.add(
            StockDayRow(
                keeper=day.keeper,
                day=day.day,
                at=day.at,
                operator=day.operator,
                count_id=day.count_id,
            )
        )
        self._session.flush()
        self._session.add_all(
            StockDayLineRow(keeper=day.keeper, day=day.day, **asdict(line)) for line in day.lines
        )
        self._session.flush()


def read_movement(row: StockMovementRow) -> Movement:
    """Return the movement that a row is."""
    return Movement(**{one.name: getattr(row, one.name) for one in fields(Movement)})


def read_lines(session: Session, keeper_id: str, day: date) -> tuple[DayLine, ...]:
    """Return the balance of a closed day, by product."""
    query = (
        select(StockDayLineRow)
        .where(StockDayLineRow.keeper == keeper_id, StockDayLineRow.day == day)
        .order_by(StockDayLineRow.product)
    )
    names = [one.name for one in fields(DayLine)]
    return tuple(
        DayLine(**{name: getattr(row, name) for name in names}) for row in session.scalars(query)
    )


def read_count(session: Session, row: StockCountRow) -> StockCount:
    """Return a count with its differences."""
    query = select(StockDifferenceRow).where(StockDifferenceRow.count_id == row.id)
    return StockCount(
        id=row.id,
        keeper=row.keeper,
        day=row.day,
        at=row.at,
        operator=row.operator,
        counted=row.counted,
        serials_sha256=row.serials_sha256,
        differences={one.serial: one.kind for one in session.scalars(query)},
    )


def _parts(serials: Sequence[str]) -> Sequence[Sequence[str]]:
    return [serials[start : start + _AT_ONCE] for start in range(0, len(serials), _AT_ONCE)]


def read_blank(row: StockBlankRow) -> Blank:
    """Return the blank that a row is."""
    return Blank(row.serial, row.product, row.box, row.keeper, row.state, row.moves, row.card)
