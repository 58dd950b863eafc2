"""Small JPEGs for facial image tests."""

from __future__ import annotations

import io
from functools import cache

from PIL import Image


@cache
def jpeg(width: int = 48, height: int = 64) -> bytes:
    picture = Image.new("RGB", (width, height))
    picture.putdata([(x * 5 % 256, y * 3 % 256, 128) for y in range(height) for x in range(width)])
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=70)
    return out.getvalue()
