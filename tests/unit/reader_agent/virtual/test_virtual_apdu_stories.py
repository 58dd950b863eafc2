"""Named conversations with the applet, octet by octet: command, then what ends the response.

Expectations are those of SP 800-73-5 Part 2 and ISO/IEC 7816-4, not of the code under test.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reader_agent.virtual.card import VirtualCard

Insert = Callable[..., VirtualCard]
Story = list[tuple[str, str]]

PIN = "08 313233343536FFFF"
WRONG = "08 393939393939FFFF"
PUK = "3132333435363738"
NEW = "363534333231FFFF"
DIGEST = "20" + "AB" * 32
SIGN_9A = f"00 87 11 9A 26 7C24 8200 81{DIGEST} 00"
SIGN_9C = f"00 87 14 9C 36 7C34 8200 8130{'CD' * 48} 00"
SIGN_9E = f"00 87 11 9E 26 7C24 8200 81{DIGEST} 00"
VERIFY, STATUS, LOGOUT = f"00 20 00 80 {PIN}", "00 20 00 80", "00 20 FF 80"
CHUID = "00 CB 3F FF 05 5C03 5FC102 00"
PRINTED = "00 CB 3F FF 05 5C03 5FC109 00"

STORIES: dict[str, Story] = {
    "select by the full name, by the name without version, by the authority": [
        ("00 A4 04 00 0B A000000308000010000100 00", "9000"),
        ("00 A4 04 00 09 A00000030800001000 00", "9000"),
        ("00 A4 04 00 05 A000000308 00", "9000"),
    ],
    "select refuses other names, other ways, and no name": [
        ("00 A4 04 00 06 A00000000101 00", "6A82"),
        ("00 A4 04 00 0B A000000308000010000200 00", "6A82"),
        ("00 A4 04 00 0C A00000030800001000010000 00", "6A82"),
        ("00 A4 04 00 04 A0000003 00", "6A82"),
        ("00 A4 04 00", "6A82"),
        ("00 A4 04 0C 05 A000000308", "6A86"),
        ("00 A4 00 00 02 3F00", "6A86"),
    ],
    "a name nobody has leaves PIV selected and the PIN verified": [
        (VERIFY, "9000"),
        ("00 A4 04 00 06 A00000000101 00", "6A82"),
        (STATUS, "9000"),
    ],
    "selecting PIV again keeps the PIN verified (Part 2 section 3.1.1)": [
        (VERIFY, "9000"),
        ("00 A4 04 00 09 A00000030800001000 00", "9000"),
        (STATUS, "9000"),
    ],
    "unknown instructions and classes": [
        ("00 CA 00 6E 00", "6D00"),
        ("00 FD 00 00 00", "6D00"),
        ("00 F7 00 9B 00", "6D00"),
        ("80 CB 3F FF 05 5C03 5FC102 00", "6E00"),
        ("01 CB 3F FF 05 5C03 5FC102 00", "6E00"),
        ("FF CB 3F FF 05 5C03 5FC102 00", "6E00"),
        ("0C CB 3F FF 05 5C03 5FC102 00", "6882"),
    ],
    "lengths that do not fit": [
        ("00 CB 3F", "6700"),
        ("00 CB 3F FF 06 5C03 5FC102", "6700"),
        ("00 CB 3F FF 04 5C03 5FC102 00", "6700"),
        ("00 CB 3F FF 00 0005 5C03", "6700"),
        ("", "6700"),
    ],
    "get data": [
        (CHUID, "9000"),
        ("00 CB 3F FF 03 5C01 7E 00", "9000"),
        ("00 CB 3F FF 05 5C03 5FC107 00", "6A82"),
        ("00 CB 3F FF 04 5C02 7F61 00", "6A82"),
        ("00 CB 3F FF 05 5C03 5FC1FF 00", "6A82"),
        ("00 CB 00 FF 05 5C03 5FC102 00", "6A86"),
        ("00 CB 3F FE 05 5C03 5FC102 00", "6A86"),
        ("00 CB 3F FF 05 5D03 5FC102 00", "6A80"),
        ("00 CB 3F FF 02 5C00 00", "6A80"),
        ("00 CB 3F FF 06 5C04 5FC10201 00", "6A80"),
        ("00 CB 3F FF 08 5C03 5FC102 5C01 7E 00", "6A80"),
        ("00 CB 3F FF", "6A80"),
    ],
    "PIN-gated objects, there or not": [
        (PRINTED, "6982"),
        ("00 CB 3F FF 05 5C03 5FC103 00", "6982"),
        (VERIFY, "9000"),
        (PRINTED, "9000"),
        ("00 CB 3F FF 05 5C03 5FC103 00", "6A82"),
        (LOGOUT, "9000"),
        (PRINTED, "6982"),
    ],
    "verify": [
        (STATUS, "63C3"),
        (f"00 20 00 80 {WRONG}", "63C2"),
        (STATUS, "63C2"),
        (VERIFY, "9000"),
        (STATUS, "9000"),
        (f"00 20 00 80 {WRONG}", "63C2"),
        (STATUS, "63C2"),
        (PRINTED, "6982"),
    ],
    "verify refuses a PIN of another form and burns no try": [
        ("00 20 00 80 06 313233343536", "6A80"),
        ("00 20 00 80 08 3132333435FFFFFF", "6A80"),
        ("00 20 00 80 08 31323334353641FF", "6A80"),
        ("00 20 00 80 08 313233FF34353637", "6A80"),
        ("00 20 00 80 08 FFFFFFFFFFFFFFFF", "6A80"),
        (STATUS, "63C3"),
    ],
    "verify knows one PIN and two ways": [
        ("00 20 00 00", "6A88"),
        ("00 20 00 81", "6A88"),
        (f"00 20 00 81 08 {PUK}", "6A88"),
        (f"00 20 01 80 {PIN}", "6A86"),
        (f"00 20 FF 80 {PIN}", "6A86"),
    ],
    "a blocked PIN stays blocked, even for the right one": [
        (f"00 20 00 80 {WRONG}", "63C2"),
        (f"00 20 00 80 {WRONG}", "63C1"),
        (f"00 20 00 80 {WRONG}", "63C0"),
        (VERIFY, "6983"),
        (STATUS, "6983"),
        (f"00 24 00 80 10 313233343536FFFF {NEW}", "6983"),
        (f"00 2C 00 80 10 {PUK} {NEW}", "9000"),
        (STATUS, "63C3"),
        (f"00 20 00 80 08 {NEW}", "9000"),
    ],
    "change the PIN": [
        (f"00 24 00 80 10 393939393939FFFF {NEW}", "63C2"),
        (f"00 24 00 80 10 313233343536FFFF {NEW}", "9000"),
        (STATUS, "9000"),
        (VERIFY, "63C2"),
        (f"00 20 00 80 08 {NEW}", "9000"),
        (f"00 24 00 80 10 {NEW} 3132333435FFFFFF", "6A80"),
        (f"00 24 00 80 08 {NEW}", "6A80"),
        (f"00 24 00 80 18 {NEW} {NEW} {NEW}", "6A80"),
        (f"00 24 00 00 10 {NEW} {NEW}", "6A88"),
        (f"00 24 01 80 10 {NEW} {NEW}", "6A86"),
    ],
    "change the PUK, and block it": [
        (f"00 24 00 81 10 {PUK} 3837363534333231", "9000"),
        (f"00 2C 00 80 10 {PUK} {NEW}", "63C2"),
        (f"00 2C 00 80 10 {PUK} {NEW}", "63C1"),
        (f"00 2C 00 80 10 {PUK} {NEW}", "63C0"),
        (f"00 2C 00 80 10 3837363534333231 {NEW}", "6983"),
        (f"00 24 00 81 10 3837363534333231 {PUK}", "6983"),
        (VERIFY, "9000"),
    ],
    "unblock refuses what is not a PUK and a PIN": [
        (f"00 2C 00 80 08 {PUK}", "6A80"),
        (f"00 2C 00 80 10 {PUK} 3132333435FFFFFF", "6A80"),
        (f"00 2C 00 81 10 {PUK} {NEW}", "6A88"),
        (f"00 2C 01 80 10 {PUK} {NEW}", "6A86"),
        (f"00 2C 00 80 10 {PUK} {NEW}", "9000"),
        (STATUS, "63C3"),
    ],
    "9A wants the PIN once": [
        (SIGN_9A, "6982"),
        (VERIFY, "9000"),
        (SIGN_9A, "9000"),
        (CHUID, "9000"),
        (SIGN_9A, "9000"),
    ],
    "9C wants the PIN right before": [
        (VERIFY, "9000"),
        (SIGN_9C, "9000"),
        (SIGN_9C, "6982"),
        (VERIFY, "9000"),
        (CHUID, "9000"),
        (SIGN_9C, "6982"),
        (VERIFY, "9000"),
        ("10 87 14 9C 04 7C34 8200", "9000"),
        (f"00 87 14 9C 32 8130{'CD' * 48} 00", "9000"),
        (VERIFY, "9000"),
        ("00 CB", "6700"),
        (SIGN_9C, "6982"),
    ],
    "9E never wants the PIN": [(SIGN_9E, "9000"), (SIGN_9E, "9000")],
    "private keys refuse what does not fit them": [
        (f"00 87 11 83 26 7C24 8200 81{DIGEST} 00", "6A88"),
        (f"00 87 11 04 26 7C24 8200 81{DIGEST} 00", "6A88"),
        (f"00 87 14 9E 26 7C24 8200 81{DIGEST} 00", "6A86"),
        (f"00 87 07 9E 26 7C24 8200 81{DIGEST} 00", "6A86"),
        (f"00 87 11 9E 24 7C22 81{DIGEST} 00", "6A80"),
        ("00 87 11 9E 06 7C04 8200 8100 00", "6A80"),
        (f"00 87 11 9E 27 7C25 8200 8121{'AB' * 33} 00", "6A80"),
        ("00 87 11 9E 04 7C02 8200 00", "6A80"),
        ("00 87 11 9E 00", "6A80"),
        (f"00 87 11 9E 47 7C45 8200 8541 04{'01' * 64} 00", "6A80"),
    ],
    "ECDH refuses points off the curve": [
        (VERIFY, "9000"),
        (f"00 87 11 9D 47 7C45 8200 8541 04{'01' * 64} 00", "6A80"),
        (f"00 87 11 9D 27 7C25 8200 8521 02{'01' * 32} 00", "6A80"),
        ("00 87 11 9D 07 7C05 8200 8501 00 00", "6A80"),
    ],
    "RSA refuses blocks of another size": [
        (VERIFY, "9000"),
        (f"00 87 07 82 26 7C24 8200 81{DIGEST} 00", "6A80"),
        (f"00 87 07 82 00 010A 7C820106 8200 81820100 {'FF' * 256} 0000", "6A80"),
        (f"00 87 07 82 00 010A 7C820106 8200 81820100 {'00' * 255} 02 0000", "9000"),
    ],
    "administration wants the management key": [
        ("00 DB 3F FF 0A 5C03 5FC102 5303 010203", "6982"),
        ("00 47 00 9A 05 AC03 8001 11 00", "6982"),
        ("00 DB 3F FE 0A 5C03 5FC102 5303 010203", "6A86"),
        ("00 47 01 9A 05 AC03 8001 11 00", "6A86"),
        ("00 47 00 9B 05 AC03 8001 11 00", "6A86"),
    ],
    "the management key: wrong algorithm, no challenge, wrong answer": [
        ("00 87 03 9B 04 7C02 8100 00", "6A86"),
        (f"00 87 0A 9B 14 7C12 8210 {'00' * 16}", "6985"),
        ("00 87 0A 9B 04 7C02 8100 00", "9000"),
        (f"00 87 0A 9B 14 7C12 8210 {'00' * 16}", "6982"),
        (f"00 87 0A 9B 14 7C12 8210 {'00' * 16}", "6985"),
        ("00 87 0A 9B 04 7C02 8000 00", "9000"),
        (f"00 87 0A 9B 26 7C24 8010 {'00' * 16} 8110 {'00' * 16} 00", "6982"),
        ("00 87 0A 9B 04 7C02 8300 00", "6A80"),
        ("00 87 0A 9B 04 7C02 8100 8100 00", "6700"),
        ("00 87 0A 9B 06 7C04 8100 8100 00", "6A80"),
    ],
    "the card does not answer its own challenge for a stranger": [
        ("00 87 0A 9B 04 7C02 8100 00", "9000"),
        (f"00 87 0A 9B 16 7C14 8200 8110 {'00' * 16} 00", "6982"),
    ],
    "a chain broken by another command is dropped": [
        ("10 87 11 9E 10 7C24 8200 8120 ABABABABABABABABABAB", "9000"),
        (CHUID, "9000"),
        ("00 87 11 9E 16 ABABABABABABABABABABABABABABABABABABABABABAB 00", "6A80"),
        ("10 87 11 9E 10 7C24 8200 8120 ABABABABABABABABABAB", "9000"),
        ("00 C0 00 00 00", "6985"),
        ("00 87 11 9E 16 ABABABABABABABABABABABABABABABABABABABABABAB 00", "6A80"),
        ("10 87 11 9E 10 7C24 8200 8120 ABABABABABABABABABAB", "9000"),
        ("00 87 11 9E 16 ABABABABABABABABABABABABABABABABABABABABABAB 00", "9000"),
    ],
    "chaining where the command knows none": [
        ("10 CB 3F FF 05 5C03 5FC102", "6884"),
        ("10 A4 04 00 05 A000000308", "6884"),
    ],
    "GET RESPONSE with nothing waiting": [
        ("00 C0 00 00 00", "6985"),
        (CHUID, "9000"),
        ("00 C0 00 00 00", "6985"),
    ],
    "responses longer than Le wait": [
        ("00 CB 3F FF 05 5C03 5FC102 08", "610C"),
        ("00 C0 00 00 05", "6107"),
        ("00 C0 00 00 00", "9000"),
        ("00 CB 3F FF 05 5C03 5FC102", "9000"),
        ("00 CB 3F FF 05 5C03 5FC102 08", "610C"),
        ("00 C0 01 00 00", "6A86"),
        ("00 C0 00 00 00", "6985"),
        ("00 CB 3F FF 05 5C03 5FC102 08", "610C"),
        (STATUS, "63C3"),
        ("00 C0 00 00 00", "6985"),
    ],
}


def play(card: VirtualCard, story: Story) -> None:
    for number, (command, status) in enumerate(story, start=1):
        answer = card.transmit(bytes.fromhex(command.replace(" ", "")))
        assert answer[-2:].hex().upper() == status, f"command {number}: {command}"


@pytest.mark.parametrize("name", STORIES)
def test_story(insert: Insert, name: str) -> None:
    play(insert(), STORIES[name])


def test_nothing_works_before_select(insert: Insert) -> None:
    card = insert(select=False)
    for command in (CHUID, VERIFY, SIGN_9E, STATUS):
        assert card.transmit(bytes.fromhex(command.replace(" ", ""))) == b"\x6d\x00"


def test_reset_and_power_off_forget_what_was_verified(insert: Insert) -> None:
    card = insert()
    select = ("00 A4 04 00 09 A00000030800001000 00", "9000")
    play(card, [(VERIFY, "9000")])
    card.power_on()
    play(card, [(STATUS, "6D00"), select, (STATUS, "63C3"), (VERIFY, "9000")])
    card.power_off()
    card.power_on()
    play(card, [select, (PRINTED, "6982")])


def test_a_card_that_logs_out_on_select(insert: Insert) -> None:
    card = insert(reselect_resets_security=True)
    again = ("00 A4 04 00 09 A00000030800001000 00", "9000")
    play(card, [(VERIFY, "9000"), again, (STATUS, "63C3")])


def test_a_short_only_card_refuses_extended_lengths(insert: Insert) -> None:
    card = insert(short_apdus_only=True)
    extended = "00 CB 3F FF 00 0005 5C03 5FC102 0000"
    play(card, [(extended, "6700"), (CHUID, "9000")])
    play(insert(short_apdus_only=False), [(extended, "9000")])


def test_a_card_with_exact_le(insert: Insert) -> None:
    card = insert(exact_le=True)
    play(card, [("00 CB 3F FF 05 5C03 5FC102 20", "6C14")])
    play(card, [("00 CB 3F FF 05 5C03 5FC102 14", "9000")])
    play(card, [("00 CB 3F FF 05 5C03 5FC102 00", "9000")])


def test_the_application_template_names_version_and_authority(insert: Insert) -> None:
    card = insert(select=False)
    answer = card.transmit(bytes.fromhex("00A4040009A0000003080000100000"))
    assert answer[:2] == bytes([0x61, len(answer) - 4])
    assert bytes.fromhex("4F06000010000100") in answer
    assert bytes.fromhex("79074F05A000000308") in answer
