"""Where cards stand on a sheet, so that fronts and backs lie upon each other."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum, unique
from importlib import resources
from pathlib import Path
from typing import TypeVar

from cardsvc.errors import Malformed, ReasonCode
from issuance.faces.draw import Place, Side

_Card = TypeVar("_Card")


@unique
class Flip(StrEnum):
    """Which way the paper is turned over between front and back."""

    LONG_EDGE = "long_edge"
    SHORT_EDGE = "short_edge"


@dataclass(frozen=True, slots=True)
class SheetPlan:
    """A sheet; millimetres.

    Args:
        width: of the paper, upright.
        height: of the paper.
        columns: cards across.
        rows: cards down.
        gap: between cards; room for two bleeds.
        bleed: of each card's ground.
        mark_length: of crop marks.
        mark_offset: from the cards' edge to crop marks.
        flip: how the printer turns the sheet.
    """

    width: float
    height: float
    columns: int
    rows: int
    gap: float
    bleed: float
    mark_length: float
    mark_offset: float
    flip: Flip

    @property
    def capacity(self) -> int:
        """Cards on a sheet."""
        return self.columns * self.rows

    def lefts(self, card_width: float) -> tuple[float, ...]:
        """Return the left edges of the columns; the block is centred, so it mirrors onto itself."""
        return _edges(self.width, card_width, self.columns, self.gap)

    def bottoms(self, card_height: float) -> tuple[float, ...]:
        """Return the lower edges of the rows, from below."""
        return _edges(self.height, card_height, self.rows, self.gap)

    def require_room(self, card_width: float, card_height: float) -> None:
        """Refuse a plan that does not hold its cards and their crop marks.

        Raises:
            Malformed: MALFORMED_LAYOUT.
        """
        marks = self.mark_offset + self.mark_length
        if min(self.lefts(card_width)[0], self.bottoms(card_height)[0]) < marks:
            raise Malformed(ReasonCode.MALFORMED_LAYOUT, "the sheet has no room for its cards")

    def place(self, index: int, side: Side, card_width: float, card_height: float) -> Place:
        """Return where a card stands: row by row from the upper left, as the front is seen.

        Args:
            index: of the card on its sheet, from 0.
            side: the back is mirrored about the edge that the sheet is turned over.
            card_width: its width.
            card_height: its height.
        """
        row, column = divmod(index, self.columns)
        x = self.lefts(card_width)[column]
        y = self.bottoms(card_height)[self.rows - 1 - row]
        if side is Side.FRONT:
            return Place(x, y)
        if self.flip is Flip.LONG_EDGE:
            return Place(self.width - x - card_width, y)
        return Place(x, self.height - y - card_height, turned=True)


def sheets(cards: Sequence[_Card], plan: SheetPlan) -> Iterator[Sequence[_Card]]:
    """Yield the cards of each sheet; the last may be short."""
    for start in range(0, len(cards), plan.capacity):
        yield cards[start : start + plan.capacity]


def parse_sheet_plan(text: str) -> SheetPlan:
    """Parse a sheet's plan (TOML 1.0).

    Raises:
        Malformed: MALFORMED_LAYOUT; not TOML, an unknown or missing entry, a number that no
            sheet has, or bleeds that meet.
    """
    try:
        data = tomllib.loads(text)
        if data.keys() != {one.name for one in fields(SheetPlan)}:
            raise Malformed(ReasonCode.MALFORMED_LAYOUT, "the sheet: unknown or missing entries")
        flip = Flip(data.pop("flip"))
        numbers = {name: _number(name, value) for name, value in data.items()}
    except (tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
        if isinstance(error, Malformed):
            raise
        raise Malformed(ReasonCode.MALFORMED_LAYOUT, "the sheet is not well formed") from error
    columns, rows = int(numbers.pop("columns")), int(numbers.pop("rows"))
    plan = SheetPlan(columns=columns, rows=rows, flip=flip, **numbers)
    if 2 * plan.bleed > plan.gap or plan.height < plan.width:
        raise Malformed(ReasonCode.MALFORMED_LAYOUT, "bleeds meet, or the sheet is not upright")
    return plan


def load_sheet_plan(folder: Path | None = None) -> SheetPlan:
    """Return the installation's ``sheet.toml``, or the shipped one.

    Raises:
        Malformed: MALFORMED_LAYOUT.
    """
    own = None if folder is None else folder / "sheet.toml"
    try:
        if own is not None and own.exists():
            return parse_sheet_plan(own.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Malformed(ReasonCode.MALFORMED_LAYOUT, f"{own}: not readable") from error
    shipped = resources.files("issuance.faces").joinpath("layouts", "sheet.toml")
    return parse_sheet_plan(shipped.read_text("utf-8"))


def _number(name: str, value: object) -> float:
    whole = name in {"columns", "rows"}
    most = 20 if whole else 2000
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        raise Malformed(ReasonCode.MALFORMED_LAYOUT, f"the sheet: {name} is no number")
    least = 1 if whole else 0
    if not least <= value <= most:
        raise Malformed(ReasonCode.MALFORMED_LAYOUT, f"the sheet: {name} is out of range")
    return float(value)


def _edges(paper: float, card: float, count: int, gap: float) -> tuple[float, ...]:
    margin = (paper - count * card - (count - 1) * gap) / 2
    return tuple(margin + step * (card + gap) for step in range(count))
