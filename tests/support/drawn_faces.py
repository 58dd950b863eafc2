"""Portraits drawn by us: no person, but a face to OpenCV's cascade."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image, ImageDraw, ImageFilter

SKIN, HAIR, SHADE = (225, 185, 160), (40, 30, 28), (190, 145, 125)


@cache
def drawn_portrait() -> Image.Image:
    """Return head and shoulders, 600×800; nobody changes it."""
    picture = Image.new("RGB", (600, 800), (200, 210, 225))
    pen = ImageDraw.Draw(picture)
    half, tall, x, y = 168.0, 218.0, 300.0, 360.0

    def oval(left: float, top: float, right: float, low: float, fill: tuple[int, int, int]) -> None:
        box = (x + left * half, y + top * tall, x + right * half, y + low * tall)
        pen.ellipse(box, fill=fill)

    oval(-2, 1.05, 2, 3.5, (60, 70, 110))
    pen.rectangle((x - 0.4 * half, y + tall / 2, x + 0.4 * half, y + 1.3 * tall), fill=SHADE)
    oval(-1.08, -1.15, 1.08, 0.5, HAIR)
    oval(-1, -1, 1, 1, SKIN)
    box = (x - 1.05 * half, y - 1.15 * tall, x + 1.05 * half, y + 0.2 * tall)
    pen.pieslice(box, 180, 360, fill=HAIR)
    oval(-0.9, -0.62, 0.9, 0.2, SKIN)
    for side in (-0.42, 0.42):
        oval(side - 0.3, -0.26, side + 0.3, 0.02, SHADE)
        oval(side - 0.22, -0.19, side + 0.22, -0.05, (245, 245, 245))
        oval(side - 0.1, -0.195, side + 0.1, -0.045, (30, 20, 20))
        brow = (
            x + (side - 0.28) * half,
            y - 0.36 * tall,
            x + (side + 0.28) * half,
            y - 0.29 * tall,
        )
        pen.rectangle(brow, fill=HAIR)
    oval(-0.2, 0.24, 0.2, 0.34, (180, 135, 118))
    oval(-0.35, 0.5, 0.35, 0.64, (165, 75, 75))
    return picture.filter(ImageFilter.GaussianBlur(1.2))


def encoded(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def placed(size: tuple[int, int], at: tuple[int, int], width: int) -> Image.Image:
    """Return a picture of a size with the portrait at a place, scaled to a width."""
    portrait = drawn_portrait()
    wall = Image.new("RGB", size, portrait.getpixel((2, 2)))
    wall.paste(portrait.resize((width, width * 4 // 3)), at)
    return wall
