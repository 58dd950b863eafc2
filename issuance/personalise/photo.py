"""The holder's photo before it goes to a card: a JPEG of measurable size that fits."""

from __future__ import annotations

import io
import warnings

from PIL import Image, UnidentifiedImageError

from cardsvc.card.facial_image import encode_face_record
from cardsvc.errors import Malformed, ReasonCode


def measure_photo(jpeg: bytes) -> tuple[int, int]:
    """Return a photo's width and height in pixels; only its header is read.

    Spec: SP 800-76-2 section 7.2, ISO/IEC 19794-5 section 5.7.

    Raises:
        Malformed: MALFORMED_FACIAL_IMAGE; not a JPEG, or too large for a card.
    """
    try:
        with warnings.catch_warnings():
            # Pillow warns of suspicious sizes and metadata: here they are refusals
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(jpeg), formats=["JPEG"]) as image:
                width, height = image.size
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Warning) as error:
        raise Malformed(ReasonCode.MALFORMED_FACIAL_IMAGE, "not a JPEG") from error
    except Image.DecompressionBombError as error:
        raise Malformed(ReasonCode.MALFORMED_FACIAL_IMAGE, "too many pixels") from error
    encode_face_record(jpeg, width, height)
    return width, height
