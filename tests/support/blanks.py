"""Short ways to blanks in stock, over whichever store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cardsvc.stock_records import Blank, StockKeeper
from issuance.ports import IssuanceStore
from issuance.stock.keeping import put_keeper, receive

STORE_ROOM, WITNESS, STOCK_KEEPER = "kho-tinh", "thanh-tra", "tam"


def serials(count: int, first: int = 1) -> tuple[str, ...]:
    return tuple(f"PHOI-{number:06}" for number in range(first, first + count))


def add_keeper(store: IssuanceStore, keeper: str, at: datetime) -> None:
    put_keeper(store, StockKeeper(keeper, "Nơi giữ", "tru-so"), operator=STOCK_KEEPER, at=at)


def stocked(
    store: IssuanceStore,
    keeper: str,
    named: Sequence[str],
    at: datetime,
    product: str = "PIV-80K",
) -> tuple[Blank, ...]:
    """Name a keeper and take blanks into its stock."""
    add_keeper(store, keeper, at)
    return receive(
        store,
        named,
        product=product,
        box="HOP-1",
        keeper=keeper,
        delivery_note="PN-1/2026",
        operator=STOCK_KEEPER,
        at=at,
    )
