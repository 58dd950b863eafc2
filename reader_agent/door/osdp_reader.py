"""A bolt and a panel at an OSDP reader, and what the reader tells.

Spec: IEC 60839-11-5 (SIA OSDP 2.2) osdp_OUT, osdp_LED, osdp_BUZ, osdp_KEYPAD, osdp_ISTATR. A
number that a reader reads off a card proves nothing and opens nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass

import osdp

from reader_agent.door.input_roles import Input, told_by
from reader_agent.door.keypad import Keypad
from reader_agent.door.moves import Happening, Signal
from reader_agent.door.osdp_bus import Command, OsdpBus
from reader_agent.door.outputs import Fail, OutputFailed

_OFF, _ON, _TIMED_ON, _TIMED_OFF = 1, 2, 5, 6
"""Control codes of osdp_OUT; the device itself ends a timed state."""
_TENTHS = 10
_HOLD_SECONDS = 15.0
"""A door that stands free is unlocked for so long at a time: if we die, it locks by itself."""
_RENEW_SECONDS = 5.0


class OsdpBolt:
    """Implements ``outputs.Bolt`` with an output of a reader.

    Args:
        bus: the line.
        address: the reader's.
        output: its number.
        fail: how the bolt stands while it is not energised.
    """

    def __init__(self, bus: OsdpBus, address: int, output: int, fail: Fail) -> None:
        self._bus = bus
        self._address = address
        self._output = output
        is_secure = fail is Fail.SECURE
        self._timed, self._locked = (_TIMED_ON, _OFF) if is_secure else (_TIMED_OFF, _ON)
        self._renew_at: float | None = None
        self._is_held = False

    def unlock(self, seconds: float | None) -> None:
        """Let the door be opened; the reader ends it.

        Raises:
            OutputFailed: the reader is not there.
        """
        self._is_held = seconds is None
        self._renew_at = None
        self._order(self._timed, _HOLD_SECONDS if seconds is None else seconds)

    def lock(self) -> None:
        """Keep the door shut.

        Raises:
            OutputFailed: the reader is not there.
        """
        self._is_held = False
        self._order(self._locked, 0)

    def rest(self) -> None:
        """Take the power off, where the reader is there; else its timer has ended already."""
        self._is_held = False
        with suppress(OutputFailed):
            self._order(_OFF, 0)

    def refresh(self, seconds: float) -> None:
        """Renew what holds the door free.

        Raises:
            OutputFailed: the reader is away, or an order was not carried out.
        """
        if self._bus.take_failure(self._address):
            raise OutputFailed(f"osdp {self._address}: an order was not carried out")
        if not self._bus.is_secure(self._address):
            raise OutputFailed(f"osdp {self._address}: not there")
        if self._is_held and (self._renew_at is None or seconds >= self._renew_at):
            self._renew_at = seconds + _RENEW_SECONDS
            self._order(self._timed, _HOLD_SECONDS)

    def close(self) -> None:
        """Rest; the line is the bus's."""
        self.rest()

    def _order(self, code: int, seconds: float) -> None:
        self._bus.order(
            self._address,
            {
                "command": osdp.Command.Output,
                "output_no": self._output,
                "control_code": code,
                "timer_count": round(seconds * _TENTHS),
            },
        )


@dataclass(frozen=True, slots=True)
class _Look:
    """Colours and times (tenths of a second) of a signal; ``lasts`` 0 is until the next one."""

    on: int
    off: int
    on_count: int
    off_count: int
    lasts: int
    beeps: int = 0


_COLOR = osdp.CommandLEDColor
_LOOKS = {
    Signal.READY: _Look(_COLOR.Red, _COLOR.Red, 1, 0, 0),
    Signal.FREE: _Look(_COLOR.Green, _COLOR.Green, 1, 0, 0),
    Signal.GRANTED: _Look(_COLOR.Green, _COLOR.Green, 1, 0, 30, beeps=1),
    Signal.DENIED: _Look(_COLOR.Red, _COLOR.Black, 2, 2, 20, beeps=3),
    Signal.WAIT: _Look(_COLOR.Amber, _COLOR.Black, 5, 5, 150),
    Signal.ALARM: _Look(_COLOR.Red, _COLOR.Black, 1, 1, 0, beeps=5),
}


class OsdpPanel:
    """Implements ``outputs.Panel`` with a reader's light and buzzer."""

    def __init__(self, bus: OsdpBus, address: int) -> None:
        self._bus = bus
        self._address = address

    def show(self, signal: Signal) -> None:
        """Show a signal, where the reader is there."""
        look = _LOOKS[signal]
        light: Command = {
            "command": osdp.Command.LED,
            "reader": 0,
            "led_number": 0,
            "temporary": look.lasts > 0,
            "control_code": 2 if look.lasts else 1,
            "on_count": look.on_count,
            "off_count": look.off_count,
            "on_color": look.on,
            "off_color": look.off,
            "timer_count": look.lasts,
        }
        sound: Command = {
            "command": osdp.Command.Buzzer,
            "reader": 0,
            "control_code": 2,
            "on_count": 2,
            "off_count": 1,
            "rep_count": look.beeps,
        }
        with suppress(OutputFailed):
            self._bus.order(self._address, light, is_vital=False)
            if look.beeps:
                self._bus.order(self._address, sound, is_vital=False)


def hear_reader(
    bus: OsdpBus,
    address: int,
    *,
    inputs: Mapping[Input, int],
    tell: Callable[[Happening], None],
    keypad: Keypad | None,
) -> None:
    """Have a reader's keys and inputs told.

    Args:
        bus: the line.
        address: the reader's.
        inputs: the numbers of its inputs by what they tell.
        tell: takes what happens.
        keypad: takes the keys.
    """
    stood: dict[Input, bool] = {}

    def hear(event: Command) -> None:
        if event["event"] == osdp.Event.KeyPress and keypad is not None:
            keypad.press(bytes(event["data"]))
        if event["event"] == osdp.Event.Status and event["type"] == osdp.StatusReportType.Input:
            report = bytes(event["report"])
            for role, number in inputs.items():
                if number < len(report) and stood.get(role) is not (report[number] != 0):
                    stood[role] = report[number] != 0
                    happening = told_by(role, is_active=stood[role])
                    if happening is not None:
                        tell(happening)

    bus.listen(address, hear)
