"""The provinces: the 63 units until 30/06/2025 and the 34 since, with the codes of both tables.

A bare code is ambiguous: seven codes outlived the merger under another unit's name. Whatever
stores a code stores the table beside it (``ProvinceCode``).

Spec: Decision 124/2004/QĐ-TTg (63 units), Decision 19/2025/QĐ-TTg (34 units), mergers by
Resolution 202/2025/QH15; cities by Resolutions 30, 36 and 39/2026/QH16. Data in provinces.tsv.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique
from functools import cache
from importlib.resources import files

REFORM_DATE = date(2025, 7, 1)
"""First day of the 34 units; the district level ended the day before."""

_COLUMNS = ("old_code", "old_name", "new_code", "new_name", "city_since")


@unique
class ProvinceTable(StrEnum):
    """Which list a two-digit code is taken from."""

    DECISION_124_2004 = "124/2004/QĐ-TTg"
    DECISION_19_2025 = "19/2025/QĐ-TTg"


@unique
class ProvinceKind(StrEnum):
    """Province or centrally run city, as written before the name."""

    PROVINCE = "tỉnh"
    CITY = "thành phố"


@dataclass(frozen=True, slots=True)
class ProvinceCode:
    """A two-digit code together with the table that gives it meaning."""

    table: ProvinceTable
    code: str


@dataclass(frozen=True, slots=True)
class Province:
    """A unit of the 34 (Decision 19/2025/QĐ-TTg).

    Args:
        code: two digits in the table of 2025.
        name: without the word for its kind.
        former_codes: codes, in the table of 2004, of the units that became this one.
        city_since: first day as a centrally run city, counted from the reform; None if not one.
    """

    code: str
    name: str
    former_codes: tuple[str, ...]
    city_since: date | None

    def kind(self, on: date) -> ProvinceKind:
        """Return what the unit was on a day, which is not before the reform."""
        if self.city_since is not None and on >= self.city_since:
            return ProvinceKind.CITY
        return ProvinceKind.PROVINCE


@dataclass(frozen=True, slots=True)
class FormerProvince:
    """A unit of the 63 (Decision 124/2004/QĐ-TTg): what a personal number's prefix names.

    Args:
        code: two digits in the table of 2004.
        name: as it was called then.
        successor_code: code, in the table of 2025, of the unit that it is part of now.
    """

    code: str
    name: str
    successor_code: str


@cache
def _rows() -> tuple[dict[str, str], ...]:
    text = files(__package__).joinpath("provinces.tsv").read_text(encoding="utf-8")
    header, *lines = text.splitlines()
    if tuple(header.split("\t")) != _COLUMNS:
        msg = "provinces.tsv does not have the columns expected"
        raise RuntimeError(msg)
    return tuple(dict(zip(_COLUMNS, line.split("\t"), strict=True)) for line in lines)


@cache
def former_provinces() -> dict[str, FormerProvince]:
    """Return the 63 units by their code of 2004."""
    return {
        row["old_code"]: FormerProvince(row["old_code"], row["old_name"], row["new_code"])
        for row in _rows()
    }


@cache
def provinces() -> dict[str, Province]:
    """Return the 34 units by their code of 2025, in the order of their codes."""
    found: dict[str, Province] = {}
    for row in sorted(_rows(), key=lambda row: (row["new_code"], row["old_code"])):
        earlier = found.get(row["new_code"])
        since = row["city_since"]
        found[row["new_code"]] = Province(
            row["new_code"],
            row["new_name"],
            (*(earlier.former_codes if earlier else ()), row["old_code"]),
            date.fromisoformat(since) if since else None,
        )
    return found


def find(code: ProvinceCode) -> Province | FormerProvince | None:
    """Return the unit that a code names in its table, or None."""
    if code.table is ProvinceTable.DECISION_124_2004:
        return former_provinces().get(code.code)
    return provinces().get(code.code)


def successor(code: ProvinceCode) -> Province | None:
    """Return today's unit for a code of either table, or None where the code names nothing."""
    if code.table is ProvinceTable.DECISION_19_2025:
        return provinces().get(code.code)
    former = former_provinces().get(code.code)
    return None if former is None else provinces()[former.successor_code]


@cache
def trap_codes() -> frozenset[str]:
    """Return the codes that meant one merging unit in 2004 and bear its partner's name now.

    Code 24 was Bắc Giang and is Bắc Ninh, whose own code had been 27. A renamed unit
    (46, Thừa Thiên Huế and then Huế) is no trap: it is the same place.
    """
    former_names = {former.name for former in former_provinces().values()}
    return frozenset(
        code
        for code, unit in provinces().items()
        if former_provinces()[code].name != unit.name and unit.name in former_names
    )
