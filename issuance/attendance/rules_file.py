"""Reads the rules of attendance, strictly: every entry known and of its kind."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, NoReturn

from cardsvc.errors import Malformed, ReasonCode
from issuance.attendance.shifts import Shift, ShiftBook

MAX_CHARACTERS = 64 * 1024
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PERIOD = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]|24):([0-5][0-9])")
_MINUTES_A_DAY = 24 * 60
_NUMBERS = {
    "late_after_minutes": ("late_after", 5, 120),
    "early_before_minutes": ("early_before", 5, 120),
    "full_day_percent": ("full_day_percent", 75, 100),
    "half_day_percent": ("half_day_percent", 40, 100),
    "overtime_from_minutes": ("overtime_from", 30, 600),
}
_MOST_SHIFTS, _MOST_UNITS, _MOST_TEXT = 50, 2000, 200


def parse_attendance_rules(text: str) -> ShiftBook:
    """Parse shifts and who works them (TOML 1.0).

    Raises:
        Malformed: MALFORMED_ATTENDANCE; the message names the entry.
    """
    if len(text) > MAX_CHARACTERS:
        _refuse("too long")
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError):
        _refuse("not TOML")
    _only(document, {"default", "shifts", "units"}, "the file")
    tables = document.get("shifts")
    if not isinstance(tables, dict) or not 0 < len(tables) <= _MOST_SHIFTS:
        _refuse("shifts are missing")
    shifts = {name: _shift(name, table) for name, table in tables.items()}
    default = document.get("default")
    if not isinstance(default, str) or default not in shifts:
        _refuse("default names no shift")
    return ShiftBook(shifts[default], _units(document.get("units", []), shifts))


def _shift(name: str, table: object) -> Shift:
    where = f"shifts.{name}"[:_MOST_TEXT]
    if not isinstance(table, dict):
        _refuse(f"{where} is no table")
    _only(table, {"vi", "en", "work", "days", "holidays", *_NUMBERS}, where)
    holidays = table.get("holidays", "off")
    if holidays not in ("off", "worked"):
        _refuse(f"{where}.holidays is off or worked")
    numbers = {
        field: _number(table.get(key, default), f"{where}.{key}", most)
        for key, (field, default, most) in _NUMBERS.items()
    }
    if not 0 < numbers["half_day_percent"] <= numbers["full_day_percent"]:
        _refuse(f"{where}.half_day_percent is above full_day_percent, or nothing")
    return Shift(
        name,
        _text(table.get("vi"), f"{where}.vi"),
        _text(table.get("en"), f"{where}.en"),
        _work(table.get("work"), f"{where}.work"),
        _days(table.get("days"), f"{where}.days"),
        works_holidays=holidays == "worked",
        **numbers,
    )


def _work(value: object, where: str) -> tuple[tuple[int, int], ...]:
    if not isinstance(value, list) or not 0 < len(value) <= 6:
        _refuse(f"{where} is a list of HH:MM-HH:MM")
    spans: list[tuple[int, int]] = []
    for one in value:
        match = _PERIOD.fullmatch(one) if isinstance(one, str) else None
        if match is None:
            _refuse(f"{where} is a list of HH:MM-HH:MM")
        hours = [int(part) for part in match.groups()]
        start, end = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
        if end <= start:
            end += _MINUTES_A_DAY
        if spans and spans[-1][1] >= _MINUTES_A_DAY:
            start, end = start + _MINUTES_A_DAY, end + _MINUTES_A_DAY  # a break after midnight
        if spans and start < spans[-1][1]:
            _refuse(f"{where}: spans overlap or are out of order")
        spans.append((start, end))
    if spans[-1][1] - spans[0][0] > _MINUTES_A_DAY:
        _refuse(f"{where} is longer than a day")
    return tuple(spans)


def _days(value: object, where: str) -> frozenset[int]:
    if not isinstance(value, list) or not value or not all(one in _DAYS for one in value):
        _refuse(f"{where} is a list of mon to sun")
    return frozenset(_DAYS.index(one) for one in value)


def _units(value: object, shifts: dict[str, Shift]) -> dict[tuple[str, str], Shift]:
    if not isinstance(value, list) or len(value) > _MOST_UNITS:
        _refuse("units is a list of tables")
    found: dict[tuple[str, str], Shift] = {}
    for table in value:
        if not isinstance(table, dict):
            _refuse("units is a list of tables")
        _only(table, {"agency", "unit", "shift"}, "units")
        unit = _text(table["unit"], "units.unit") if "unit" in table else ""
        key = (_text(table.get("agency"), "units.agency"), unit)
        name = table.get("shift")
        if not isinstance(name, str) or name not in shifts:
            _refuse("units.shift names no shift")
        if key in found:
            _refuse("units: one stands twice")
        found[key] = shifts[name]
    return found


def _only(table: dict[str, Any], known: set[str], where: str) -> None:
    if unknown := sorted(table.keys() - known):
        _refuse(f"{where} has no entry {unknown[0]!r}"[:_MOST_TEXT])


def _text(value: object, where: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _MOST_TEXT or not value.isprintable():
        _refuse(f"{where} is no text")
    return value


def _number(value: object, where: str, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        _refuse(f"{where} is no number from 0 to {most}")
    return value


def _refuse(what: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_ATTENDANCE, what)


@cache
def shipped_rules() -> ShiftBook:
    """Return the rules that come with the software."""
    text = files("issuance.attendance").joinpath("attendance.toml").read_text("utf-8")
    return parse_attendance_rules(text)
