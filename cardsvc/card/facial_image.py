"""The facial image: one JPEG in a face record in a signed biometric object.

Spec: SP 800-76-2 section 7 (INCITS 385-2004, the record of ISO/IEC 19794-5:2005); SP 800-73-5
Part 1 section 3.1.8 and table 14.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import datetime

from cardsvc.card.cbeff import (
    BiometricHeader,
    UnverifiedBiometric,
    parse_biometric,
    sign_biometric,
)
from cardsvc.card.cms_signing import SignatureSettings
from cardsvc.card.fascn import Fascn
from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed, ReasonCode

_RECORD = struct.Struct(">4s4sIH")
"""Format identifier, version, record length, number of images (ISO 19794-5 section 5.4)."""
_FACE = struct.Struct(">IHBBB3sH3s3s")
"""Block length, feature points, gender, eye and hair colour, features, expression, pose and
its uncertainty (section 5.5)."""
_IMAGE = struct.Struct(">BBHHBBHH")
"""Face type, data type, width, height, colour space, source, device, quality (section 5.7)."""
_FEATURE_POINT_OCTETS = 8
_IDENTIFIER = b"FAC\x00"
_VERSION = b"010\x00"
_NEUTRAL = 1
_FULL_FRONTAL = 1
_DATA_TYPE_JPEG = 0
_SRGB = 1
_DIGITAL_CAMERA = 2

JPEG = "image/jpeg"
JPEG_2000 = "image/jp2"
_MAGIC = {
    b"\xff\xd8\xff": JPEG,
    b"\x00\x00\x00\x0cjP  ": JPEG_2000,
    b"\xff\x4f\xff\x51": JPEG_2000,
}
MAX_IMAGE_OCTETS = 12_000
"""The object of table 14 holds 12,710 octets; what is over is header and signature."""


@dataclass(frozen=True, slots=True)
class UnverifiedFacialImage:
    """A facial image as read; ``verify_biometric(image.biometric)`` makes it trusted.

    Args:
        biometric: header, record and signature.
        image: the compressed image.
        media_type: ``image/jpeg`` or ``image/jp2``, by its first octets.
        width: pixels, as the record says.
        height: pixels, as the record says.
    """

    biometric: UnverifiedBiometric
    image: bytes
    media_type: str
    width: int
    height: int


def parse_facial_image(octets: bytes) -> UnverifiedFacialImage:
    """Parse the contents of the facial image object; of several images the first is taken.

    Raises:
        Malformed: MALFORMED_FACIAL_IMAGE; not a face record, lengths that do not fit, or
            neither JPEG nor JPEG 2000.
    """
    biometric = parse_biometric(octets, ReasonCode.MALFORMED_FACIAL_IMAGE)
    record = biometric.record
    if len(record) < _RECORD.size + _FACE.size + _IMAGE.size:
        raise Malformed(ReasonCode.MALFORMED_FACIAL_IMAGE, "the face record is cut short")
    identifier, version, length, images = _RECORD.unpack_from(record)
    if (identifier, version, length) != (_IDENTIFIER, _VERSION, len(record)) or images < 1:
        raise Malformed(ReasonCode.MALFORMED_FACIAL_IMAGE, "not a face record")
    block_octets, points = _FACE.unpack_from(record, _RECORD.size)[:2]
    end = _RECORD.size + block_octets
    at = _RECORD.size + _FACE.size + points * _FEATURE_POINT_OCTETS
    if end > len(record) or at + _IMAGE.size > end or (images == 1 and end != len(record)):
        raise Malformed(ReasonCode.MALFORMED_FACIAL_IMAGE, "the image's lengths do not fit")
    _, _, width, height = _IMAGE.unpack_from(record, at)[:4]
    image = record[at + _IMAGE.size : end]
    return UnverifiedFacialImage(biometric, image, media_type_of(image), width, height)


def media_type_of(image: bytes) -> str:
    """Return the media type by the image's first octets.

    Raises:
        Malformed: MALFORMED_FACIAL_IMAGE, neither JPEG nor JPEG 2000.
    """
    for magic, media_type in _MAGIC.items():
        if image.startswith(magic):
            return media_type
    raise Malformed(ReasonCode.MALFORMED_FACIAL_IMAGE, "neither JPEG nor JPEG 2000")


def encode_face_record(jpeg: bytes, width: int, height: int) -> bytes:
    """Return a face record around one full-frontal JPEG.

    Raises:
        Malformed: not a JPEG, or too large for a card.
    """
    if media_type_of(jpeg) != JPEG or len(jpeg) > MAX_IMAGE_OCTETS:
        raise Malformed(ReasonCode.MALFORMED_FACIAL_IMAGE, "not a JPEG of at most 12,000 octets")
    block_octets = _FACE.size + _IMAGE.size + len(jpeg)
    return (
        _RECORD.pack(_IDENTIFIER, _VERSION, _RECORD.size + block_octets, 1)
        + _FACE.pack(block_octets, 0, 0, 0, 0, bytes(3), _NEUTRAL, bytes(3), bytes(3))
        + _IMAGE.pack(_FULL_FRONTAL, _DATA_TYPE_JPEG, width, height, _SRGB, _DIGITAL_CAMERA, 0, 0)
        + jpeg
    )


@dataclass(frozen=True, slots=True)
class FacialImage:
    """What goes into a facial image object.

    Args:
        jpeg: at most 12,000 octets.
        width: pixels.
        height: pixels.
        taken_at: when the photo was taken, UTC.
        valid_from: first instant of validity, UTC.
        valid_until: last instant, not after the card's own.
        creator: the agency, at most 17 ASCII characters.
    """

    jpeg: bytes
    width: int
    height: int
    taken_at: datetime
    valid_from: datetime
    valid_until: datetime
    creator: str = ""


def sign_facial_image(
    photo: FacialImage, guid: CardGuid, fascn: Fascn, settings: SignatureSettings
) -> bytes:
    """Return the contents of a signed facial image object for one card.

    Raises:
        Malformed: not a JPEG that fits, or a creator that does not.
        CardError: the signer can't sign.
    """
    header = BiometricHeader(
        created_at=photo.taken_at,
        valid_from=photo.valid_from,
        valid_until=photo.valid_until,
        fascn=fascn,
        creator=photo.creator,
    )
    record = encode_face_record(photo.jpeg, photo.width, photo.height)
    return sign_biometric(header, record, guid, settings)
