"""Doors at OSDP readers: libosdp on both sides of a line, over its secure channel."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import osdp
import pytest

from cardsvc.errors import CardError, ReasonCode
from reader_agent.door.input_roles import Input
from reader_agent.door.keypad import Keypad
from reader_agent.door.moves import ContactMoved, ExitAsked, Happening, Signal
from reader_agent.door.osdp_bus import OsdpBus, OsdpDevice
from reader_agent.door.osdp_keys import read_base_key
from reader_agent.door.osdp_reader import OsdpBolt, OsdpPanel, hear_reader
from reader_agent.door.outputs import Fail, OutputFailed
from tests.support.osdp_peer import ADDRESS, BASE_KEY, OsdpPeer, osdp_peer, wait_for


@contextmanager
def working(bus: OsdpBus) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=bus.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def works(act: Callable[[], None]) -> bool:
    try:
        act()
    except OutputFailed:
        return False
    return True


class Line:
    """A bus with one reader on it, both at work."""

    def __init__(self, peer: OsdpPeer, bus: OsdpBus) -> None:
        self.peer, self.bus = peer, bus
        self.told: list[Happening] = []
        self.keypad = Keypad(2.0, takes_duress=True)


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with osdp_peer() as (peer, port):
        bus = OsdpBus(port, 115200, [OsdpDevice(ADDRESS, BASE_KEY)])
        made = Line(peer, bus)
        inputs = {Input.CONTACT: 0, Input.EXIT: 1}
        hear_reader(bus, ADDRESS, inputs=inputs, tell=made.told.append, keypad=made.keypad)
        with working(bus):
            assert wait_for(lambda: bus.is_secure(ADDRESS))
            yield made


@pytest.fixture(autouse=True)
def fresh(line: Line) -> None:
    line.peer.commands.clear()
    line.told.clear()


def test_the_reader_itself_ends_the_pulse(line: Line) -> None:
    bolt = OsdpBolt(line.bus, ADDRESS, 1, Fail.SECURE)
    bolt.unlock(5.0)
    bolt.lock()
    assert wait_for(lambda: len(line.peer.outputs()) == 2)
    assert line.peer.outputs() == [(1, 5, 50), (1, 1, 0)]


def test_a_lock_that_power_keeps_shut_is_switched_the_other_way(line: Line) -> None:
    bolt = OsdpBolt(line.bus, ADDRESS, 0, Fail.SAFE)
    bolt.unlock(5.0)
    bolt.lock()
    bolt.rest()
    assert wait_for(lambda: len(line.peer.outputs()) == 3)
    assert line.peer.outputs() == [(0, 6, 50), (0, 2, 0), (0, 1, 0)]


def test_a_free_door_is_unlocked_for_a_while_again_and_again(line: Line) -> None:
    bolt = OsdpBolt(line.bus, ADDRESS, 0, Fail.SECURE)
    bolt.unlock(None)
    for seconds in (100.0, 101.0, 106.0):
        bolt.refresh(seconds)
    assert wait_for(lambda: len(line.peer.outputs()) == 3)
    assert line.peer.outputs() == [(0, 5, 150)] * 3
    bolt.lock()
    bolt.refresh(120.0)
    assert wait_for(lambda: line.peer.outputs()[-1] == (0, 1, 0))


def test_light_and_sound_tell(line: Line) -> None:
    panel = OsdpPanel(line.bus, ADDRESS)
    panel.show(Signal.GRANTED)
    panel.show(Signal.DENIED)
    assert wait_for(lambda: len(line.peer.commands) == 4)
    assert line.peer.lights() == [osdp.CommandLEDColor.Green, osdp.CommandLEDColor.Red]


def test_inputs_are_told_when_they_change(line: Line) -> None:
    line.peer.inputs(1, 0)
    line.peer.inputs(1, 1)
    line.peer.inputs(0, 1)
    expected = [ContactMoved(is_open=False), ExitAsked(), ContactMoved(is_open=True)]
    assert wait_for(lambda: line.told == expected), line.told


def test_a_number_off_a_card_does_nothing(line: Line) -> None:
    line.peer.inputs(1, 0)
    line.peer.inputs(0, 0)
    assert wait_for(lambda: ContactMoved(is_open=True) in line.told)
    line.told.clear()
    line.peer.read_number(b"\x12\x34\x56\x78")
    line.peer.inputs(0, 1)
    assert wait_for(lambda: ExitAsked() in line.told)
    assert line.told == [ExitAsked()]
    assert line.peer.outputs() == []


@pytest.mark.parametrize(
    ("keys", "typed"),
    [
        (b"123456\x0d", ("123456", False)),
        (b"12\x7f654321\x0d", ("654321", False)),
        (b"123456\x7f", ("123456", True)),
    ],
)
def test_a_pin_comes_from_the_keypad(line: Line, keys: bytes, typed: tuple[str, bool]) -> None:
    found: list[tuple[str, bool]] = []
    asking = threading.Thread(target=lambda: found.append(line.keypad.ask()))
    asking.start()
    for key in keys:
        line.peer.press(bytes([key]))
    asking.join()
    assert found == [typed]


def test_an_order_that_a_silent_reader_did_not_take_never_comes_later() -> None:
    with osdp_peer() as (peer, port):
        bus = OsdpBus(port, 115200, [OsdpDevice(ADDRESS, BASE_KEY)])
        bolt = OsdpBolt(bus, ADDRESS, 0, Fail.SECURE)
        with pytest.raises(OutputFailed):
            bolt.unlock(5.0)
        with working(bus):
            assert wait_for(lambda: bus.is_secure(ADDRESS))
            peer.stop()
            bolt.unlock(5.0)
            assert wait_for(lambda: bus.take_failure(ADDRESS))
            peer.start_again()
            assert wait_for(lambda: works(bolt.lock) and (0, 1, 0) in peer.outputs())
            assert (0, 5, 50) not in peer.outputs()


def test_a_reader_with_another_key_is_not_there() -> None:
    with osdp_peer(base_key=bytes(range(1, 17))) as (peer, port):
        bus = OsdpBus(port, 115200, [OsdpDevice(ADDRESS, BASE_KEY)])
        with working(bus):
            assert not wait_for(lambda: bus.is_secure(ADDRESS), 2)
            with pytest.raises(OutputFailed):
                OsdpBolt(bus, ADDRESS, 0, Fail.SECURE).unlock(5.0)
        assert peer.commands == []


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        (BASE_KEY.hex(), 0o640),
        (BASE_KEY.hex()[:-2], 0o600),
        ("303132333435363738393a3b3c3d3e3f", 0o600),
        ("0" * 32, 0o600),
    ],
)
def test_a_key_that_others_know_is_none(tmp_path: Path, text: str, mode: int) -> None:
    file = tmp_path / "osdp.key"
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(CardError) as caught:
        read_base_key(file)
    assert caught.value.reason is ReasonCode.ACCESS_DENIED
    assert BASE_KEY.hex()[:8] not in str(caught.value)


def test_a_key_is_read_from_a_private_file(tmp_path: Path) -> None:
    file = tmp_path / "osdp.key"
    file.write_text(BASE_KEY.hex() + "\n")
    file.chmod(0o600)
    assert read_base_key(file) == BASE_KEY
