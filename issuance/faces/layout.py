"""What stands where on a card: a layout is data, one TOML file per card type.

All measures are millimetres from the card's upper left corner, x to the right and y down; font
sizes are points. ``layout_file`` reads them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import TypeAlias

from cardsvc.terms import CardType
from issuance.faces.fonts import Weight

MM_PER_POINT = 25.4 / 72
"""PDF's unit (ISO 32000-1 section 8.3.2.3)."""


@unique
class Align(StrEnum):
    """Where a line stands in its box."""

    LEFT = "left"
    CENTRE = "centre"
    RIGHT = "right"


@unique
class PatternName(StrEnum):
    """Vector art that a layout may use."""

    DRUM = "drum"
    WAVES = "waves"
    CHIP = "chip"


@unique
class QrProfile(StrEnum):
    """What a QR code says."""

    DECISION_838 = "decision_838"
    CLAIM_169 = "claim_169"


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in millimetres; ``x``, ``y`` is its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A filled rectangle of the ground; where it reaches the card's edge it fills the bleed."""

    box: Box
    colour: str
    corner: float = 0.0


@dataclass(frozen=True, slots=True)
class Pattern:
    """Vector art of the ground."""

    name: PatternName
    box: Box
    colour: str


@dataclass(frozen=True, slots=True)
class Picture:
    """An emblem or logo of the ground: a file of the installation's, or a neutral ring."""

    box: Box
    colour: str
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Photo:
    """The holder's portrait, cut to the box's proportions."""

    box: Box
    frame: str


@dataclass(frozen=True, slots=True)
class Text:
    """A text in a box that it never leaves.

    Args:
        name: for messages.
        box: all ink stays in it.
        text: with fields in braces, ``Số: {card_number}``.
        colour: its colour.
        weight: of the letters.
        size: in points, where it fits.
        min_size: what it may shrink to.
        lines: at most; it is broken at spaces only.
        align: in the box.
        leading: from line to line, in em.
        upper: in capitals.
        optional: left out where one of its fields is empty.
        ground: printed on blanks beforehand.
    """

    name: str
    box: Box
    text: str
    colour: str
    weight: Weight
    size: float
    min_size: float
    lines: int = 1
    align: Align = Align.LEFT
    leading: float = 1.25
    upper: bool = False
    optional: bool = False
    ground: bool = False


@dataclass(frozen=True, slots=True)
class Qr:
    """A QR code on a white field of its own.

    Args:
        box: the symbol without its quiet zone; square.
        profile: what it says.
        quiet: width of the white field around it; 4 modules (ISO/IEC 18004 section 5.3.8).
        min_version: lowest version, so that the quiet zone stays as planned.
    """

    box: Box
    profile: QrProfile
    quiet: float
    min_version: int = 1


Element: TypeAlias = Rectangle | Pattern | Picture | Photo | Text | Qr


@dataclass(frozen=True, slots=True)
class DecisionQr:
    """The text form of Decision 838/QĐ-BNV.

    Args:
        fields: in order; the first is ``random_number``.
        shorten: fields that may be abbreviated, then cut, then left out, in this order; empty
            to refuse.
        abbreviations: long form to short form.
    """

    fields: tuple[str, ...]
    shorten: tuple[str, ...]
    abbreviations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Layout:
    """Both faces of a card type.

    Args:
        card_type: the type.
        width: of the card, in millimetres.
        height: of the card.
        corner: radius of its corners (ISO/IEC 7810 section 5.2: 2.88 to 3.48 mm).
        front: drawn in this order.
        back: drawn in this order.
        decision_qr: how the decision's text is made, where a QR code has that profile.
    """

    card_type: CardType
    width: float
    height: float
    corner: float
    front: tuple[Element, ...]
    back: tuple[Element, ...]
    decision_qr: DecisionQr | None = None

    @property
    def elements(self) -> tuple[Element, ...]:
        """Both faces' elements."""
        return self.front + self.back
