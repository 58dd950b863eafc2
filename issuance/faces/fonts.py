"""The fonts of card faces, and how much ink each letter takes.

Be Vietnam Pro (SIL Open Font License 1.1, ``fonts/OFL.txt``) comes with the package: a card must
look alike wherever it is printed. Measures are in em: multiples of the font size.
"""

from __future__ import annotations

import struct
import unicodedata
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import cache, lru_cache
from importlib import resources

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from cardsvc.errors import IssuanceError, ReasonCode


@unique
class Weight(StrEnum):
    """How heavy the letters are; values are those of layout files."""

    REGULAR = "regular"
    SEMIBOLD = "semibold"
    BOLD = "bold"


_FILES = {
    Weight.REGULAR: "BeVietnamPro-Regular",
    Weight.SEMIBOLD: "BeVietnamPro-SemiBold",
    Weight.BOLD: "BeVietnamPro-Bold",
}
CAP_HEIGHT = 0.74
"""sCapHeight of the font's OS/2 table, in em: capitals without marks are centred by it."""
_MARK_GAP = 0.04
"""Between a letter and a mark that is put upon it, in em."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Where ink is, in em from the pen's place on the baseline; y grows upwards."""

    left: float
    bottom: float
    right: float
    top: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark that Unicode has no composed letter for, and where its pen stands."""

    character: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Shaped:
    """A line of text, measured.

    Args:
        text: its letters, without the marks below.
        marks: drawn one by one.
        advance: how far the pen moves.
        ink: what is covered.
    """

    text: str
    marks: tuple[Mark, ...]
    advance: float
    ink: Extent


class Font:
    """A weight of the font, registered for PDF under ``name``."""

    def __init__(self, weight: Weight) -> None:
        self.name = _FILES[weight]
        path = resources.files("issuance.faces").joinpath("fonts", f"{self.name}.ttf")
        with resources.as_file(path) as file:
            font = TTFont(self.name, str(file))
        pdfmetrics.registerFont(font)
        self._face = font.face
        self._em = int.from_bytes(self._face.get_table("head")[18:20], "big")
        self._glyphs: bytes = self._face.get_table("glyf")
        self._offsets = self._locations()
        self._extents: dict[str, Extent | None] = {}

    def covers(self, character: str) -> bool:
        """Tell whether the font has a letter."""
        return bool(self._face.charToGlyph.get(ord(character), 0))

    def shape(self, text: str) -> Shaped:
        """Measure a line of text, in NFC.

        Raises:
            IssuanceError: FACE_LETTER_MISSING, the font has no such letter.
        """
        pen, letters, marks = 0.0, "", []
        boxes: list[Extent] = []
        start = 0.0
        base: Extent | None = None
        for character in text:
            if not self.covers(character):
                raise IssuanceError(
                    ReasonCode.FACE_LETTER_MISSING, f"no letter U+{ord(character):04X} in the font"
                )
            own = self._extent(character)
            if base is not None and own is not None and unicodedata.combining(character):
                mark, base = _put_on(character, own, base, below=_is_below(character))
                marks.append(mark)
                boxes.append(base)
                continue
            start, pen = pen, pen + self._advance(character)
            letters += character
            base = None if own is None else _moved(own, start, 0)
            if base is not None:
                boxes.append(base)
        return Shaped(letters, tuple(marks), pen, _around(boxes))

    def _advance(self, character: str) -> float:
        # reportlab keeps widths in thousandths
        return float(self._face.getCharWidth(ord(character))) / 1000

    def _extent(self, character: str) -> Extent | None:
        if character not in self._extents:
            glyph = self._face.charToGlyph[ord(character)]
            start, end = self._offsets[glyph : glyph + 2]
            box = struct.unpack_from(">4h", self._glyphs, start + 2) if end > start else None
            self._extents[character] = Extent(*(one / self._em for one in box)) if box else None
        return self._extents[character]

    def _locations(self) -> tuple[int, ...]:
        """Return where each glyph begins (OpenType 1.9 ``loca``, ``head.indexToLocFormat``)."""
        table: bytes = self._face.get_table("loca")
        if int.from_bytes(self._face.get_table("head")[50:52], "big"):
            return struct.unpack(f">{len(table) // 4}L", table)
        return tuple(2 * one for one in struct.unpack(f">{len(table) // 2}H", table))


@cache
def font(weight: Weight) -> Font:
    """Return a weight of the font; read and registered once."""
    return Font(weight)


@lru_cache(maxsize=4096)
def shape(weight: Weight, text: str) -> Shaped:
    """Measure a line of text; see ``Font.shape``."""
    return font(weight).shape(text)


def _put_on(character: str, own: Extent, base: Extent, *, below: bool) -> tuple[Mark, Extent]:
    """Centre a mark over or under what stands there, clear of it."""
    x = (base.left + base.right - own.left - own.right) / 2
    if below:
        y = min(0.0, base.bottom - _MARK_GAP - own.top)
    else:
        y = max(0.0, base.top + _MARK_GAP - own.bottom)
    placed = _moved(own, x, y)
    return Mark(character, x, y), _around([base, placed])


def _is_below(character: str) -> bool:
    """Tell by the combining class: 202 attached below, 220 below (Unicode, UAX #44 table 15)."""
    return unicodedata.combining(character) in {202, 220}


def _moved(box: Extent, x: float, y: float) -> Extent:
    return Extent(box.left + x, box.bottom + y, box.right + x, box.top + y)


def _around(boxes: list[Extent]) -> Extent:
    if not boxes:
        return Extent(0, 0, 0, 0)
    return Extent(
        min(one.left for one in boxes),
        min(one.bottom for one in boxes),
        max(one.right for one in boxes),
        max(one.top for one in boxes),
    )
