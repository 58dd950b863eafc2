"""Lists of made-up people as files: clean ones, and the dirt that offices send."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime
from io import BytesIO
from typing import Any

from openpyxl import Workbook

from cardsvc.agency_records import Agency, AgencyBook, AgencyFate, AgencyVersion
from cardsvc.clock import SettableClock
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.terms import CardType
from issuance.importing.agencies import AgenciesOfBook
from issuance.importing.desk import ImportDesk
from issuance.importing.ports import AgencyNames, ImportStore
from issuance.importing.source import ListOptions, ReadList, parse_list

AT = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
STAFF = ListOptions(CardType.CIVIL_SERVANT)
PEOPLE = ListOptions(CardType.INDIVIDUAL)
HEAD = ["STT", "Họ và tên", "Số CCCD", "Ngày sinh", "Giới tính", "Mã cơ quan", "Cơ quan quản lý",
        "Đơn vị công tác", "Chức vụ", "Loại cán bộ"]  # fmt: skip
KHUE = [1, "Nguyễn Thị Minh Khuê", "046190012345", "02/09/1990", "Nữ", "H57.12", "Sở Nội vụ",
        "Phòng Công chức", "Chuyên viên", "CC"]  # fmt: skip
DUC = [2, "Đặng Văn Đức", "079085000123", date(1985, 3, 4), "Nam", "H57.12", "Sở Nội vụ",
       "Văn phòng", "Chánh Văn phòng", "Công chức"]  # fmt: skip
_TONES = "\u0300\u0301\u0303\u0309\u0323"


def _agency(
    code: str, name: str, short_name: str = "", parent: str = "", became: str = ""
) -> Agency:
    version = AgencyVersion(
        name, short_name, AgencyCode(parent) if parent else None, date(2020, 1, 1),
        date(2025, 6, 30) if became else None,
        AgencyFate.MERGED if became else None,
        (AgencyCode(became),) if became else (),
    )  # fmt: skip
    return Agency(AgencyCode(code), (version,))


def listed_agencies() -> AgencyNames:
    """Return a registry of two agencies, two units, and one that was merged."""
    agencies = (
        _agency("H57.12", "Sở Nội vụ", "SNV"),
        _agency("H57.12.1", "Phòng Công chức", parent="H57.12"),
        _agency("H57.12.2", "Văn phòng", parent="H57.12"),
        _agency("H57.13", "Sở Tài chính"),
        _agency("H57.14", "Sở Kế hoạch và Đầu tư", became="H57.13"),
    )
    return AgenciesOfBook(AgencyBook(agencies))


def workbook(*rows: Sequence[object], title: str = "Danh sách") -> Workbook:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    return book


def saved(book: Workbook) -> bytes:
    octets = BytesIO()
    book.save(octets)
    return octets.getvalue()


def xlsx(*rows: Sequence[object]) -> bytes:
    return saved(workbook(*rows))


def staff_row(number: int, **changes: Any) -> list[object]:
    """Return a person's row; each number is another person."""
    values = dict(zip(HEAD, KHUE, strict=True))
    values["STT"] = number
    values["Số CCCD"] = f"046190{number:06d}"
    return list((values | changes).values())


def staff_csv(rows: int, first: int = 1) -> bytes:
    lines = [HEAD, *(staff_row(number) for number in range(first, first + rows))]
    return "\n".join(";".join(str(one) for one in line) for line in lines).encode()


def read_staff(*rows: Sequence[object]) -> ReadList:
    return parse_list(xlsx(HEAD, *rows), STAFF)


def import_desk(store: ImportStore) -> ImportDesk:
    numbers = itertools.count(1)
    return ImportDesk(store, listed_agencies, SettableClock(AT), lambda: f"id-{next(numbers)}")


def as_windows_1258(text: str) -> bytes:
    """Encode as Windows-1258 does: letters with their own code, tones behind them."""
    out = []
    for one in unicodedata.normalize("NFC", text):
        parts = unicodedata.normalize("NFD", one)
        tones = "".join(mark for mark in parts if mark in _TONES)
        letter = "".join(mark for mark in parts if mark not in _TONES)
        out.append(unicodedata.normalize("NFC", letter) + tones)
    return "".join(out).encode("cp1258")
