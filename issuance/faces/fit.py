"""Fits text into its box: shrinks it, breaks it at spaces, or refuses it; it never runs over."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cardsvc.errors import IssuanceError, ReasonCode
from issuance.faces.fonts import CAP_HEIGHT, Mark, Shaped, shape
from issuance.faces.layout import MM_PER_POINT, Align, Text

_STEP_POINTS = 0.25
_BEFORE_BREAKING = 0.85
"""A text is rather set this much smaller than on one line more."""
_HEADING_LINES = 3
"""A box for more lines holds running text, which is broken wherever a line is full."""
_LINE_GAP = 0.06
"""Between the ink of two lines, at least, in em."""


@dataclass(frozen=True, slots=True)
class FittedLine:
    """A line in its place.

    Args:
        text: without ``marks``.
        marks: drawn one by one, in em from the line's pen.
        x: where the pen begins, in millimetres from the card's left edge.
        baseline: in millimetres from the card's upper edge.
    """

    text: str
    marks: tuple[Mark, ...]
    x: float
    baseline: float


@dataclass(frozen=True, slots=True)
class FittedText:
    """A text in its place, of one size in points."""

    element: Text
    size: float
    lines: tuple[FittedLine, ...]


def fit_text(element: Text, text: str) -> FittedText:
    """Return a text in its box, as large as it may be.

    Args:
        element: the box and its rules.
        text: NFC, words parted by single spaces.

    Raises:
        IssuanceError: FACE_TEXT_TOO_LONG, it does not fit at the smallest size;
            FACE_LETTER_MISSING. Messages name the box, never what is in it.
    """
    words = unicodedata.normalize("NFC", text.upper() if element.upper else text).split()
    running = element.lines > _HEADING_LINES
    for count in (element.lines,) if running else range(1, element.lines + 1):
        last = count == element.lines
        floor = element.min_size if last else max(element.min_size, element.size * _BEFORE_BREAKING)
        for size in _sizes(element.size, floor):
            em = size * MM_PER_POINT
            lines = _wrap(element, words, element.box.width / em, count)
            if lines is not None and (placed := _place(element, lines, em)) is not None:
                return FittedText(element, size, placed)
    raise IssuanceError(
        ReasonCode.FACE_TEXT_TOO_LONG,
        f"{element.name}: does not fit at {element.min_size:g} points",
    )


def _sizes(largest: float, smallest: float) -> Iterator[float]:
    size = largest
    while size > smallest:
        yield size
        size -= _STEP_POINTS
    yield smallest


def _wrap(element: Text, words: Sequence[str], width: float, most: int) -> list[Shaped] | None:
    """Break into as few lines as do, then as even as they can be; None where none do."""
    lines = _greedy(element, words, width)
    if lines is None or len(lines) > most:
        return None
    # narrow the measure as long as the number of lines stays: no lonely last word
    for _ in range(len(words)):
        widest = max(_width(line) for line in lines)
        narrower = _greedy(element, words, widest - 1e-6)
        if narrower is None or len(narrower) > len(lines):
            return lines
        lines = narrower
    return lines


def _greedy(element: Text, words: Sequence[str], width: float) -> list[Shaped] | None:
    lines: list[Shaped] = []
    taken: list[str] = []
    for word in words:
        tried = shape(element.weight, " ".join([*taken, word]))
        if taken and _width(tried) > width:
            lines.append(shape(element.weight, " ".join(taken)))
            taken, tried = [], shape(element.weight, word)
        if _width(tried) > width:
            return None
        taken.append(word)
    if taken:
        lines.append(shape(element.weight, " ".join(taken)))
    return lines


def _width(line: Shaped) -> float:
    """Return what a line needs: its advance, and ink that juts out of it."""
    return max(line.advance, line.ink.right) - min(0.0, line.ink.left)


def _place(element: Text, lines: Sequence[Shaped], em: float) -> tuple[FittedLine, ...] | None:
    """Centre the capitals in the box, moved as little as keeps all ink inside; None if too high."""
    box = element.box
    drops = [0.0]
    for above, below in pairwise(lines):
        needed = below.ink.top - above.ink.bottom + _LINE_GAP
        drops.append(drops[-1] + max(element.leading, needed))
    if not lines:
        return ()
    first = box.y + (box.height - (CAP_HEIGHT + drops[-1]) * em) / 2 + CAP_HEIGHT * em
    highest = min(drop - line.ink.top for drop, line in zip(drops, lines, strict=True)) * em
    lowest = max(drop - line.ink.bottom for drop, line in zip(drops, lines, strict=True)) * em
    if lowest - highest > box.height:
        return None
    first = min(max(first, box.y - highest), box.bottom - lowest)
    return tuple(
        FittedLine(line.text, line.marks, _start(element, line, em), first + drop * em)
        for line, drop in zip(lines, drops, strict=True)
    )


def _start(element: Text, line: Shaped, em: float) -> float:
    box = element.box
    spare = box.width - line.advance * em
    share = {Align.LEFT: 0.0, Align.CENTRE: 0.5, Align.RIGHT: 1.0}[element.align]
    wanted = box.x + spare * share
    return min(max(wanted, box.x - line.ink.left * em), box.right - line.ink.right * em)
