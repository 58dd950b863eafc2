"""What may be set at an agent from afar: an explicit list of sections and entries of agent.toml.

Everything else stays with the machine: where the service is, keys, paths, ports, readers, wiring,
and whatever would open a door without two people. What is not in this list can't be set, be it
known to the agent or not. The agent's own parsers judge the values once more, with its own file.
Spec: TOML 1.0.0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import Any

from cardsvc.config_section import ConfigError, ConfigSection, parse_config_text
from cardsvc.errors import Malformed
from verification.policy.fields import Table
from verification.policy.schedule_table import read_calendar, read_schedule

MAX_SETTINGS_OCTETS = 16_384
DOORS = "doors"
"""Its tables change the door of the same name; every other list takes the whole one's place."""
_TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_Check = Callable[[ConfigSection, str], object]


@unique
class _Level(StrEnum):
    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@unique
class _CardLevel(StrEnum):
    X1 = "X1"
    X2 = "X2"


@unique
class _Caution(StrEnum):
    ALLOW = "allow"
    PIN = "pin"
    GUARD = "guard"
    DENY = "deny"


@unique
class _Passback(StrEnum):
    OFF = "off"
    SOFT = "soft"
    HARD = "hard"


@unique
class _AtDoor(StrEnum):
    NONE = "none"
    IN = "in"
    OUT = "out"
    BOTH = "both"


@unique
class _Direction(StrEnum):
    IN = "in"
    OUT = "out"
    UNKNOWN = "unknown"


def _text(most: int) -> _Check:
    return lambda section, name: section.text(name, most=most)


def _seconds(least: float, most: float) -> _Check:
    return lambda section, name: section.seconds(name, least, least=least, most=most)


def _number(least: int, most: int) -> _Check:
    return lambda section, name: section.number(name, least=least, most=most)


def _flag(section: ConfigSection, name: str) -> object:
    return section.flag(name)


def _word(kind: type[StrEnum]) -> _Check:
    return lambda section, name: section.choice(name, kind)


def _time(section: ConfigSection, name: str) -> None:
    if _TIME.fullmatch(section.text(name)) is None:
        section.refuse(name, "a time of day HH:MM is needed")


def _schedule(section: ConfigSection, name: str) -> None:
    try:
        read_schedule(Table(section.table(name), name, None))
    except Malformed as error:
        section.refuse(name, str(error))


def _calendar(section: ConfigSection, name: str) -> None:
    try:
        read_calendar(Table(section.table(name), name, ("closures", "working_days")))
    except Malformed as error:
        section.refuse(name, str(error))


@dataclass(frozen=True, slots=True)
class _Tables:
    """The tables of a list.

    Args:
        most: how many there may be.
        needed: entries that each must have.
        optional: those that it may have.
        key: of which no two have the same; empty for none.
    """

    most: int
    needed: Mapping[str, _Check]
    optional: Mapping[str, _Check]
    key: str = ""

    def __call__(self, section: ConfigSection, name: str) -> None:
        seen: set[str] = set()
        for one in section.sections(name, most=self.most):
            for needed, check in self.needed.items():
                check(one, needed)
            _check(one, {**self.needed, **self.optional})
            if self.key:
                value = one.text(self.key)
                if value in seen:
                    one.refuse(self.key, "it stands twice")
                seen.add(value)


_SCREEN: Mapping[str, _Check] = {
    "name_vi": _text(80),
    "name_en": _text(80),
    "sound": _flag,
    "shuffle_pin_pad": _flag,
}
_KIOSK_SERVICES = _Tables(
    6,
    {"service": _text(64), "title_vi": _text(60), "title_en": _text(60)},
    {"level": _word(_CardLevel)},
    key="service",
)
_STALE_STEPS = _Tables(
    64,
    {"after_hours": _number(0, 24 * 365), "then": _word(_Caution)},
    {"service": _text(200)},
)
_ATTENDANCE = _Tables(
    16,
    {"service": _text(200), "direction": _word(_Direction), "place": _text(64)},
    {},
    key="service",
)
_AT_DOORS = _Tables(
    32,
    {"name": _text(64)},
    {
        "pulse_seconds": _seconds(0.5, 60),
        "most_tap_seconds": _seconds(0.2, 10),
        "held_open_seconds": _seconds(1, 3600),
        "guard_seconds": _seconds(1, 120),
        "pin_seconds": _seconds(3, 60),
        "access": _schedule,
        "calendar": _calendar,
        "passback": _word(_Passback),
        "attendance": _word(_AtDoor),
    },
    key="name",
)
_SECTIONS: Mapping[str, Mapping[str, _Check]] = {
    "service": {"answer_seconds": _seconds(0.2, 30)},
    "log": {"level": _word(_Level)},
    "kiosk": {
        **_SCREEN,
        "change_pin": _flag,
        "activate": _flag,
        "report_loss": _flag,
        "own_checks": _flag,
        "services": _KIOSK_SERVICES,
    },
    "counter": _SCREEN,
    "offline": {"refresh_seconds": _seconds(1, 3600), "steps": _STALE_STEPS},
    "areas": {"reset_at": _time},
}
_LISTS: Mapping[str, _Tables] = {DOORS: _AT_DOORS, "attendance": _ATTENDANCE}


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """What is set at an agent from afar.

    Args:
        text: as it was written.
        table: what it says; only entries that may be set.
    """

    text: str = ""
    table: Mapping[str, Any] = field(default_factory=dict, repr=False)


def parse_agent_settings(text: str) -> AgentSettings:
    """Parse settings for an agent; an empty text sets nothing.

    Raises:
        ConfigError: too large, not TOML, or an entry that may not be set, or not so; names the
            entry and the line.
    """
    try:
        octets = len(text.encode())
    except UnicodeEncodeError:
        raise ConfigError("", None, "not Unicode") from None
    if octets > MAX_SETTINGS_OCTETS:
        raise ConfigError("", None, f"more than {MAX_SETTINGS_OCTETS} octets")
    file = parse_config_text(text)
    for name in file.names():
        if name in _SECTIONS:
            _check(file.section(name), _SECTIONS[name])
        elif name in _LISTS:
            _LISTS[name](file, name)
        else:
            file.refuse(name, _NOT_FROM_AFAR)
    return AgentSettings(text, file.value())


def allowed_entries() -> tuple[str, ...]:
    """Return what may be set, such as ``kiosk.sound``, for those who write it."""
    found = [f"{name}.{one}" for name, entries in _SECTIONS.items() for one in entries]
    for name, tables in _LISTS.items():
        found += [f"{name}[].{one}" for one in {**tables.needed, **tables.optional}]
    return tuple(found)


_NOT_FROM_AFAR = "this is set at the machine only"


def _check(section: ConfigSection, entries: Mapping[str, _Check]) -> None:
    for name in section.names():
        if name not in entries:
            section.refuse(name, _NOT_FROM_AFAR)
        entries[name](section, name)
