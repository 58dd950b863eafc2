"""The portrait for a face: turned upright, cut to the box, no finer than can be printed.

Nothing but the picture goes into the PDF: a camera's notes (place, time, owner) stay behind.
"""

from __future__ import annotations

import io
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

from cardsvc.errors import Malformed, ReasonCode
from issuance.faces.layout import Box

MAX_PHOTO_OCTETS = 20 * 1024 * 1024
MAX_PHOTO_PIXELS = 30_000_000
"""A good camera's portrait; a picture of more is decoded by nobody."""
_PRINT_DPI = 600
_EYES_SHARE = 0.4
"""What is cut off above, of all that is cut off in height: heads stand in the upper part."""


def prepare_photo(octets: bytes, box: Box) -> bytes:
    """Return a JPEG of the box's proportions, at most 600 dpi in the box.

    Args:
        octets: a JPEG of at most 20 MiB and 30 million pixels.
        box: where it will stand, in millimetres.

    Raises:
        Malformed: MALFORMED_FACIAL_IMAGE; not a JPEG, too large, or broken.
    """
    if len(octets) > MAX_PHOTO_OCTETS:
        raise Malformed(ReasonCode.MALFORMED_FACIAL_IMAGE, "more than 20 MiB")
    try:
        with warnings.catch_warnings():
            # Pillow warns of suspicious sizes and metadata: here they are refusals
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(octets), formats=["JPEG"]) as image:
                _require_decodable(image)
                upright = ImageOps.exif_transpose(image).convert("RGB")
    except Malformed:
        raise
    except Image.DecompressionBombError as error:
        raise Malformed(ReasonCode.MALFORMED_FACIAL_IMAGE, "too many pixels") from error
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Warning) as error:
        raise Malformed(ReasonCode.MALFORMED_FACIAL_IMAGE, "not a JPEG") from error
    # as many pixels as the picture has in the box's proportions, and no more than print shows
    per_mm = min(upright.width / box.width, upright.height / box.height, _PRINT_DPI / 25.4)
    size = (max(1, round(box.width * per_mm)), max(1, round(box.height * per_mm)))
    fitted = ImageOps.fit(upright, size, Image.Resampling.LANCZOS, centering=(0.5, _EYES_SHARE))
    out = io.BytesIO()
    fitted.save(out, "JPEG", quality=92, subsampling=0)
    return out.getvalue()


def _require_decodable(image: Image.Image) -> None:
    if image.width * image.height > MAX_PHOTO_PIXELS:
        raise Malformed(ReasonCode.MALFORMED_FACIAL_IMAGE, "too many pixels")
