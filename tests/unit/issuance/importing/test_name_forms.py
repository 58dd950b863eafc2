"""Titles beside names, and letters of wrong case, in lists: asked about, never stored unseen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cardsvc.identity.names import PersonName
from cardsvc.import_records import KnownHolders, RowOutcome
from issuance.importing.check import check_rows, compare
from issuance.importing.findings import BULK_CONFIRMABLE, ImportCode
from issuance.importing.name_forms import name_findings
from issuance.importing.person import CheckContext
from issuance.importing.rows import RowValues
from tests.support.lists import AT, KHUE, STAFF, listed_agencies, read_staff

CONTEXT = CheckContext(STAFF.card_type, listed_agencies(), AT.date())
NOBODY = KnownHolders({}, frozenset())


def row_named(name: str) -> RowValues:
    return read_staff([1, name, *KHUE[2:]]).rows[0]


@pytest.mark.parametrize(
    "text",
    [
        "TS. Nguyễn Văn An", "PGS.TS. Nguyễn Văn An", "PGS, TS Nguyễn Văn An", "ThS Nguyễn Văn An",
        "BSCKII Nguyễn Văn An", "BS CKI. Nguyễn Văn An", "Ông Nguyễn Văn An", "Bà: Nguyễn Văn An",
        "Đ/c Nguyễn Văn An", "Thạc sỹ Nguyễn Văn An", "Nguyễn Văn An - Trưởng phòng",
        "Nguyễn Văn An- Trưởng phòng", "Nguyễn Văn An – GĐ", "Nguyễn Văn An (GĐ)",
        "Nguyễn Văn An, TS", "ThS. Nguyễn Văn An (P. Giám đốc) - nghỉ 01/2026",
    ],
)  # fmt: skip
def test_titles_and_posts_are_asked_about_one_by_one(text: str) -> None:
    (finding,) = name_findings(text)
    assert (finding.code, finding.proposal) == (ImportCode.NAME_WITH_ADDITION, "Nguyễn Văn An")
    (checked,) = compare(check_rows([row_named(text)], CONTEXT), NOBODY)
    assert checked.is_held(frozenset())
    assert checked.is_held(BULK_CONFIRMABLE)
    assert checked.holder is not None
    assert checked.holder.name.value == "Nguyễn Văn An"


@pytest.mark.parametrize(
    ("text", "proposed"),
    [
        ("Nguyễn Văn ánh", "Nguyễn Văn Ánh"),
        ("nguyễn văn an", "Nguyễn Văn An"),
        ("NGUYỄN VĂN ánh", "NGUYỄN VĂN ÁNH"),
        ("ông nguyễn văn an", "Nguyễn Văn An"),
    ],
)
def test_words_in_lower_case_are_asked_about(text: str, proposed: str) -> None:
    row = row_named(text)
    by_code = {one.code: one.proposal for one in row.findings}
    assert by_code[ImportCode.NAME_IN_LOWER_CASE] == proposed
    (checked,) = compare(check_rows([row], CONTEXT), NOBODY)
    assert checked.is_held(frozenset())
    assert not checked.is_held(frozenset(by_code))


def test_a_toned_capital_of_tcvn3_is_proposed_as_a_capital() -> None:
    row = row_named("NguyÔn V¨n ¸nh")
    assert [(one.code, one.proposal) for one in row.findings] == [
        (ImportCode.LEGACY_FONT, "Nguyễn Văn ánh"),
        (ImportCode.NAME_IN_LOWER_CASE, "Nguyễn Văn Ánh"),
    ]
    (checked,) = compare(check_rows([row], CONTEXT), NOBODY)
    assert checked.holder is not None
    assert checked.holder.name.value == "Nguyễn Văn Ánh"


@pytest.mark.parametrize(
    "text",
    [
        "Nguyễn Văn An",
        "H'Hen Niê",
        "Y-Blô Niê",
        "Y Moan Ênuôl",
        "Tsơ Ba",
        "Nguyễn Văn 2",
        "Đặng, Thị Đượm",
        "",
    ],
)
def test_plain_names_and_what_is_no_name_are_left_alone(text: str) -> None:
    assert name_findings(text) == []


def test_capitals_are_told_and_do_not_rewrite_who_is_on_record() -> None:
    name = str(KHUE[1])
    (checked,) = compare(check_rows([row_named(name.upper())], CONTEXT), NOBODY)
    assert [one.code for one in checked.findings] == [ImportCode.NAME_IN_CAPITALS]
    assert not checked.is_held(frozenset())
    assert checked.holder is not None
    assert checked.holder.name.value == name.upper()
    known = replace(checked.holder, id="holder-1", name=PersonName.parse(name))
    on_record = KnownHolders({known.personal_number: known}, frozenset())
    (again,) = compare([checked], on_record)
    assert (again.outcome, again.holder) == (RowOutcome.UNCHANGED, known)
