"""The tables ``[[doors]]``, ``[[osdp]]`` and ``[areas]`` of agent.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from enum import StrEnum, unique
from pathlib import Path
from typing import Any

from cardsvc.errors import Malformed
from cardsvc.terms import AssuranceLevel
from reader_agent.door.input_roles import Input
from reader_agent.door.outputs import Fail, RelayConfig
from reader_agent.door.rules import OUTSIDE, DoorRules, PassbackMode
from reader_agent.run.config_section import ConfigSection
from reader_agent.run.reader_config import ReaderConfig, Role
from verification.policy.fields import Table
from verification.policy.schedule import EVERY_DAY, NO_OWN_DAYS, Calendar, Schedule
from verification.policy.schedule_table import read_calendar, read_schedule

_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_MOST_PIN = 63


@unique
class Attendance(StrEnum):
    """What a tap at a door means for attendance."""

    NONE = "none"
    IN = "in"
    OUT = "out"
    BOTH = "both"
    """In at the reader outside, out at the reader inside; without one, in and out by turns."""


@dataclass(frozen=True, slots=True)
class OsdpOutput:
    """A bolt at an OSDP reader.

    Args:
        address: the reader's.
        output: the number of its output.
        fail: how the bolt stands while it is not energised.
    """

    address: int
    output: int
    fail: Fail

    def is_same_output(self, other: object) -> bool:
        """Tell whether another bolt hangs on the same output."""
        return isinstance(other, OsdpOutput) and (self.address, self.output) == (
            other.address,
            other.output,
        )


@dataclass(frozen=True, slots=True)
class DoorConfig:
    """One door.

    Args:
        rules: how it works.
        service: what cards are asked for.
        level: X1, or X2 with a PIN at the keypad.
        reader: outside, by its name in ``[[readers]]``.
        exit_reader: inside; empty for none.
        lock: what moves the bolt.
        panel: address of the OSDP reader whose light and sound tell; None for none.
        keypad: address of the OSDP reader whose keypad takes the PIN; None for none.
        pin_seconds: how long the holder has to type.
        takes_duress: whether ``*`` at the end of a PIN says that the holder is forced.
        pins: inputs at the board.
        osdp_inputs: inputs at the OSDP reader of ``panel``.
        attendance: what a tap means for attendance.
        watchdog_seconds: how long the door's loop may hang until the bolt is rested.
    """

    rules: DoorRules
    service: str
    reader: str
    lock: RelayConfig | OsdpOutput
    level: AssuranceLevel = AssuranceLevel.X1
    exit_reader: str = ""
    panel: int | None = None
    keypad: int | None = None
    pin_seconds: float = 15.0
    takes_duress: bool = False
    pins: Mapping[Input, int] | None = None
    osdp_inputs: Mapping[Input, int] | None = None
    attendance: Attendance = Attendance.NONE
    watchdog_seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class OsdpLineConfig:
    """The serial line of OSDP readers.

    Args:
        port: such as ``/dev/ttyUSB0``.
        baud: its speed.
        key_files: the file of each reader's base key, by address.
    """

    port: str
    baud: int
    key_files: Mapping[int, Path]


@dataclass(frozen=True, slots=True)
class DoorsConfig:
    """All doors of an agent.

    Args:
        doors: in the order of the file.
        line: the OSDP readers; None where there are none.
        reset_at: the time of day, Vietnam's, at which nobody is in any area; None for never.
    """

    doors: tuple[DoorConfig, ...] = ()
    line: OsdpLineConfig | None = None
    reset_at: time | None = None


NO_DOORS = DoorsConfig()


def parse_doors(file: ConfigSection, readers: tuple[ReaderConfig, ...]) -> DoorsConfig:
    """Parse what agent.toml says about doors.

    Args:
        file: the whole file.
        readers: those of ``[[readers]]``.

    Raises:
        ConfigError: names the entry.
    """
    areas = file.section("areas")
    reset_at = _time(areas, "reset_at")
    areas.done()
    line = _line(file.section("osdp")) if file.has("osdp") else None
    known = set() if line is None else set(line.key_files)
    at_doors = {one.name for one in readers if one.role is Role.DOOR}
    doors: list[DoorConfig] = []
    taken: set[str] = set()
    for section in file.sections("doors", most=32):
        door = _door(section, at_doors - taken, known)
        if any(door.rules.name == one.rules.name for one in doors):
            section.refuse("name", "two doors have this name")
        _refuse_shared_wires(section, door, doors)
        taken |= {door.reader, door.exit_reader}
        doors.append(door)
    return DoorsConfig(tuple(doors), line, reset_at)


def _refuse_shared_wires(
    section: ConfigSection, door: DoorConfig, others: Sequence[DoorConfig]
) -> None:
    """Refuse a pin that is used twice, at this door or another, and a bolt that is another's."""
    lock = door.lock
    inputs = set((door.pins or {}).values())
    if isinstance(lock, RelayConfig) and lock.pin in inputs:
        section.refuse("pins", f"pin {lock.pin} is the lock's")
    for other in others:
        if isinstance(lock, OsdpOutput) and lock.is_same_output(other.lock):
            section.refuse("lock", f"it is the lock of {other.rules.name}")
        if shared := _pins_of(door) & _pins_of(other):
            what = f"pin {min(shared)} is used at {other.rules.name}"
            section.refuse("pins" if shared & inputs else "lock", what)


def _pins_of(door: DoorConfig) -> set[int]:
    own = {door.lock.pin} if isinstance(door.lock, RelayConfig) else set()
    return own | set((door.pins or {}).values())


def _door(section: ConfigSection, readers: set[str], osdp: set[int]) -> DoorConfig:
    rules = _rules(section)
    reader = section.text("reader", most=64)
    exit_reader = section.text("exit_reader", most=64) if section.has("exit_reader") else ""
    for key, name in (("reader", reader), ("exit_reader", exit_reader)):
        if name and name not in readers:
            section.refuse(key, "no reader of the role door that is free has this name")
    if reader == exit_reader:
        section.refuse("exit_reader", "it is the reader outside")
    level_name = section.text("level", "X1")
    if level_name not in ("X1", "X2"):
        section.refuse("level", "X1 or X2 is needed")
    level = AssuranceLevel[level_name]
    keypad = _address(section, "keypad", osdp)
    if (level is AssuranceLevel.X2) is (keypad is None):
        section.refuse("keypad", "X2 needs a keypad, and X1 has no use for one")
    takes_duress = section.flag("duress", default=False)
    if takes_duress and keypad is None:
        section.refuse("duress", "it is told at a keypad")
    panel = _address(section, "panel", osdp)
    pins = _inputs(section.section("pins"))
    osdp_inputs = _inputs(section.section("osdp_inputs"))
    if osdp_inputs and panel is None:
        section.refuse("osdp_inputs", "they are at the reader of panel, which is missing")
    if pins.keys() & osdp_inputs.keys():
        section.refuse("osdp_inputs", "an input is at a pin and at a reader")
    has_contact = Input.CONTACT in {*pins, *osdp_inputs}
    if rules.has_contact is not has_contact:
        section.refuse("contact", "true needs an input named contact, false has none")
    found = DoorConfig(
        rules,
        section.text("service", most=200),
        reader,
        _lock(section.section("lock"), osdp),
        level,
        exit_reader,
        panel,
        keypad,
        section.seconds("pin_seconds", 15.0, least=3, most=60),
        takes_duress,
        pins,
        osdp_inputs,
        section.choice("attendance", Attendance, Attendance.NONE),
        section.seconds("watchdog_seconds", 2.0, least=0.5, most=30),
    )
    section.done()
    return found


def _rules(section: ConfigSection) -> DoorRules:
    name = section.text("name", most=64)
    if _NAME.fullmatch(name) is None:
        section.refuse("name", "a name of a-z 0-9 . _ - is needed")
    free = _schedule(section, "free") if section.has("free") else None
    interlock = section.text("interlock", most=64) if section.has("interlock") else ""
    if interlock and free is not None:
        section.refuse("free", "a door of an air lock never stands free")
    has_contact = section.flag("contact", default=True)
    if interlock and not has_contact:
        section.refuse("interlock", "without a contact nobody knows whether the door is shut")
    passback = section.choice("passback", PassbackMode, PassbackMode.OFF)
    to_area = section.text("to_area", most=64) if section.has("to_area") else ""
    if passback is not PassbackMode.OFF and not to_area:
        section.refuse("to_area", "anti-passback needs an area")
    return DoorRules(
        name,
        pulse_seconds=section.seconds("pulse_seconds", 5.0, least=0.5, most=60),
        most_tap_seconds=section.seconds("most_tap_seconds", 2.0, least=0.2, most=10),
        held_open_seconds=section.seconds("held_open_seconds", 30.0, least=1, most=3600),
        guard_seconds=section.seconds("guard_seconds", 15.0, least=1, most=120),
        has_contact=has_contact,
        access=_schedule(section, "access") if section.has("access") else EVERY_DAY,
        free=free,
        first_person_in=section.flag("first_person_in", default=True),
        calendar=_calendar(section),
        passback=passback,
        from_area=section.text("from_area", OUTSIDE, most=64),
        to_area=to_area,
        interlock=interlock,
        guarded=section.flag("guarded", default=False),
    )


def _schedule(section: ConfigSection, name: str) -> Schedule:
    try:
        return read_schedule(Table(section.table(name), name, None))
    except Malformed as error:
        section.refuse(name, str(error))


def _calendar(section: ConfigSection) -> Calendar:
    if not section.has("calendar"):
        return NO_OWN_DAYS
    table: dict[str, Any] = section.table("calendar")
    try:
        return read_calendar(Table(table, "calendar", ("closures", "working_days")))
    except Malformed as error:
        section.refuse("calendar", str(error))


def _lock(section: ConfigSection, osdp: set[int]) -> RelayConfig | OsdpOutput:
    fail = section.choice("fail", Fail)
    if section.has("pin"):
        pin = section.number("pin", most=_MOST_PIN)
        relay = RelayConfig(pin, section.flag("active_high", default=True), fail)
        section.done()
        return relay
    address = _address(section, "osdp", osdp)
    if address is None:
        section.refuse("pin", "a relay's pin, or the address osdp of a reader is needed")
    found = OsdpOutput(address, section.number("output", 0, most=7), fail)
    section.done()
    return found


def _inputs(section: ConfigSection) -> dict[Input, int]:
    found = {
        one: section.number(one.value, most=_MOST_PIN) for one in Input if section.has(one.value)
    }
    if len(set(found.values())) < len(found):
        section.refuse("", "two inputs are one")
    section.done()
    return found


def _line(section: ConfigSection) -> OsdpLineConfig:
    port = section.path("port")
    baud = section.number("baud", 9600, least=9600, most=230400)
    files: dict[int, Path] = {}
    for reader in section.sections("readers", most=31):
        address = reader.number("address", most=126)
        if address in files:
            reader.refuse("address", "two readers have this address")
        files[address] = reader.path("key_file")
        reader.done()
    if not files:
        section.refuse("readers", "a line without readers")
    section.done()
    return OsdpLineConfig(str(port), baud, files)


def _address(section: ConfigSection, name: str, known: set[int]) -> int | None:
    if not section.has(name):
        return None
    address = section.number(name, most=126)
    if address not in known:
        section.refuse(name, "no reader of [[osdp.readers]] has this address")
    return address


def _time(section: ConfigSection, name: str) -> time | None:
    if not section.has(name):
        return None
    text = section.text(name)
    if _TIME.fullmatch(text) is None:
        section.refuse(name, "a time of day HH:MM is needed")
    return time.fromisoformat(text)
