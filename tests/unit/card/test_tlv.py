"""ISO/IEC 7816-4 section 6: data objects, their shortest lengths, and what is refused."""

from __future__ import annotations

import pytest

from cardsvc.card import tlv
from cardsvc.errors import Malformed


@pytest.mark.parametrize(
    ("length", "field"),
    [(0, "00"), (127, "7f"), (128, "8180"), (255, "81ff"), (256, "820100"), (65535, "82ffff")],
)
def test_length_takes_its_shortest_form(length: int, field: str) -> None:
    assert tlv.encode_length(length).hex() == field


@pytest.mark.parametrize("tag", [0x53, 0x5C, 0x7E, 0x7F49, 0x5FC102])
def test_a_data_object_comes_back(tag: int) -> None:
    assert tlv.parse_one(tlv.encode(tag, b"value"), tag) == b"value"


def test_long_length_forms_that_cards_send_are_read() -> None:
    assert tlv.parse_one(bytes.fromhex("53820001aa"), 0x53) == b"\xaa"
    assert tlv.parse_one(bytes.fromhex("53830000 01aa"), 0x53) == b"\xaa"


@pytest.mark.parametrize(
    "octets",
    [
        "",  # nothing
        "53",  # no length
        "5302aa",  # the value overruns
        "538000aa0000",  # indefinite length
        "5384000000 01aa",  # a length of four octets
        "5381",  # the length is cut short
        "5f",  # the tag is cut short
        "5fc1c1c101aa",  # a tag of four octets
        "1f8001aa00",  # a padded tag
        "5301aa00",  # octets trail
        "5401aa",  # another tag
    ],
)
def test_ill_formed_data_objects_are_refused(octets: str) -> None:
    with pytest.raises(Malformed):
        tlv.parse_one(bytes.fromhex(octets), 0x53)


def test_a_tag_may_stand_once_in_a_template() -> None:
    with pytest.raises(Malformed, match="twice"):
        tlv.parse_unique(tlv.encode_all([(0x80, b"a"), (0x81, b"b"), (0x80, b"c")]))
