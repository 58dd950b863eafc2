"""Draws a composed face onto a PDF page. Everything has its place already: nothing is decided here.

The canvas is scaled to millimetres; y grows upwards, as PDF has it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path

from reportlab.lib.colors import HexColor, white
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from issuance.faces.compose import ComposedCard, Placed, PlacedPhoto
from issuance.faces.fit import FittedText
from issuance.faces.fonts import Weight, font, shape
from issuance.faces.layout import MM_PER_POINT, Box, Pattern, Picture, Rectangle
from issuance.faces.patterns import draw_pattern, draw_ring
from issuance.faces.qr import Symbol

PROOF_TEXT = "BẢN THỬ"
TEST_TEXT = "THẺ THỬ NGHIỆM"
_SLACK_MM = 1e-6


@unique
class Side(StrEnum):
    """Which face."""

    FRONT = "front"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Ink:
    """What is printed.

    Args:
        images: folder of the installation's emblems and logos.
        ground: False leaves out what pre-printed blanks bear already.
        bleed: millimetres that the ground runs beyond the card.
    """

    images: Path | None = None
    ground: bool = True
    bleed: float = 0.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a face stands on a page.

    Args:
        x: of its left edge, millimetres from the page's left edge.
        y: of its lower edge, millimetres from the page's lower edge.
        turned: upside down.
    """

    x: float = 0.0
    y: float = 0.0
    turned: bool = False


def scale_to_millimetres(canvas: Canvas) -> None:
    """Let a page's units be millimetres; once a page."""
    canvas.scale(1 / MM_PER_POINT, 1 / MM_PER_POINT)


def draw_face(canvas: Canvas, card: ComposedCard, side: Side, place: Place, ink: Ink) -> None:
    """Draw one face at a place of a page that is scaled to millimetres."""
    layout = card.layout
    canvas.saveState()
    canvas.translate(place.x, place.y)
    if place.turned:
        canvas.translate(layout.width, layout.height)
        canvas.rotate(180)
    _clip(canvas, layout.width, layout.height, ink.bleed)
    parts = card.front if side is Side.FRONT else card.back
    if ink.ground:
        _draw_ground(canvas, card, side, parts, ink)
    for part in parts:
        _draw_personal(canvas, part, layout.height)
    if card.proof or card.test:
        text = PROOF_TEXT if card.proof else TEST_TEXT
        _draw_watermark(canvas, text, layout.width, layout.height)
    canvas.restoreState()


def _clip(canvas: Canvas, width: float, height: float, bleed: float) -> None:
    path = canvas.beginPath()
    path.rect(-bleed, -bleed, width + 2 * bleed, height + 2 * bleed)
    canvas.clipPath(path, stroke=0, fill=0)


def _draw_ground(
    canvas: Canvas, card: ComposedCard, side: Side, parts: Sequence[Placed], ink: Ink
) -> None:
    """Draw what all cards of a layout share; it stands in a document once (ISO 32000-1 8.10)."""
    layout, bleed = card.layout, ink.bleed
    name = f"ground-{layout.card_type.value}-{side.value}"
    if not canvas.hasForm(name):
        box = (-bleed, -bleed, layout.width + bleed, layout.height + bleed)
        canvas.beginForm(name, *box)
        for part in parts:
            match part:
                case Rectangle():
                    _draw_rectangle(canvas, part, layout.width, layout.height, bleed)
                case Pattern():
                    _at(canvas, part.box, layout.height, part.colour)
                    draw_pattern(canvas, part.name, part.box.width, part.box.height)
                    canvas.restoreState()
                case Picture():
                    _draw_picture(canvas, part, layout.height, ink.images)
                case FittedText() if part.element.ground:
                    _draw_text(canvas, part, layout.height)
        canvas.endForm()
    canvas.doForm(name)


def _draw_personal(canvas: Canvas, part: Placed, height: float) -> None:
    match part:
        case PlacedPhoto():
            _draw_photo(canvas, part, height)
        case Symbol():
            _draw_symbol(canvas, part, height)
        case FittedText() if not part.element.ground:
            _draw_text(canvas, part, height)


def _at(canvas: Canvas, box: Box, height: float, colour: str) -> None:
    """Begin drawing from a box's lower left corner; the caller restores the state."""
    canvas.saveState()
    canvas.translate(box.x, height - box.bottom)
    canvas.setFillColor(HexColor(colour))
    canvas.setStrokeColor(HexColor(colour))


def _draw_rectangle(
    canvas: Canvas, part: Rectangle, width: float, height: float, bleed: float
) -> None:
    box = part.box
    left = box.x - (bleed if box.x < _SLACK_MM else 0)
    right = box.right + (bleed if box.right > width - _SLACK_MM else 0)
    top = box.y - (bleed if box.y < _SLACK_MM else 0)
    bottom = box.bottom + (bleed if box.bottom > height - _SLACK_MM else 0)
    canvas.setFillColor(HexColor(part.colour))
    shape_ = (left, height - bottom, right - left, bottom - top)
    if part.corner:
        canvas.roundRect(*shape_, part.corner, stroke=0, fill=1)
    else:
        canvas.rect(*shape_, stroke=0, fill=1)


def _draw_picture(canvas: Canvas, part: Picture, height: float, images: Path | None) -> None:
    _at(canvas, part.box, height, part.colour)
    file = None if part.file is None or images is None else images / part.file
    if file is not None and file.exists():
        reader = ImageReader(io.BytesIO(file.read_bytes()))
        box = (0, 0, part.box.width, part.box.height)
        canvas.drawImage(reader, *box, mask="auto", preserveAspectRatio=True)
    else:
        draw_ring(canvas, part.box.width, part.box.height)
    canvas.restoreState()


def _draw_photo(canvas: Canvas, part: PlacedPhoto, height: float) -> None:
    box = part.element.box
    _at(canvas, box, height, part.element.frame)
    if part.jpeg is None:
        canvas.setFillColor(white)
        canvas.setLineWidth(0.2)
        canvas.rect(0.1, 0.1, box.width - 0.2, box.height - 0.2, stroke=1, fill=1)
        _draw_nobody(canvas, box)
    else:
        canvas.drawImage(ImageReader(io.BytesIO(part.jpeg)), 0, 0, box.width, box.height)
    canvas.restoreState()


def _draw_nobody(canvas: Canvas, box: Box) -> None:
    """Draw head and shoulders of nobody, where a proof has no portrait."""
    canvas.setFillColor(HexColor("#C9CED2"))
    path = canvas.beginPath()
    path.rect(0.2, 0.2, box.width - 0.4, box.height - 0.4)
    canvas.clipPath(path, stroke=0, fill=0)
    middle, radius = box.width / 2, box.width * 0.22
    canvas.circle(middle, box.height * 0.62, radius, stroke=0, fill=1)
    canvas.ellipse(
        middle - 2 * radius, -box.height * 0.3, middle + 2 * radius, box.height * 0.4, 0, 1
    )


def _draw_symbol(canvas: Canvas, part: Symbol, height: float) -> None:
    box, quiet, module = part.element.box, part.element.quiet, part.module
    _at(canvas, box, height, "#000000")
    canvas.setFillColor(white)
    side = box.width + 2 * quiet
    canvas.rect(-quiet, -quiet, side, side, stroke=0, fill=1)
    canvas.setFillColor(HexColor("#000000"))
    path = canvas.beginPath()
    for row, modules in enumerate(part.rows):
        y = box.height - (row + 1) * module
        start = None
        for column, dark in enumerate((*modules, False)):
            # one rectangle for a run: no hairlines between modules
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                path.rect(start * module, y, (column - start) * module, module)
                start = None
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.restoreState()


def _draw_text(canvas: Canvas, part: FittedText, height: float) -> None:
    em = part.size * MM_PER_POINT
    canvas.setFillColor(HexColor(part.element.colour))
    canvas.setFont(font(part.element.weight).name, em)
    for line in part.lines:
        y = height - line.baseline
        canvas.drawString(line.x, y, line.text)
        for mark in line.marks:
            canvas.drawString(line.x + mark.x * em, y + mark.y * em, mark.character)


def _draw_watermark(canvas: Canvas, text: str, width: float, height: float) -> None:
    canvas.saveState()
    canvas.setFillColor(HexColor("#B00020"))
    canvas.setFillAlpha(0.38)
    measured = shape(Weight.BOLD, text)
    em = width * 0.72 / measured.advance
    canvas.translate(width / 2, height / 2)
    canvas.rotate(25)
    canvas.setFont(font(Weight.BOLD).name, em)
    canvas.drawCentredString(0, -em * 0.36, text)
    canvas.restoreState()
