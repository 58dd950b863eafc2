"""A list of agencies to import: a TOML file, or columns from a spreadsheet, parted by tabs."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import NoReturn

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from issuance.registry.agencies import MAX_NAME_LENGTH, NewAgency

MAX_LIST_CHARACTERS = 4 * 1024 * 1024
MAX_AGENCIES = 20_000
"""All administrative bodies and public units of the largest province are fewer."""

_COLUMNS = ("code", "name", "short_name", "parent", "valid_from")
_NEEDED = frozenset({"code", "name", "valid_from"})


def parse_agency_list(text: str) -> tuple[tuple[NewAgency, date], ...]:
    """Parse a list: TOML with ``[[agency]]`` tables, or a header line and lines parted by tabs.

    Columns are ``code name short_name parent valid_from``; the day is ``yyyy-mm-dd``.

    Raises:
        Malformed: MALFORMED_AGENCY_LIST, or the code's own reason; the message names the entry.
    """
    if len(text) > MAX_LIST_CHARACTERS:
        _refuse("the list is too long")
    text = text.removeprefix("\ufeff")
    first = text.split("\n", 1)[0]
    entries = _by_tabs(text) if "\t" in first else _toml(text)
    if not 0 < len(entries) <= MAX_AGENCIES:
        _refuse(f"a list has 1 to {MAX_AGENCIES} agencies")
    return tuple(_agency(entry, number) for number, entry in enumerate(entries, start=1))


def _refuse(what: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_AGENCY_LIST, what)


def _toml(text: str) -> list[Mapping[str, object]]:
    try:
        document = tomllib.loads(text)
    except (ValueError, RecursionError):
        _refuse("neither TOML nor columns parted by tabs")
    entries = document.get("agency")
    if document.keys() != {"agency"} or not isinstance(entries, list):
        _refuse("the list has [[agency]] tables and nothing else")
    if not all(isinstance(entry, dict) for entry in entries):
        _refuse("the list has [[agency]] tables and nothing else")
    return entries


def _by_tabs(text: str) -> list[Mapping[str, object]]:
    header, *lines = text.splitlines()
    names = [name.strip() for name in header.split("\t")]
    if not _NEEDED <= set(names) <= set(_COLUMNS) or len(set(names)) != len(names):
        _refuse(f"the columns are {' '.join(_COLUMNS)}")
    entries: list[Mapping[str, object]] = []
    for number, line in enumerate(lines, start=2):
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.split("\t")]
        if len(cells) > len(names):
            _refuse(f"line {number} has more cells than the header")
        entry: dict[str, object] = {n: c for n, c in zip(names, cells, strict=False) if c}
        if "valid_from" in entry:
            entry["valid_from"] = _day(str(entry["valid_from"]), number)
        entries.append(entry)
    return entries


def _day(text: str, number: int) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        _refuse(f"line {number}: valid_from is yyyy-mm-dd")


def _agency(entry: Mapping[str, object], number: int) -> tuple[NewAgency, date]:
    if not entry.keys() >= _NEEDED or not entry.keys() <= set(_COLUMNS):
        _refuse(f"agency {number} has {' '.join(_COLUMNS)}; the first two and the last are needed")
    first_day = entry["valid_from"]
    if not isinstance(first_day, date) or isinstance(first_day, datetime):
        _refuse(f"agency {number}: valid_from is a day")
    texts = {name: _text(entry[name], name, number) for name in entry if name != "valid_from"}
    parent = texts.get("parent")
    agency = NewAgency(
        code=AgencyCode.parse(texts["code"]),
        name=texts["name"],
        short_name=texts.get("short_name", ""),
        parent=AgencyCode.parse(parent) if parent else None,
    )
    return agency, first_day


def _text(value: object, name: str, number: int) -> str:
    if not isinstance(value, str):
        _refuse(f"agency {number}: {name} is a text")
    cleaned = unicodedata.normalize("NFC", value.strip())
    if not 0 < len(cleaned) <= MAX_NAME_LENGTH or not cleaned.isprintable():
        _refuse(f"agency {number}: {name} is empty, too long or not printable")
    return cleaned
