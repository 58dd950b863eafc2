"""Holders' photos, and what can be the matter with one: codes, and what they say at the desk.

Findings warn and refuse nothing: an officer looks, and decides.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique


@unique
class PhotoFinding(StrEnum):
    """One thing to look at twice."""

    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    FACE_TOO_LARGE = "face_too_large"
    FACE_TOO_SMALL = "face_too_small"
    FACE_OFF_CENTRE = "face_off_centre"
    BLURRED = "blurred"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    LOW_CONTRAST = "low_contrast"
    FEW_PIXELS = "few_pixels"

    @property
    def vi(self) -> str:
        """What it says in Vietnamese."""
        return _TEXTS[self][0]

    @property
    def en(self) -> str:
        """What it says in English."""
        return _TEXTS[self][1]


_TEXTS: dict[PhotoFinding, tuple[str, str]] = {
    PhotoFinding.NO_FACE: (
        "Không nhận ra khuôn mặt: kiểm tra xem đây có phải ảnh chân dung chụp thẳng không.",
        "No face was recognised: see whether this is a portrait taken from the front.",
    ),
    PhotoFinding.SEVERAL_FACES: (
        "Có nhiều hơn một khuôn mặt: dùng ảnh chỉ có chủ thẻ.",
        "There is more than one face: use a photo of the holder alone.",
    ),
    PhotoFinding.FACE_TOO_LARGE: (
        "Khuôn mặt chiếm quá nhiều ảnh: chụp xa hơn, thấy cả đầu và vai.",
        "The face fills too much of the photo: step back, show head and shoulders.",
    ),
    PhotoFinding.FACE_TOO_SMALL: (
        "Khuôn mặt quá nhỏ so với ảnh: chụp gần hơn.",
        "The face is too small in the photo: move closer.",
    ),
    PhotoFinding.FACE_OFF_CENTRE: (
        "Khuôn mặt lệch khỏi giữa ảnh: chụp lại cho cân.",
        "The face is not in the middle: take the photo again.",
    ),
    PhotoFinding.BLURRED: (
        "Ảnh bị mờ: chụp lại, giữ máy yên.",
        "The photo is blurred: take it again with a steady camera.",
    ),
    PhotoFinding.TOO_DARK: (
        "Ảnh quá tối: chụp ở nơi sáng hơn.",
        "The photo is too dark: use more light.",
    ),
    PhotoFinding.TOO_BRIGHT: (
        "Ảnh quá sáng: giảm ánh sáng hoặc tắt đèn chớp.",
        "The photo is too bright: use less light, or no flash.",
    ),
    PhotoFinding.LOW_CONTRAST: (
        "Ảnh nhạt, thiếu tương phản.",
        "The photo is flat: there is little contrast.",
    ),
    PhotoFinding.FEW_PIXELS: (
        "Ảnh có ít điểm ảnh, in sẽ không nét.",
        "The photo has few pixels and will not print sharply.",
    ),
}


@dataclass(frozen=True, slots=True)
class Portrait:
    """A photo made ready.

    Args:
        print_jpeg: 3×4 for card faces and screens, at most 150 kB.
        chip_jpeg: 3×4 for the chip, at most 12,000 octets (SP 800-73-5 Part 1 table 14).
        findings: what an officer should look at.
    """

    print_jpeg: bytes = field(repr=False)
    chip_jpeg: bytes = field(repr=False)
    findings: tuple[PhotoFinding, ...]


@dataclass(frozen=True, slots=True)
class HolderPhoto:
    """A photo on record.

    Args:
        holder_id: whose.
        number: 1 for the first; the highest is the present one.
        portrait: the pictures and what was found.
        added_by: which operator.
        added_at: when.
    """

    holder_id: str
    number: int
    portrait: Portrait
    added_by: str
    added_at: datetime
