"""Files that call themselves photos: bombs, cut short, something else. A typed error, soon."""

from __future__ import annotations

import contextlib
import struct
import time
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from cardsvc.card.facial_image import MAX_IMAGE_OCTETS
from cardsvc.errors import Malformed, ReasonCode
from issuance.registry.photos import MAX_SOURCE_OCTETS, prepare_portrait
from tests.support.drawn_faces import drawn_portrait, encoded

GOOD = encoded(drawn_portrait().resize((300, 400)))


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of a few octets that says it has so many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000_000), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def jpeg_saying(width: int, height: int) -> bytes:
    at = GOOD.index(b"\xff\xc0") + 5
    return GOOD[:at] + struct.pack(">HH", height, width) + GOOD[at + 4 :]


@pytest.mark.reason(ReasonCode.PHOTO_TOO_LARGE)
@pytest.mark.parametrize(
    "octets",
    [
        encoded(Image.new("RGB", (8_000, 6_250), "grey")),  # fifty million pixels, in truth
        png_bomb(60_000, 60_000),
        png_bomb(100_000, 2_000),
        jpeg_saying(65_000, 65_000),
        GOOD + bytes(MAX_SOURCE_OCTETS),
    ],
    ids=["50 megapixels", "bomb", "wide bomb", "lying JPEG", "many octets"],
)
def test_too_large_is_said_before_a_pixel_is_decoded(octets: bytes) -> None:
    started = time.monotonic()
    tracemalloc.start()
    with pytest.raises(Malformed) as caught:
        prepare_portrait(octets)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.reason is ReasonCode.PHOTO_TOO_LARGE
    assert most < 30_000_000
    assert time.monotonic() - started < 5


@pytest.mark.reason(ReasonCode.PHOTO_TOO_SMALL)
@pytest.mark.parametrize("size", [(1, 1), (119, 400), (400, 119), (90, 120)])
def test_too_small_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(Malformed) as caught:
        prepare_portrait(encoded(drawn_portrait().resize(size)))
    assert caught.value.reason is ReasonCode.PHOTO_TOO_SMALL


@pytest.mark.reason(ReasonCode.MALFORMED_FACIAL_IMAGE)
@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"%PDF-1.7",
        b"PK\x03\x04" + bytes(100),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        GOOD[:20],
        GOOD[: len(GOOD) // 2],
        png_bomb(5_000, 5_000),
        encoded(drawn_portrait(), "GIF"),
        encoded(drawn_portrait(), "TIFF"),
    ],
)
def test_what_is_no_whole_picture_is_refused(octets: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        prepare_portrait(octets)
    assert caught.value.reason is ReasonCode.MALFORMED_FACIAL_IMAGE


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_a_damaged_picture_is_read_or_refused(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(GOOD) - 1))
    junk = data.draw(st.binary(min_size=1, max_size=8))
    damaged = GOOD[:at] + junk + GOOD[at + len(junk) :]
    with contextlib.suppress(Malformed):
        assert len(prepare_portrait(damaged).chip_jpeg) <= MAX_IMAGE_OCTETS
