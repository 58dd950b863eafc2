"""Provinces, dates, and the identity card's QR text."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.citizen_qr import CitizenQrWarning, parse_citizen_qr
from cardsvc.identity.names import NameWarning
from cardsvc.identity.partial_date import PartialDate, letter_date
from cardsvc.identity.personal_number import PersonalNumber, PersonalNumberWarning
from cardsvc.identity.provinces import (
    REFORM_DATE,
    FormerProvince,
    Province,
    ProvinceCode,
    ProvinceKind,
    ProvinceTable,
    find,
    former_provinces,
    provinces,
    successor,
    trap_codes,
)

OLD, NEW = ProvinceTable.DECISION_124_2004, ProvinceTable.DECISION_19_2025


def test_both_tables_are_whole() -> None:
    assert len(former_provinces()) == 63
    assert len(provinces()) == 34
    merged = [code for unit in provinces().values() for code in unit.former_codes]
    assert sorted(merged) == sorted(former_provinces())
    for unit in (*former_provinces().values(), *provinces().values()):
        assert unicodedata.is_normalized("NFC", unit.name)


@pytest.mark.parametrize(
    ("code", "then", "now"),
    [
        ("15", "Yên Bái", "Lào Cai"),
        ("24", "Bắc Giang", "Bắc Ninh"),
        ("44", "Quảng Bình", "Quảng Trị"),
        ("52", "Bình Định", "Gia Lai"),
        ("80", "Long An", "Tây Ninh"),
        ("82", "Tiền Giang", "Đồng Tháp"),
        ("91", "Kiên Giang", "An Giang"),
    ],
)
def test_the_seven_traps(code: str, then: str, now: str) -> None:
    former, current = find(ProvinceCode(OLD, code)), find(ProvinceCode(NEW, code))
    assert isinstance(former, FormerProvince)
    assert isinstance(current, Province)
    assert (former.name, current.name) == (then, now)
    assert code in trap_codes()
    assert len(trap_codes()) == 7


def test_successors() -> None:
    unit = successor(ProvinceCode(OLD, "27"))
    assert unit is not None
    assert (unit.code, unit.name, unit.former_codes) == ("24", "Bắc Ninh", ("24", "27"))
    assert successor(ProvinceCode(NEW, "24")) == unit
    assert successor(ProvinceCode(NEW, "27")) is None
    assert successor(ProvinceCode(OLD, "03")) is None
    assert find(ProvinceCode(NEW, "02")) is None


def test_cities_of_2026() -> None:
    cities = {unit.name for unit in provinces().values() if unit.city_since == REFORM_DATE}
    assert cities == {"Hà Nội", "Hồ Chí Minh", "Hải Phòng", "Đà Nẵng", "Cần Thơ", "Huế"}
    quang_ninh = provinces()["22"]
    assert quang_ninh.kind(date(2026, 8, 31)) is ProvinceKind.PROVINCE
    assert quang_ninh.kind(date(2026, 9, 1)) is ProvinceKind.CITY
    assert provinces()["04"].kind(date(2026, 11, 1)) is ProvinceKind.PROVINCE
    assert provinces()["75"].city_since == date(2026, 4, 30)
    assert provinces()["24"].city_since == date(2026, 9, 20)


@pytest.mark.parametrize(
    ("text", "iso", "vi"),
    [
        ("15/01/1999", "1999-01-15", "15/01/1999"),
        ("5/1/1999", "1999-01-05", "05/01/1999"),
        ("07/1950", "1950-07", "07/1950"),
        ("1950", "1950", "1950"),
        ("1999-01-15", "1999-01-15", "15/01/1999"),
        ("1950-07", "1950-07", "07/1950"),
    ],
)
def test_partial_dates(text: str, iso: str, vi: str) -> None:
    parsed = PartialDate.parse(text)
    assert (parsed.iso, parsed.vi, str(parsed)) == (iso, vi, iso)
    assert PartialDate.parse(parsed.iso) == PartialDate.parse(parsed.vi) == parsed


def test_partial_dates_bound_what_they_leave_open() -> None:
    year, month, day = PartialDate(1952), PartialDate(1952, 2), PartialDate.of(date(1952, 2, 3))
    assert (year.earliest, year.latest) == (date(1952, 1, 1), date(1952, 12, 31))
    assert (month.earliest, month.latest) == (date(1952, 2, 1), date(1952, 2, 29))
    assert day.earliest == day.latest == day.exact == date(1952, 2, 3)
    assert year.exact is month.exact is None


@pytest.mark.parametrize(
    ("text", "iso"), [("15011999", "1999-01-15"), ("1950", "1950"), ("00001950", "1950"),
                      ("00071950", "1950-07")]
)  # fmt: skip
def test_compact_dates(text: str, iso: str) -> None:
    assert PartialDate.parse_compact(text).iso == iso


@pytest.mark.reason(ReasonCode.MALFORMED_DATE)
@pytest.mark.parametrize(
    "text",
    ["", "31/02/1999", "29/02/1999", "00/01/1999", "1/0/1999", "13/1999", "0000", "1999-1-5",
     "15-01-1999", "15/01/99", "１５/01/1999", "15/01/1999\n"],
)  # fmt: skip
def test_dates_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        PartialDate.parse(text)
    assert caught.value.reason is ReasonCode.MALFORMED_DATE


@pytest.mark.parametrize("text", ["31021999", "15001999", "151999", "00000000", "15/01/1999"])
def test_compact_dates_refused(text: str) -> None:
    with pytest.raises(Malformed):
        PartialDate.parse_compact(text)


def test_a_day_needs_its_month() -> None:
    for parts in ((1999, None, 5), (1999, 1, 0), (1999, 0, None)):
        with pytest.raises(Malformed):
            PartialDate(*parts)


def test_letter_date() -> None:
    assert letter_date(date(2026, 1, 5)) == "ngày 05 tháng 01 năm 2026"
    assert letter_date(date(2026, 11, 21)) == "ngày 21 tháng 11 năm 2026"
    assert letter_date(date(2026, 3, 9)) == "ngày 09 tháng 3 năm 2026"


QR = "001099012345|012345678|Nguyễn Văn Ân|15011999|Nam|Tổ 3, Phú Hội, Huế|20042021"


def test_qr_of_a_newer_card_has_further_fields() -> None:
    parsed = parse_citizen_qr(QR + "||Nguyễn Văn Bình|Lê Thị Chi")
    assert parsed.extra == ("", "Nguyễn Văn Bình", "Lê Thị Chi")
    assert parse_citizen_qr("\ufeff" + QR + "\r\n").extra == ()


def test_qr_in_nfd_is_the_same() -> None:
    assert parse_citizen_qr(unicodedata.normalize("NFD", QR)) == parse_citizen_qr(QR)


def test_qr_old_number_may_be_a_cancelled_personal_number() -> None:
    parsed = parse_citizen_qr(QR.replace("012345678|", "001099000001|"))
    assert parsed.old_number == PersonalNumber("001099000001")


def test_qr_warns() -> None:
    parsed = parse_citizen_qr(QR.replace("Nam", "Nữ").replace("1999", "1998"))
    assert parsed.warnings == (
        PersonalNumberWarning.BIRTH_YEAR_DIFFERS,
        PersonalNumberWarning.SEX_DIFFERS,
    )
    assert parse_citizen_qr(QR.replace("Nam", "N?")).warnings == (CitizenQrWarning.SEX_UNREADABLE,)
    assert parse_citizen_qr(QR.replace("Nguyễn", "Ðặng")).warnings == (NameWarning.ETH_REPLACED,)


def test_qr_with_a_birth_year_only() -> None:
    parsed = parse_citizen_qr(QR.replace("15011999", "1999"))
    assert parsed.birth_date == PartialDate(1999)
    assert parsed.warnings == ()


def test_qr_shows_nothing_of_the_person_when_printed() -> None:
    shown = repr(parse_citizen_qr(QR))
    assert shown == "CitizenQr(001•••••2345)"
    assert str(parse_citizen_qr(QR)) == shown


@pytest.mark.reason(ReasonCode.MALFORMED_CITIZEN_QR)
@pytest.mark.parametrize(
    "text",
    [
        "",
        QR.rsplit("|", 1)[0],
        QR.replace("|", ";"),
        QR.replace("Huế", "Hu\x00ế"),
        QR.replace("Huế", "\u202eHuế"),
        QR.encode().decode("latin-1"),
        QR.replace("Nguyễn Văn Ân", "TRAN VAN A").encode().decode("cp1252", errors="ignore"),
        QR.replace("ễ", "\ufffd"),
        QR + "|" + "x" * 1024,
    ],
)
def test_qr_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        parse_citizen_qr(text)
    assert caught.value.reason is ReasonCode.MALFORMED_CITIZEN_QR


@pytest.mark.parametrize(
    ("field", "text", "reason"),
    [
        (0, "00109901234５", ReasonCode.MALFORMED_PERSONAL_NUMBER),
        (1, "12345", ReasonCode.MALFORMED_PERSONAL_NUMBER),
        (2, "", ReasonCode.MALFORMED_NAME),
        (2, "Nguye64n", ReasonCode.MALFORMED_NAME),
        (3, "31021999", ReasonCode.MALFORMED_DATE),
        (6, "", ReasonCode.MALFORMED_DATE),
    ],
)
def test_qr_fields_are_checked(field: int, text: str, reason: ReasonCode) -> None:
    fields = QR.split("|")
    fields[field] = text
    with pytest.raises(Malformed) as caught:
        parse_citizen_qr("|".join(fields))
    assert caught.value.reason is reason


@pytest.mark.parametrize("residence", ["Phường Vỹ Dạ, Huế", "Khu Ã Cà", "São Tomé, Đà Nẵng"])
def test_sound_text_is_not_taken_for_mojibake(residence: str) -> None:
    fields = QR.split("|")
    fields[5] = residence
    assert parse_citizen_qr("|".join(fields)).residence == residence
