"""A PIN typed at a reader: our client and OpenSC's against the same driver, behind a real pcscd."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardsvc.card.commands import WrongPin
from cardsvc.card.piv import PinReference
from cardsvc.card.session import PivSession
from cardsvc.errors import CardError, ReasonCode
from reader_agent.pcsc import PcscConnection
from reader_agent.pin_entry import PinAtReader
from reader_agent.pin_pad import encode_verify_block, find_pin_pad
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.private_pcscd import VirtualPcscReader
from reader_agent.virtual.state import CardState
from tests.support import pcscd
from tests.support.pcscd import ForeignTools
from tests.support.pin_pads import PinPadReader

pytestmark = pytest.mark.pcsc

_ROOT = Path(__file__).parents[2]
_PIN = "83920174"


@pytest.fixture
def card(pin_pad: PinPadReader) -> VirtualCard:
    return _insert(pin_pad.reader)


def _insert(reader: VirtualPcscReader) -> VirtualCard:
    state = CardState.factory()
    state.set_pin(_PIN, 3)
    card = VirtualCard(state)
    pcscd.insert(reader, card)
    return card


@pytest.fixture
def session(pin_pad: PinPadReader, card: VirtualCard) -> Iterator[PivSession]:
    connection = PcscConnection(pin_pad.name)
    session = PivSession(connection)
    session.select()
    yield session
    connection.close()


def test_the_right_pin_is_verified_and_not_asked_for_twice(
    pin_pad: PinPadReader, session: PivSession
) -> None:
    pin_pad.keys.press(_PIN + "E")
    entry = PinAtReader()
    entry.present(session)
    assert pin_pad.keys.used
    session.select()
    entry.present(session)  # nobody presses anything any more
    assert session.pin_tries_left() is None


def test_the_holder_may_take_his_time(pin_pad: PinPadReader, session: PivSession) -> None:
    later = threading.Timer(0.3, pin_pad.keys.press, [_PIN + "E"])
    later.start()
    PinAtReader().present(session)
    later.join()


def test_the_card_counts_wrong_pins(
    pin_pad: PinPadReader, session: PivSession, card: VirtualCard
) -> None:
    for left in (2, 1, 0, 0):
        pin_pad.keys.press("999999E")
        with pytest.raises(WrongPin) as caught:
            PinAtReader().present(session)
        assert caught.value.tries_left == left == card.state.pin.tries


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ("T", ReasonCode.PIN_NOT_TYPED),
        ("8392T", ReasonCode.PIN_NOT_TYPED),
        ("C", ReasonCode.PIN_CANCELLED),
        ("8392C", ReasonCode.PIN_CANCELLED),
        ("12345E", ReasonCode.PIN_FORMAT),
        ("123456789E", ReasonCode.PIN_FORMAT),
    ],
)
def test_what_is_not_a_pin_burns_no_try(
    pin_pad: PinPadReader, session: PivSession, card: VirtualCard, keys: str, reason: ReasonCode
) -> None:
    pin_pad.keys.press(keys)
    with pytest.raises(CardError) as caught:
        PinAtReader().present(session)
    assert caught.value.reason is reason
    assert card.state.pin.tries == 3


def test_a_pad_that_does_not_come_back_is_left_and_the_reader_works_again_when_it_does(
    pin_pad: PinPadReader, card: VirtualCard
) -> None:
    connection = PcscConnection(pin_pad.name)
    pad = find_pin_pad(connection)
    assert pad is not None
    block = encode_verify_block(PinReference.APPLICATION)
    with pytest.raises(CardError) as caught:
        connection.control(pad.verify_code, block, 0.3)  # nobody presses anything
    assert caught.value.reason is ReasonCode.READER_FAILED
    pin_pad.keys.press("T")
    connection.close()
    again = PcscConnection(pin_pad.name, open_timeout_seconds=60)
    assert PivSession(again).select()
    again.close()
    assert pin_pad.keys.used
    assert card.state.pin.tries == 3


def test_a_reader_without_a_pad_is_known_as_one(pcsc_reader: VirtualPcscReader) -> None:
    _insert(pcsc_reader)
    connection = PcscConnection(pcsc_reader.name)
    assert find_pin_pad(connection) is None
    connection.close()


@pytest.mark.parametrize(
    ("keys", "succeeds", "said"),
    [
        (_PIN + "E", True, ""),
        ("999999E", False, "incorrect"),
        ("C", False, "cancelled"),
        ("T", False, "Timed out"),
    ],
)
def test_opensc_finds_the_same_pad_and_understands_it(
    opensc: ForeignTools,
    pin_pad: PinPadReader,
    card: VirtualCard,
    keys: str,
    succeeds: bool,
    said: str,
) -> None:
    listed = opensc.run("opensc-tool", "--list-readers")
    assert re.search(rf"Yes\s+PIN pad\s+{re.escape(pin_pad.name)}", listed)
    pin_pad.keys.press(keys)
    verify = ["pkcs15-tool", "--reader", pin_pad.name, "--verify-pin", "--auth-id", "01"]
    assert said in opensc.run(*verify, succeeds=succeeds)
    assert pin_pad.keys.used
    assert card.state.pin.tries == (2 if keys.startswith("9") else 3)


@pytest.mark.parametrize(("way", "within"), [("pad", False), ("typed", True)])
def test_a_pin_typed_at_the_reader_is_nowhere_in_our_memory(
    pin_pad: PinPadReader,
    card: VirtualCard,
    way: str,
    within: bool,
) -> None:
    """A PIN typed at the keyboard is found there, so that this would find the other, too."""
    if way == "pad":
        pin_pad.keys.press(_PIN + "E")
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.support.pin_pad_child", pin_pad.name, way],
        cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        if way == "typed":
            child.stdin.write(_PIN + "\n")
            child.stdin.flush()
        assert child.stdout.readline() == "verified\n"
        assert _holds(child.pid, _PIN.encode("ascii")) is within
    finally:
        child.communicate("\n", timeout=30)
    assert child.returncode == 0


def _holds(pid: int, wanted: bytes) -> bool:
    """Tell whether a process has octets anywhere in the memory that it can write."""
    process = Path("/proc") / str(pid)
    found = False
    with (process / "mem").open("rb", 0) as memory:
        for line in (process / "maps").read_text("utf-8").splitlines():
            span, rights, *_ = line.split()
            if not rights.startswith("rw"):
                continue
            start, end = (int(one, 16) for one in span.split("-"))
            memory.seek(start)
            found = found or wanted in memory.read(end - start)
    return found
