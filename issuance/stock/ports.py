"""What the stock of blanks needs of the store: an append-only ledger, and its closed days."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from cardsvc.card.guid import CardGuid
from cardsvc.stock_records import (
    Blank,
    DayLine,
    Entry,
    Flow,
    Movement,
    StockCount,
    StockDay,
    StockKeeper,
)


class StockLedger(Protocol):
    """The books, inside one unit of work."""

    def put_keeper(self, keeper: StockKeeper) -> None:
        """Add a keeper, or give it another name or site."""
        ...

    def last_closed(self, keeper_id: str, *, closing: bool = False) -> date | None:
        """Return a keeper's last closed day; nobody closes another until this transaction ends.

        Args:
            keeper_id: the keeper.
            closing: let nobody book there, either.

        Raises:
            IssuanceError: no such keeper (STOCK_KEEPER_UNKNOWN).
        """
        ...

    def blanks(self, serials: Sequence[str]) -> Mapping[str, Blank]:
        """Return the blanks that there are, locked for this transaction."""
        ...

    def blank_of_card(self, guid: CardGuid) -> Blank | None:
        """Return the blank that a card is made of, else the last that was kept for it; locked."""
        ...

    def last_movement(self, serial: str) -> Movement:
        """Return what a blank did last.

        Raises:
            IssuanceError: it is in no book (BLANK_UNKNOWN).
        """
        ...

    def book(self, entries: Sequence[Entry]) -> None:
        """Append movements and set what they make of the blanks.

        Raises:
            IssuanceError: somebody moved one of them in between (CONCURRENT_CHANGE).
        """
        ...

    def present(self, keeper_id: str) -> Sequence[Blank]:
        """Return all that lies with a keeper by the books, by serial."""
        ...

    def flows(self, keeper_id: str, after: date | None, until: date) -> Sequence[Flow]:
        """Return what moved from or to a keeper on the days after ``after`` up to ``until``."""
        ...

    def closed_lines(self, keeper_id: str, day: date) -> Sequence[DayLine]:
        """Return the balance of a closed day; empty where there is none."""
        ...

    def add_count(self, count: StockCount) -> None:
        """Keep a count."""
        ...

    def latest_count(self, keeper_id: str) -> StockCount | None:
        """Return a keeper's newest count."""
        ...

    def add_day(self, day: StockDay) -> None:
        """Close a day for good.

        Raises:
            IssuanceError: it is closed already (CONCURRENT_CHANGE).
        """
        ...
