"""The daily reconciliation: a count, its differences, and the day that nobody changes any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NoReturn

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.clock import VIETNAM_TIME, require_utc
from cardsvc.errors import IssuanceError, ReasonCode, StoreError
from cardsvc.stock_records import (
    USABLE,
    Blank,
    BlankState,
    DayLine,
    DifferenceKind,
    Flow,
    MovementKind,
    StockCount,
    StockDay,
)
from issuance.ports import IssuanceStore, IssuanceTransaction
from issuance.stock.booking import serials_digest

_COLUMNS = (
    "received", "brought", "found", "restored",
    "sent", "used", "spoiled", "destroyed", "returned", "lost",
)  # fmt: skip
_GONE = {
    BlankState.USED: "used",
    BlankState.SPOILED: "spoiled",
    BlankState.DESTROYED: "destroyed",
    BlankState.RETURNED: "returned",
    BlankState.LOST: "lost",
}


class UnexplainedDifferences(IssuanceError):
    """Count and books differ; each serial needs a movement that says what became of it."""

    def __init__(self, differences: Mapping[str, DifferenceKind]) -> None:
        shown = ", ".join(f"{serial} {kind.value}" for serial, kind in sorted(differences.items()))
        super().__init__(ReasonCode.STOCK_DIFFERENCES, shown)
        self.differences = differences


@dataclass(frozen=True, slots=True)
class Position:
    """How a keeper's books stand, for a screen beside the safe."""

    lines: tuple[DayLine, ...]
    blanks: tuple[Blank, ...]


def count_stock(
    store: IssuanceStore,
    keeper: str,
    serials: Collection[str],
    *,
    count_id: str,
    operator: str,
    at: datetime,
) -> StockCount:
    """Keep what was counted in a keeper's safe: everything there, spoiled cards included.

    Args:
        store: the records.
        keeper: whose safe.
        serials: what lay there.
        count_id: a fresh identifier.
        operator: who counted.
        at: now.

    Returns:
        The count with its differences from the books, by serial.

    Raises:
        IssuanceError: no such keeper (STOCK_KEEPER_UNKNOWN); the day is closed
            (STOCK_DAY_CLOSED).
    """
    at = require_utc(at)
    day = at.astimezone(VIETNAM_TIME).date()
    with store.transaction() as unit:
        closed = unit.stock.last_closed(keeper, closing=True)
        if closed is not None and closed >= day:
            raise IssuanceError(ReasonCode.STOCK_DAY_CLOSED, f"{closed.isoformat()} is closed")
        counted = frozenset(serials)
        count = StockCount(
            id=count_id,
            keeper=keeper,
            day=day,
            at=at,
            operator=operator,
            counted=len(counted),
            serials_sha256=serials_digest(counted),
            differences=_differences(unit.stock.present(keeper), counted),
        )
        unit.stock.add_count(count)
        facts: AuditFacts = {
            "keeper": keeper,
            "counted": count.counted,
            **_numbers(count.differences.values()),
        }
        unit.record(AuditEvent(at, operator, AuditAction.STOCK_COUNTED, count_id, facts))
    return count


def close_day(store: IssuanceStore, keeper: str, *, operator: str, at: datetime) -> StockDay:
    """Close a keeper's day on its newest count; what is booked later counts on the next day.

    Raises:
        UnexplainedDifferences: a difference of the count has no movement yet.
        IssuanceError: nobody counted today, or something moved since (STOCK_NOT_COUNTED); the
            day is closed (STOCK_DAY_CLOSED); no such keeper (STOCK_KEEPER_UNKNOWN).
        StoreError: the books don't balance (RECORD_CORRUPT): somebody wrote past the ledger.
    """
    at = require_utc(at)
    today = at.astimezone(VIETNAM_TIME).date()
    with store.transaction() as unit:
        closed = unit.stock.last_closed(keeper, closing=True)
        if closed is not None and closed >= today:
            raise IssuanceError(ReasonCode.STOCK_DAY_CLOSED, f"{closed.isoformat()} is closed")
        count = unit.stock.latest_count(keeper)
        if count is None or count.day != today:
            _not_counted("the safe was not counted today")
        blanks = unit.stock.present(keeper)
        _require_explained(count, blanks)
        lines = _lines(unit, keeper, blanks, at)
        day = StockDay(keeper, today, at, operator, count.id, lines)
        unit.stock.add_day(day)
        facts: AuditFacts = {
            "day": today.isoformat(),
            "count": count.id,
            "closing": sum(line.closing for line in lines),
            **_numbers(count.differences.values()),
        }
        unit.record(AuditEvent(at, operator, AuditAction.STOCK_DAY_CLOSED, keeper, facts))
    return day


def position(store: IssuanceStore, keeper: str, at: datetime) -> Position:
    """Return a keeper's balance since the last closed day, and what should lie in the safe.

    Raises:
        IssuanceError: no such keeper (STOCK_KEEPER_UNKNOWN).
    """
    with store.transaction() as unit:
        unit.stock.last_closed(keeper)
        blanks = unit.stock.present(keeper)
        return Position(_lines(unit, keeper, blanks, require_utc(at)), tuple(blanks))


def _numbers(kinds: Iterable[DifferenceKind]) -> dict[str, int]:
    found = Counter(kinds)
    return {kind.value: found[kind] for kind in DifferenceKind}


def _differences(blanks: Sequence[Blank], counted: Collection[str]) -> dict[str, DifferenceKind]:
    booked = {blank.serial for blank in blanks}
    missing = dict.fromkeys(sorted(booked.difference(counted)), DifferenceKind.MISSING)
    surplus = dict.fromkeys(sorted(set(counted) - booked), DifferenceKind.SURPLUS)
    return missing | surplus


def _require_explained(count: StockCount, blanks: Sequence[Blank]) -> None:
    """A missing serial must have left the books, a surplus one entered them."""
    booked = {blank.serial for blank in blanks}
    still = {
        serial: kind
        for serial, kind in count.differences.items()
        if (kind is DifferenceKind.MISSING) == (serial in booked)
    }
    if still:
        raise UnexplainedDifferences(still)
    if serials_digest(booked) != count.serials_sha256:
        _not_counted("blanks moved since the count: count again")


def _not_counted(why: str) -> NoReturn:
    raise IssuanceError(ReasonCode.STOCK_NOT_COUNTED, why)


def _lines(
    unit: IssuanceTransaction, keeper: str, blanks: Sequence[Blank], at: datetime
) -> tuple[DayLine, ...]:
    closed = unit.stock.last_closed(keeper)
    today = at.astimezone(VIETNAM_TIME).date()
    until = today if closed is None else max(today, closed + timedelta(days=1))
    before = () if closed is None else unit.stock.closed_lines(keeper, closed)
    lines = day_lines(keeper, before, unit.stock.flows(keeper, closed, until), blanks)
    if not all(line.balances for line in lines):
        raise StoreError(ReasonCode.RECORD_CORRUPT, "the stock's books do not balance")
    return lines


def day_lines(
    keeper: str, before: Iterable[DayLine], flows: Iterable[Flow], blanks: Iterable[Blank]
) -> tuple[DayLine, ...]:
    """Return a keeper's balance by product: what was, what came and went, what is."""
    opening = {line.product: line.closing for line in before}
    moved: Counter[tuple[str, str]] = Counter()
    for flow in flows:
        column = _column(keeper, flow)
        if column is not None:
            moved[flow.product, column] += flow.quantity
    usable: Counter[str] = Counter()
    spoiled: Counter[str] = Counter()
    for blank in blanks:
        (usable if blank.state in USABLE else spoiled)[blank.product] += 1
    products = {*opening, *usable, *spoiled, *(product for product, _ in moved)}
    return tuple(
        DayLine(
            product=product,
            opening=opening.get(product, 0),
            closing=usable[product],
            spoiled_kept=spoiled[product],
            **{column: moved[product, column] for column in _COLUMNS},
        )
        for product in sorted(products)
    )


def _column(keeper: str, flow: Flow) -> str | None:
    """Return where a flow stands in the balance; None where it changes nothing usable."""
    was = flow.from_keeper == keeper and flow.from_state in USABLE
    now = flow.to_keeper == keeper and flow.to_state in USABLE
    if was is now:
        return None
    if was:
        return "sent" if flow.to_keeper != keeper else _GONE[flow.to_state]
    came = {
        MovementKind.RECEIVE: "received",
        MovementKind.ISSUE: "brought",
        MovementKind.FIND: "found",
    }
    return came.get(flow.kind, "restored")
