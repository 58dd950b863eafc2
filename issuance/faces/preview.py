"""Faces as images for screens: the PDF itself, rendered, with the card's round corners."""

from __future__ import annotations

import io
import threading

import pypdfium2
from PIL import Image, ImageDraw

from issuance.faces.card_pdf import cards_pdf
from issuance.faces.compose import ComposedCard
from issuance.faces.draw import Ink

DEFAULT_DPI = 300
MAX_DPI = 1200
_ONE_AT_A_TIME = threading.Lock()
"""PDFium may be used by one thread at a time."""
_SMOOTHING = 4


def face_images(card: ComposedCard, ink: Ink | None = None, dpi: int = DEFAULT_DPI) -> list[bytes]:
    """Return front and back as PNG with transparent corners.

    Args:
        card: as composed.
        ink: as for the PDF.
        dpi: 36 to 1200.
    """
    if not 36 <= dpi <= MAX_DPI:
        msg = f"36 to {MAX_DPI} dpi"
        raise ValueError(msg)
    with _ONE_AT_A_TIME:
        pages = render_pages(cards_pdf([card], ink), dpi)
    corner = card.layout.corner / 25.4 * dpi
    return [_png(_rounded(page, corner), dpi) for page in pages]


def both_sides(card: ComposedCard, ink: Ink | None = None, dpi: int = DEFAULT_DPI) -> bytes:
    """Return one PNG with the front above the back; as ``face_images``."""
    sides = [Image.open(io.BytesIO(side)) for side in face_images(card, ink, dpi)]
    gap = dpi // 8
    size = (max(one.width for one in sides), sum(one.height for one in sides) + gap)
    sheet, top = Image.new("RGBA", size, (0, 0, 0, 0)), 0
    for one in sides:
        sheet.paste(one, (0, top))
        top += one.height + gap
    return _png(sheet, dpi)


def render_pages(pdf: bytes, dpi: int) -> list[Image.Image]:
    """Return a PDF's pages as images."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        images: list[Image.Image] = []
        for page in document:
            bitmap = page.render(scale=dpi / 72)
            images.append(bitmap.to_pil().convert("RGB"))
            bitmap.close()
            page.close()
        return images
    finally:
        document.close()


def _rounded(image: Image.Image, corner: float) -> Image.Image:
    large = (image.width * _SMOOTHING, image.height * _SMOOTHING)
    mask = Image.new("L", large, 0)
    ImageDraw.Draw(mask).rounded_rectangle(
        (0, 0, large[0] - 1, large[1] - 1), corner * _SMOOTHING, fill=255
    )
    rounded = image.convert("RGBA")
    rounded.putalpha(mask.resize(image.size, Image.Resampling.LANCZOS))
    return rounded


def _png(image: Image.Image, dpi: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", dpi=(dpi, dpi), optimize=True)
    return out.getvalue()
