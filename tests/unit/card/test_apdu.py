"""ISO/IEC 7816-3 section 12.1: the seven cases of a command, there and back."""

from __future__ import annotations

import pytest

from cardsvc.card.apdu import CommandApdu, ResponseApdu
from cardsvc.errors import Malformed

CASES = {
    "1": (CommandApdu(0, 0xA4, 4, 0), "00a40400"),
    "2 short": (CommandApdu(0, 0xC0, 0, 0, ne=256), "00c0000000"),
    "3 short": (CommandApdu(0, 0xA4, 4, 0, b"\xa0\x00"), "00a4040002a000"),
    "4 short": (CommandApdu(0, 0xCB, 0x3F, 0xFF, b"\x5c", 8), "00cb3fff015c08"),
}
EXTENDED = {
    "2 extended": (CommandApdu(0, 0xC0, 0, 0, ne=65536), "00c00000000000"),
    "3 extended": (CommandApdu(0, 0xDB, 0x3F, 0xFF, b"\x01" * 256), "00db3fff000100" + "01" * 256),
    "4 extended": (CommandApdu(0, 0xCB, 0x3F, 0xFF, b"\x5c", 300), "00cb3fff0000015c012c"),
}


@pytest.mark.parametrize(("command", "octets"), CASES.values(), ids=CASES)
def test_short_cases(command: CommandApdu, octets: str) -> None:
    assert command.encode().hex() == octets
    assert CommandApdu.parse(bytes.fromhex(octets)) == command


@pytest.mark.parametrize(("command", "octets"), EXTENDED.values(), ids=EXTENDED)
def test_extended_cases(command: CommandApdu, octets: str) -> None:
    assert command.encode(extended=True).hex() == octets
    assert CommandApdu.parse(bytes.fromhex(octets)) == command


@pytest.mark.parametrize(
    "octets",
    [
        "",
        "00a404",
        "00a4040005aa",
        "00a4040001aabbcc",
        "00db3fff0001",
        "00db3fff000005aa",
        "00db3fff000000aabb",
    ],
)
def test_lengths_that_do_not_fit_are_refused(octets: str) -> None:
    with pytest.raises(Malformed):
        CommandApdu.parse(bytes.fromhex(octets))


def test_long_data_does_not_fit_a_short_apdu() -> None:
    with pytest.raises(Malformed):
        CommandApdu(0, 0xDB, 0x3F, 0xFF, bytes(256)).encode()


def test_a_response_needs_a_status_word() -> None:
    assert ResponseApdu.parse(bytes.fromhex("aa9000")).data == b"\xaa"
    with pytest.raises(Malformed):
        ResponseApdu.parse(b"\x90")
