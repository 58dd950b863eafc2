"""A holder's photo: read within bounds, turned upright, cropped to 3×4, kept small and bare.

What a camera notes beside the picture (place, time, owner) is left behind: only pixels are kept.
"""

from __future__ import annotations

import io
import warnings
from datetime import datetime

from PIL import Image, ImageOps, UnidentifiedImageError

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.card.facial_image import MAX_IMAGE_OCTETS
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, Malformed, ReasonCode
from cardsvc.photo_records import HolderPhoto, Portrait
from issuance.registry.photo_quality import PORTRAIT_RATIO, crop_around, find_faces, judge
from issuance.registry.ports import PhotoStore

MAX_SOURCE_OCTETS = 20 * 1024 * 1024
MAX_SOURCE_PIXELS = 40_000_000
"""What common cameras make of a portrait; a picture of more is decoded by nobody."""

MIN_SOURCE_SIDE = 120
"""Pixels; on a smaller picture nobody is recognised."""

MAX_PRINT_OCTETS = 150_000
_PRINT_SIZE = (472, 630)
"""3×4 cm at 400 dpi: finer than card printers print."""
_CHIP_SIZE = (240, 320)
MAX_SCREEN_OCTETS = 20_000
_SCREEN_SIZE = (360, 480)
"""Sharp enough on a counter's screen for a face to be compared."""
_FORMATS = ("JPEG", "PNG")
_DECODED_SIDE = 2_000
"""A JPEG decoder may leave out detail beyond this many pixels: less memory, less time."""


def prepare_portrait(octets: bytes) -> Portrait:
    """Make a portrait of a file that somebody uploaded.

    Args:
        octets: a JPEG or PNG of at most 20 MiB and 40 million pixels.

    Raises:
        Malformed: no picture, another kind, or broken (MALFORMED_FACIAL_IMAGE); too many octets
            or pixels (PHOTO_TOO_LARGE); too few pixels (PHOTO_TOO_SMALL).
    """
    picture, scale = _decode(octets)
    faces = find_faces(picture)
    crop = crop_around(picture.width, picture.height, faces[0] if faces else None)
    findings = judge(picture, faces, crop, round(_CHIP_SIZE[0] * scale))
    box = (crop.left, crop.top, crop.left + crop.width, crop.top + crop.height)
    width = min(_PRINT_SIZE[0], round(crop.width))
    size = (width, round(width / PORTRAIT_RATIO))
    printed = picture.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    on_chip = printed.resize(_CHIP_SIZE, Image.Resampling.LANCZOS)
    return Portrait(
        print_jpeg=_jpeg_within(printed, MAX_PRINT_OCTETS),
        chip_jpeg=_jpeg_within(on_chip, MAX_IMAGE_OCTETS),
        findings=findings,
    )


def screen_jpeg(print_jpeg: bytes) -> bytes:
    """Return a portrait on record as a screen elsewhere gets it: small, pixels and nothing else.

    Args:
        print_jpeg: as ``prepare_portrait`` made it.

    Returns:
        A JPEG of at most 20,000 octets.

    Raises:
        Malformed: no such picture (MALFORMED_FACIAL_IMAGE, PHOTO_TOO_LARGE, PHOTO_TOO_SMALL).
    """
    picture, _ = _decode(print_jpeg)
    picture.thumbnail(_SCREEN_SIZE, Image.Resampling.LANCZOS)
    return _jpeg_within(picture, MAX_SCREEN_OCTETS)


def _decode(octets: bytes) -> tuple[Image.Image, float]:
    """Return the upright picture, and by how much it was reduced while it was decoded."""
    if len(octets) > MAX_SOURCE_OCTETS:
        raise Malformed(ReasonCode.PHOTO_TOO_LARGE, "more than 20 MiB")
    try:
        with warnings.catch_warnings():
            # Pillow warns of suspicious sizes and metadata; sizes are judged here, before pixels
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(octets), formats=_FORMATS) as image:
                whole = image.size
                _require_size(*whole)
                image.draft("RGB", (_DECODED_SIDE, _DECODED_SIDE))
                picture = _on_white(ImageOps.exif_transpose(image))
                picture.info = {}  # Pillow would write comments and profiles into what it saves
    except Image.DecompressionBombError as error:
        raise Malformed(ReasonCode.PHOTO_TOO_LARGE, "too many pixels") from error
    except Malformed:
        raise
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, MemoryError) as error:
        message = "not a JPEG or PNG, or cut short"
        raise Malformed(ReasonCode.MALFORMED_FACIAL_IMAGE, message) from error
    return picture, max(picture.size) / max(whole)


def _require_size(width: int, height: int) -> None:
    if width * height > MAX_SOURCE_PIXELS:
        raise Malformed(ReasonCode.PHOTO_TOO_LARGE, f"{width}×{height} pixels are too many")
    if min(width, height) < MIN_SOURCE_SIDE:
        raise Malformed(ReasonCode.PHOTO_TOO_SMALL, f"{width}×{height} pixels are too few")


def _on_white(image: Image.Image) -> Image.Image:
    """Return the picture in RGB; what is transparent shows white."""
    if "A" not in image.getbands() and "transparency" not in image.info:
        return image.convert("RGB")
    shown = image.convert("RGBA")
    white = Image.new("RGB", shown.size, "white")
    white.paste(shown, mask=shown.getchannel("A"))
    return white


def _jpeg_within(picture: Image.Image, most: int) -> bytes:
    for quality in (92, 86, 80, 72, 64, 56, 48, 40, 32, 24):
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= most:
            return out.getvalue()
    smaller = picture.resize((picture.width * 3 // 4, picture.height * 3 // 4))
    return _jpeg_within(smaller, most)  # noise alone gets here; it ends, since pixels shrink


def put_photo(
    store: PhotoStore, holder_id: str, octets: bytes, *, operator: str, at: datetime
) -> HolderPhoto:
    """Make a portrait of a file and keep it as the holder's present photo.

    The same file again changes nothing.

    Raises:
        Malformed: as ``prepare_portrait``.
        IssuanceError: no such holder (HOLDER_UNKNOWN).
    """
    at = require_utc(at)
    portrait = prepare_portrait(octets)
    with store.transaction() as unit:
        present = unit.present_photo(holder_id)
        if present is not None and unit.is_source(holder_id, present.number, octets):
            return present
        number = present.number + 1 if present else 1
        photo = HolderPhoto(holder_id, number, portrait, operator, at)
        unit.add_photo(photo, octets)
        facts: AuditFacts = {
            "number": number,
            "findings": " ".join(finding.value for finding in portrait.findings),
        }
        unit.record(AuditEvent(at, operator, AuditAction.HOLDER_PHOTO_PUT, holder_id, facts))
    return photo


def present_photo(store: PhotoStore, holder_id: str) -> HolderPhoto | None:
    """Return the photo that faces and chips bear, or None.

    Raises:
        IssuanceError: no such holder (HOLDER_UNKNOWN).
    """
    with store.transaction() as unit:
        return unit.present_photo(holder_id)


def require_photo(store: PhotoStore, holder_id: str) -> HolderPhoto:
    """Return the present photo of a holder who must have one.

    Raises:
        IssuanceError: no such holder (HOLDER_UNKNOWN), or no photo (APPLICATION_INCOMPLETE).
    """
    photo = present_photo(store, holder_id)
    if photo is None:
        raise IssuanceError(ReasonCode.APPLICATION_INCOMPLETE, "photo")
    return photo
