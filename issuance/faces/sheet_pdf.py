"""Batches of cards on sheets, fronts and backs by turns, with crop marks."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from reportlab.pdfgen.canvas import Canvas

from issuance.faces.card_pdf import new_canvas
from issuance.faces.compose import ComposedCard
from issuance.faces.draw import Ink, Side, draw_face, scale_to_millimetres
from issuance.faces.fonts import Weight, font
from issuance.faces.sheet_plan import SheetPlan, sheets

_SIDE_VI = {Side.FRONT: "mặt trước", Side.BACK: "mặt sau"}
_CROSS_MM = 3.0


def sheet_pdf(cards: Sequence[ComposedCard], plan: SheetPlan, ink: Ink | None = None) -> bytes:
    """Return the sheets: front, back, front, back … for duplex printing.

    Cards of another type begin a new sheet: they may be of another size.

    Raises:
        Malformed: MALFORMED_LAYOUT, the plan has no room for such cards.
    """
    ink = replace(ink or Ink(), bleed=plan.bleed)
    out = io.BytesIO()
    canvas = new_canvas(out, plan.width, plan.height)
    ordered = sorted(cards, key=lambda card: card.layout.card_type.value)
    made = [
        sheet
        for _, group in groupby(ordered, key=lambda card: card.layout.card_type)
        for sheet in sheets(list(group), plan)
    ]
    for number, sheet in enumerate(made, 1):
        for side in Side:
            scale_to_millimetres(canvas)
            _draw_sheet(canvas, sheet, side, plan, ink)
            _draw_caption(canvas, f"{number}/{len(made)} · {_SIDE_VI[side]}", plan)
            canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw_sheet(
    canvas: Canvas, cards: Sequence[ComposedCard], side: Side, plan: SheetPlan, ink: Ink
) -> None:
    width, height = cards[0].layout.width, cards[0].layout.height
    plan.require_room(width, height)
    for index, card in enumerate(cards):
        draw_face(canvas, card, side, plan.place(index, side, width, height), ink)
    canvas.setLineWidth(0.1)
    _draw_crop_marks(canvas, plan, width, height)
    for x in (_CROSS_MM + 1, plan.width - _CROSS_MM - 1):
        _draw_cross(canvas, x, plan.height / 2)


def _draw_crop_marks(canvas: Canvas, plan: SheetPlan, width: float, height: float) -> None:
    """Draw marks in the margins, at every edge of every card."""
    lefts, bottoms = plan.lefts(width), plan.bottoms(height)
    near, far = plan.mark_offset, plan.mark_offset + plan.mark_length
    for x in (edge for left in lefts for edge in (left, left + width)):
        canvas.line(x, bottoms[0] - near, x, bottoms[0] - far)
        top = bottoms[-1] + height
        canvas.line(x, top + near, x, top + far)
    for y in (edge for bottom in bottoms for edge in (bottom, bottom + height)):
        canvas.line(lefts[0] - near, y, lefts[0] - far, y)
        right = lefts[-1] + width
        canvas.line(right + near, y, right + far, y)


def _draw_cross(canvas: Canvas, x: float, y: float) -> None:
    """Draw a register mark: front's and back's fall together where the printer is true."""
    canvas.circle(x, y, _CROSS_MM / 4)
    canvas.line(x - _CROSS_MM / 2, y, x + _CROSS_MM / 2, y)
    canvas.line(x, y - _CROSS_MM / 2, x, y + _CROSS_MM / 2)


def _draw_caption(canvas: Canvas, text: str, plan: SheetPlan) -> None:
    canvas.saveState()
    canvas.translate(plan.width - 2, plan.height / 2 + _CROSS_MM * 2)
    canvas.rotate(90)
    canvas.setFont(font(Weight.REGULAR).name, 2)
    canvas.drawString(0, 0, text)
    canvas.restoreState()
