"""The books of card blanks in memory: the real protocol."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

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

_KEEPS = (MovementKind.RESERVE, MovementKind.REASSIGN, MovementKind.SPOIL)


class MemoryStock:
    """Implements ``issuance.stock.ports.StockLedger``."""

    def __init__(self) -> None:
        self.keepers: dict[str, StockKeeper] = {}
        self.shelf: dict[str, Blank] = {}
        self.movements: list[Movement] = []
        self.counts: list[StockCount] = []
        self.days: list[StockDay] = []

    def copy(self) -> MemoryStock:
        twin = MemoryStock()
        for name, value in vars(self).items():
            setattr(twin, name, copy.copy(value))
        return twin

    def put_keeper(self, keeper: StockKeeper) -> None:
        self.keepers[keeper.id] = keeper

    def last_closed(self, keeper_id: str, *, closing: bool = False) -> date | None:
        if keeper_id not in self.keepers:
            raise IssuanceError(ReasonCode.STOCK_KEEPER_UNKNOWN, "no such keeper")
        return max((day.day for day in self.days if day.keeper == keeper_id), default=None)

    def blanks(self, serials: Sequence[str]) -> Mapping[str, Blank]:
        return {serial: self.shelf[serial] for serial in serials if serial in self.shelf}

    def blank_of_card(self, guid: CardGuid) -> Blank | None:
        for blank in self.shelf.values():
            if blank.card == guid:
                return blank
        kept = [one for one in self.movements if one.card == guid and one.kind in _KEEPS]
        return self.shelf[kept[-1].serial] if kept else None

    def last_movement(self, serial: str) -> Movement:
        own = [one for one in self.movements if one.serial == serial]
        if not own:
            raise IssuanceError(ReasonCode.BLANK_UNKNOWN, "in no book")
        return own[-1]

    def book(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            known = self.shelf.get(entry.blank.serial)
            if (known.moves if known else 0) != entry.blank.moves - 1:
                raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "somebody moved the blank")
            self.shelf[entry.blank.serial] = entry.blank
            self.movements.append(entry.movement)

    def present(self, keeper_id: str) -> Sequence[Blank]:
        there = [one for one in self.shelf.values() if one.keeper == keeper_id]
        return sorted((one for one in there if one.state in PRESENT), key=lambda one: one.serial)

    def flows(self, keeper_id: str, after: date | None, until: date) -> Sequence[Flow]:
        def within(keeper: str | None, day: date | None) -> bool:
            in_time = day is not None and (after is None or day > after) and day <= until
            return keeper == keeper_id and in_time

        found: Counter[tuple[object, ...]] = Counter()
        for one in self.movements:
            if within(one.from_keeper, one.from_day) or within(one.to_keeper, one.to_day):
                way = (one.from_state, one.from_keeper, one.to_state, one.to_keeper)
                found[self.shelf[one.serial].product, one.kind, *way] += 1
        return [Flow(*way, quantity) for way, quantity in found.items()]  # type: ignore[arg-type]

    def closed_lines(self, keeper_id: str, day: date) -> Sequence[DayLine]:
        closed = [one for one in self.days if (one.keeper, one.day) == (keeper_id, day)]
        return closed[0].lines if closed else ()

    def add_count(self, count: StockCount) -> None:
        self.counts.append(count)

    def latest_count(self, keeper_id: str) -> StockCount | None:
        counts = [count for count in self.counts if count.keeper == keeper_id]
        return max(counts, key=lambda count: count.at, default=None)

    def add_day(self, day: StockDay) -> None:
        if any((one.keeper, one.day) == (day.keeper, day.day) for one in self.days):
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "the day is closed already")
        self.days.append(day)
