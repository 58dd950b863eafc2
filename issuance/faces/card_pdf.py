"""Cards as PDF: two pages a card, each exactly the card's size, front and back."""

from __future__ import annotations

import io
from collections.abc import Sequence

from reportlab.pdfgen.canvas import Canvas

from issuance.faces.compose import ComposedCard
from issuance.faces.draw import Ink, Place, Side, draw_face, scale_to_millimetres
from issuance.faces.layout import MM_PER_POINT

CREATOR = "cardsvc"


def cards_pdf(cards: Sequence[ComposedCard], ink: Ink | None = None) -> bytes:
    """Return a PDF of two pages a card; fonts embedded, as subsets.

    The same cards give the same octets. The document's properties name nobody.

    Spec: Decision 838/QĐ-BNV and ISO/IEC 7810 (sizes), ISO 32000-1 section 14.11.2 (TrimBox).

    Args:
        cards: at least one.
        ink: with a bleed, pages are larger than cards by it on each side.
    """
    ink = ink or Ink()
    out = io.BytesIO()
    canvas = new_canvas(out, 1, 1)
    for card in cards:
        width, height, bleed = card.layout.width, card.layout.height, ink.bleed
        trim = (bleed, bleed, bleed + width, bleed + height)
        for side in Side:
            canvas.setPageSize(
                ((width + 2 * bleed) / MM_PER_POINT, (height + 2 * bleed) / MM_PER_POINT)
            )
            canvas.setTrimBox(tuple(one / MM_PER_POINT for one in trim))
            scale_to_millimetres(canvas)
            draw_face(canvas, card, side, Place(bleed, bleed), ink)
            canvas.showPage()
    canvas.save()
    return out.getvalue()


def new_canvas(out: io.BytesIO, width: float, height: float) -> Canvas:
    """Open a document whose pages have a size in millimetres; it tells no time and no name."""
    canvas = Canvas(
        out,
        pagesize=(width / MM_PER_POINT, height / MM_PER_POINT),
        invariant=True,
        pageCompression=1,
    )
    canvas.setCreator(CREATOR)
    canvas.setProducer(CREATOR)
    canvas.setAuthor("")
    canvas.setTitle("")
    canvas.setSubject("")
    return canvas
