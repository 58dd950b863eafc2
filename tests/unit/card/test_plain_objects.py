"""CCC, Discovery, Key History and Printed Information: the unsigned objects."""

from __future__ import annotations

from datetime import date

import pytest

from cardsvc.card import tlv
from cardsvc.card.ccc import encode_ccc, parse_ccc
from cardsvc.card.discovery import Discovery, encode_discovery, parse_discovery
from cardsvc.card.guid import CardGuid
from cardsvc.card.key_history import KeyHistory, encode_key_history, parse_key_history
from cardsvc.card.piv import PIV_AID, KeySlot, PinReference
from cardsvc.card.printed_information import (
    PrintedInformation,
    encode_printed_information,
    format_printed_date,
    parse_printed_information,
)
from cardsvc.errors import Malformed, ReasonCode

GUID = CardGuid(bytes(range(16)))

# --- Card Capability Container: the octets that a common security key comes with
FACTORY_CCC = bytes.fromhex(
    "f015a000000116ff0200112233445566778899aabbccddf10121f20121f300f40100f50110"
    "f600f700fa00fb00fc00fd00fe00"
)


def test_ccc() -> None:
    foreign = parse_ccc(FACTORY_CCC)
    assert (foreign.container_version, foreign.grammar_version) == (0x21, 0x21)
    assert foreign.data_model == 0x10
    assert foreign.card_identifier.hex().endswith("aabbccdd")
    ours = encode_ccc(GUID)
    assert [item.tag for item in tlv.iterate(ours)] == [
        item.tag for item in tlv.iterate(FACTORY_CCC)
    ]
    assert len(parse_ccc(ours).card_identifier) == 21


def test_ccc_may_list_several_urls_and_leave_fields_empty() -> None:
    sparse = parse_ccc(bytes.fromhex("f000f100f200f30161f30162f400f500fe00"))
    assert sparse.card_urls == (b"a", b"b")
    assert sparse.container_version is None
    assert sparse.card_identifier == b""


@pytest.mark.reason(ReasonCode.MALFORMED_CCC)
@pytest.mark.parametrize("octets", ["", "f10121", "f0020102", "f000f000", "f000f1022121", "f000f1"])
def test_ccc_ill_formed(octets: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_ccc(bytes.fromhex(octets))
    assert caught.value.reason is ReasonCode.MALFORMED_CCC


# --- Discovery: the PIN usage policies of SP 800-73-5 Part 1 section 3.3.2
@pytest.mark.parametrize(
    ("policy", "primary"),
    [
        ("4000", PinReference.APPLICATION),
        ("6010", PinReference.APPLICATION),
        ("6020", PinReference.GLOBAL),
        ("7020", PinReference.GLOBAL),
        ("5010", PinReference.APPLICATION),
        ("4020", PinReference.APPLICATION),  # prefers a PIN that it does not take
        ("6000", PinReference.APPLICATION),
        ("4C00", PinReference.APPLICATION),
    ],
)
def test_discovery_primary_pin(policy: str, primary: PinReference) -> None:
    body = tlv.encode_all([(0x4F, PIV_AID), (0x5F2F, bytes.fromhex(policy))])
    assert parse_discovery(body).primary_pin is primary
    assert parse_discovery(tlv.encode(0x7E, body)) == parse_discovery(body)
    assert encode_discovery(parse_discovery(body)) == body


def test_discovery_flags() -> None:
    found = Discovery(policy=0x58)
    assert found.takes_on_card_comparison
    assert found.has_virtual_contact_interface
    assert found.needs_pairing_code
    assert not Discovery(policy=0x4C).needs_pairing_code
    assert not Discovery().has_virtual_contact_interface


@pytest.mark.reason(ReasonCode.MALFORMED_DISCOVERY)
@pytest.mark.parametrize(
    "octets",
    ["", "4f0ba000000308000010000100", "4f01a05f2f024000", "4f05a0000003085f2f0140", "7e00"],
)
def test_discovery_ill_formed(octets: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_discovery(bytes.fromhex(octets))
    assert caught.value.reason is ReasonCode.MALFORMED_DISCOVERY


# --- Key History
def test_key_history() -> None:
    history = KeyHistory(3, 2, "http://example.vn/keys")
    assert parse_key_history(encode_key_history(history)) == history
    assert history.slots_with_certificate == (
        KeySlot.RETIRED_1,
        KeySlot.RETIRED_2,
        KeySlot.RETIRED_3,
    )
    assert encode_key_history(KeyHistory()).hex() == "c10100c20100f300fe00"


@pytest.mark.reason(ReasonCode.MALFORMED_KEY_HISTORY)
@pytest.mark.parametrize(
    "octets",
    [
        "",
        "c10100",
        "c1020000c20100",
        "c1010bc2010a",
        "c10100c20100f30180",
        "c10101c20100f377" + "61" * 119,
    ],
)
def test_key_history_ill_formed(octets: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_key_history(bytes.fromhex(octets))
    assert caught.value.reason is ReasonCode.MALFORMED_KEY_HISTORY


@pytest.mark.parametrize(
    "history", [KeyHistory(1, 1), KeyHistory(1, 0, "http://x"), KeyHistory(20, 1, "http://x")]
)
def test_key_history_that_we_refuse_to_write(history: KeyHistory) -> None:
    with pytest.raises(Malformed):
        encode_key_history(history)


# --- Printed Information
PRINTED = PrintedInformation(
    name="Đặng Thị Ánh Nguyệt",
    employee_affiliation="Công chức",
    expiration_date_text=format_printed_date(date(2030, 12, 1)),
    agency_card_serial_number="0123456789",
    issuer_identification="VN0000000000001",
)


def test_printed_information() -> None:
    octets = encode_printed_information(PRINTED)
    assert parse_printed_information(octets) == PRINTED
    assert PRINTED.expiration_date == date(2030, 12, 1)
    assert PRINTED.expiration_date_text == "2030DEC01"
    assert list(tlv.parse_unique(octets)) == [0x01, 0x02, 0x04, 0x05, 0x06, 0xFE]


def test_printed_information_of_foreign_cards() -> None:
    items = [(0x01, b"JOS\xc9 SMITH\x00\x00"), (0x03, b"old line"), (0x04, b"2033jan01")]
    foreign = parse_printed_information(tlv.encode_all([*items, (0x55, b"own tag"), (0xFE, b"")]))
    assert foreign.name == "JOSÉ SMITH"
    assert foreign.employee_affiliation_line_2 == "old line"
    assert foreign.expiration_date == date(2033, 1, 1)
    assert PrintedInformation(name="x").expiration_date is None


@pytest.mark.parametrize(
    "text", ["2030DEC32", "2030XII01", "20301201", "２０３０DEC01", "2030DEC1"]
)
def test_printed_date_ill_formed(text: str) -> None:
    with pytest.raises(Malformed):
        _ = PrintedInformation(expiration_date_text=text).expiration_date


@pytest.mark.reason(ReasonCode.MALFORMED_PRINTED_INFORMATION)
@pytest.mark.parametrize("octets", ["", "fe00", "01", "01016101016100", "017e" + "61" * 126])
def test_printed_information_ill_formed(octets: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_printed_information(bytes.fromhex(octets))
    assert caught.value.reason is ReasonCode.MALFORMED_PRINTED_INFORMATION


def test_printed_information_too_long_to_write() -> None:
    with pytest.raises(Malformed):
        encode_printed_information(PrintedInformation(issuer_identification="VN00000000000012"))
