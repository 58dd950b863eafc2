from __future__ import annotations

import struct
from datetime import UTC, datetime

import pytest

from cardsvc.card import tlv
from cardsvc.card.cbeff import BiometricHeader, encode_header, verify_biometric
from cardsvc.card.facial_image import (
    JPEG,
    JPEG_2000,
    FacialImage,
    encode_face_record,
    parse_facial_image,
    sign_facial_image,
)
from cardsvc.card.fascn import NON_FEDERAL_FASCN
from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed, ReasonCode
from tests.support.content_signers import content_signer
from tests.support.portraits import jpeg

GUID = CardGuid(bytes(range(16)))
FROM, UNTIL = datetime(2025, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)


def unsigned(record: bytes) -> bytes:
    header = encode_header(BiometricHeader(FROM, FROM, UNTIL, NON_FEDERAL_FASCN), len(record), 0)
    return tlv.encode_all([(0xBC, header + record), (0xFE, b"")])


def test_round_trip() -> None:
    photo = FacialImage(jpeg(), 48, 64, FROM, FROM, UNTIL, "So Noi vu")
    signer = content_signer()
    octets = sign_facial_image(photo, GUID, NON_FEDERAL_FASCN, signer.settings())
    found = parse_facial_image(octets)
    assert (found.image, found.media_type) == (jpeg(), JPEG)
    assert (found.width, found.height) == (48, 64)
    assert found.biometric.header.valid_until == UNTIL
    assert found.biometric.header.creator == "So Noi vu"
    assert verify_biometric(found.biometric) == signer.certificate


def test_offsets_are_the_standards() -> None:
    # ISO/IEC 19794-5:2005: counted from the object's first octet, as card makers do
    octets = unsigned(encode_face_record(jpeg(), 48, 64))
    assert octets[92:100] == b"FAC\x00010\x00"
    assert octets[118:120] == b"\x00\x01"
    assert octets[127] == 0
    assert octets[138:141] == b"\xff\xd8\xff"


def with_points(points: int, image: bytes, images: int = 1, tail: bytes = b"") -> bytes:
    block = 20 + 8 * points + 12 + len(image)
    return (
        struct.pack(">4s4sIH", b"FAC\x00", b"010\x00", 14 + block + len(tail), images)
        + struct.pack(">IHBBB3sH3s3s", block, points, 1, 2, 3, b"123", 1, b"123", b"123")
        + bytes(8 * points)
        + struct.pack(">BBHHBBHH", 1, 1, 240, 320, 1, 2, 0, 0)
        + image
        + tail
    )


def test_feature_points_second_image_and_jpeg_2000() -> None:
    for image in (b"\x00\x00\x00\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51rest"):
        found = parse_facial_image(unsigned(with_points(3, image, 2, b"another image")))
        assert (found.image, found.media_type) == (image, JPEG_2000)
        assert (found.width, found.height) == (240, 320)


@pytest.mark.reason(ReasonCode.MALFORMED_FACIAL_IMAGE)
def test_ill_formed() -> None:
    good = encode_face_record(jpeg(), 48, 64)
    assert parse_facial_image(unsigned(good))
    records = [
        b"",
        good[:45],
        good[:-1],
        good + b"\x00",
        b"FMR" + good[3:],
        good[:4] + b"030\x00" + good[8:],
        good[:12] + b"\x00\x00" + good[14:],
        good[:14] + b"\xff\xff\xff\xff" + good[18:],
        good[:14] + b"\x00\x00\x00\x00" + good[18:],
        good[:18] + b"\xff\xff" + good[20:],
        with_points(0, b"GIF89a"),
        with_points(0, b"\xff\xd8\xff", 1, b"trailing"),
    ]
    for record in records:
        with pytest.raises(Malformed) as caught:
            parse_facial_image(unsigned(record))
        assert caught.value.reason is ReasonCode.MALFORMED_FACIAL_IMAGE


def test_what_we_refuse_to_write() -> None:
    for image in (b"\x00\x00\x00\x0cjP  ", jpeg() + bytes(12_000), b""):
        with pytest.raises(Malformed):
            encode_face_record(image, 48, 64)
