"""What is wrong with a row, all of it, and what a list would do to the registry."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from cardsvc.agency_records import AgencyBook
from cardsvc.identity.names import PersonName
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.identity.sex import Sex
from cardsvc.import_records import KnownHolders, RowOutcome
from cardsvc.records import Holder
from cardsvc.terms import CardType
from issuance.importing.agencies import AgenciesOfBook
from issuance.importing.check import (
    CheckedRow,
    check_rows,
    compare,
    numbers_of,
    summarise,
    with_duplicates,
)
from issuance.importing.fields import COLUMNS, Field
from issuance.importing.finding_texts import say
from issuance.importing.findings import BULK_CONFIRMABLE, Finding, ImportCode, Severity
from issuance.importing.person import CheckContext
from issuance.importing.rows import RowValues
from issuance.importing.source import parse_list
from tests.support.lists import (
    DUC,
    KHUE,
    STAFF,
    listed_agencies,
    read_staff,
    staff_csv,
)

ON = date(2026, 11, 21)
CONTEXT = CheckContext(CardType.CIVIL_SERVANT, listed_agencies(), ON)
NOBODY = KnownHolders({}, frozenset())
GOOD = read_staff(KHUE).rows[0].values
DELEGATE = {
    Field.NAME: "Trần Quốc Bảo", Field.PERSONAL_NUMBER: "048080000456",
    Field.ENTERPRISE_NUMBER: "0314409058-002", Field.ENTERPRISE_NAME: "Công ty Mây Tre",
    Field.SCOPE: "thuế", Field.UNTIL: "31/12/2030",
}  # fmt: skip


def check(values: dict[Field, str | None], kind: CardType = CardType.CIVIL_SERVANT) -> CheckedRow:
    base = DELEGATE if kind is CardType.BUSINESS else GOOD
    merged = {of: text for of, text in {**base, **values}.items() if text is not None}
    return check_rows([RowValues(2, merged)], replace(CONTEXT, card_type=kind))[0]


def keys(checked: CheckedRow) -> set[str]:
    return {one.key for one in checked.findings}


def holder_of(checked: CheckedRow) -> Holder:
    assert checked.person is not None
    return checked.person.as_holder("holder-1")


def test_a_good_row_becomes_a_person() -> None:
    checked = check({})
    assert keys(checked) == set()
    holder = holder_of(checked)
    assert (holder.name.value, holder.birth_date) == ("Nguyễn Thị Minh Khuê", date(1990, 9, 2))
    assert holder.sex is Sex.FEMALE
    assert holder.employment is not None
    assert holder.employment.category.value == "CC"


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        (Field.NAME, None, "name_missing"),
        (Field.NAME, "Nguyễn Văn 2", "name_malformed"),
        (Field.NAME, "Нгуен Ван", "name_malformed"),
        (Field.NAME, "Ðặng Văn Đức", "eth_replaced"),
        (Field.PERSONAL_NUMBER, None, "number_missing"),
        (Field.PERSONAL_NUMBER, "04619001234", "number_malformed"),
        (Field.PERSONAL_NUMBER, "04619001234５", "number_malformed"),
        (Field.PERSONAL_NUMBER, "191234567", "number_is_cmnd"),
        (Field.PERSONAL_NUMBER, "003190012345", "province_unknown"),
        (Field.PERSONAL_NUMBER, "046990012345", "birth_year_implausible"),
        (Field.BIRTH_DATE, "31/02/1990", "birth_date_malformed"),
        (Field.BIRTH_DATE, "02/09/90", "birth_year_of_two_digits"),
        (Field.BIRTH_DATE, "2-9-90", "birth_year_of_two_digits"),
        (Field.BIRTH_DATE, "90", "birth_year_of_two_digits"),
        (Field.BIRTH_DATE, "31/02/190", "birth_date_malformed"),
        (Field.BIRTH_DATE, "1990", "birth_day_unknown"),
        (Field.BIRTH_DATE, "00/00/1990", "birth_day_unknown"),
        (Field.BIRTH_DATE, "02/09/2027", "birth_date_implausible"),
        (Field.BIRTH_DATE, "02.09.1991", "birth_year_differs"),
        (Field.SEX, "Nam", "sex_differs"),
        (Field.SEX, "?", "sex_malformed"),
        (Field.SEX, "1", "sex_in_digits"),
        (Field.SEX, "0", "sex_in_digits"),
        (Field.PHONE, "01234567890", "phone_malformed"),
        (Field.EMAIL, "khue@", "email_malformed"),
        (Field.AGENCY_CODE, None, "agency_missing"),
        (Field.AGENCY_CODE, "h57", "agency_malformed"),
        (Field.AGENCY_CODE, "H57.99", "agency_unknown"),
        (Field.AGENCY_NAME, "Sở Tài chính", "agency_name_differs"),
        (Field.UNIT, "Phòng Lạ", "unit_unknown"),
        (Field.POSITION, None, "position_missing"),
        (Field.CATEGORY, None, "category_missing"),
        (Field.CATEGORY, "HX", "category_unknown"),
    ],
)
def test_each_fault_is_named(field: Field, text: str | None, code: str) -> None:
    checked = check({field: text})
    assert {one.code.value for one in checked.findings} == {code}
    severities = {one.severity for one in checked.findings}
    assert (checked.person is None) is (severities == {Severity.ERROR})


@pytest.mark.parametrize(
    ("field", "text", "code"),
    [
        (Field.ENTERPRISE_NUMBER, None, "enterprise_number_missing"),
        (Field.ENTERPRISE_NUMBER, "0314409059", "enterprise_number_malformed"),
        (Field.ENTERPRISE_NAME, None, "enterprise_name_missing"),
        (Field.SCOPE, None, "scope_missing"),
        (Field.UNTIL, None, "until_missing"),
        (Field.UNTIL, "2030", "until_malformed"),
        (Field.UNTIL, "20/11/2026", "until_past"),
    ],
)
def test_faults_of_delegations(field: Field, text: str | None, code: str) -> None:
    checked = check({field: text}, CardType.BUSINESS)
    assert {one.code.value for one in checked.findings} == {code}
    assert checked.person is None


@pytest.mark.parametrize(
    "text", ["HĐ", "HD", "hợp đồng", "Người lao động hợp đồng", "LAO ĐỘNG HỢP ĐỒNG"]
)
def test_kinds_of_staff_in_letters_and_words(text: str) -> None:
    employment = holder_of(check({Field.CATEGORY: text})).employment
    assert employment is not None
    assert employment.category.value == "HD"


def test_all_faults_of_a_row_are_found_at_once() -> None:
    found = keys(check({Field.NAME: None, Field.CATEGORY: "HX", Field.BIRTH_DATE: "x"}))
    assert found == {"name_missing:name", "category_unknown:category",
                     "birth_date_malformed:birth_date"}  # fmt: skip


def test_an_empty_registry_of_agencies_refuses_nobody_and_vouches_for_nobody() -> None:
    context = replace(CONTEXT, agencies=AgenciesOfBook(AgencyBook([])))
    checked = check_rows([RowValues(2, GOOD)], context)[0]
    assert keys(checked) == {"agency_unchecked:agency_code"}
    assert checked.person is not None
    without_name = {of: text for of, text in GOOD.items() if of is not Field.AGENCY_NAME}
    assert check_rows([RowValues(2, without_name)], context)[0].person is None


def test_an_agency_that_was_merged_is_refused_and_what_it_became_is_told() -> None:
    (found,) = check({Field.AGENCY_CODE: "H57.14", Field.AGENCY_NAME: None}).findings
    assert (found.code, found.detail) == (ImportCode.AGENCY_UNKNOWN, "H57.13")


def test_a_proposal_holds_its_row_until_it_is_confirmed() -> None:
    row = parse_list(staff_csv(1).replace(b"046190000001", b"46190000001"), STAFF).rows[0]
    checked = compare(check_rows([row], CONTEXT), NOBODY)[0]
    assert checked.is_held(frozenset())
    assert not checked.is_held(frozenset({ImportCode.NUMBER_LOST_ZEROS}))
    assert checked.holder is not None
    assert checked.holder.personal_number.value == "046190000001"


def test_one_number_twice() -> None:
    same = [9, *KHUE[1:]]
    other = [10, "Nguyễn Thị Khác", *KHUE[2:]]
    rows = with_duplicates(read_staff(KHUE, same).rows, CONTEXT)
    assert [row.findings for row in rows] == [(), (Finding(ImportCode.REPEATED_ROW, detail="2"),)]
    rows = with_duplicates(read_staff(KHUE, DUC, other).rows, CONTEXT)
    assert [[(one.code, one.detail) for one in row.findings] for row in rows] == [
        [(ImportCode.DUPLICATE_IN_FILE, "4")], [], [(ImportCode.DUPLICATE_IN_FILE, "2")],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "again", ["Trần Thị Hoà", "TRẦN THỊ HÒA", "Trần  Thị Ho\u0300a ", "trần thị hoà"]
)
def test_one_name_in_two_spellings_is_one_person(again: str) -> None:
    first, second = [1, "Trần Thị Hòa", *KHUE[2:]], [2, again, *KHUE[2:]]
    rows = with_duplicates(read_staff(first, second).rows, CONTEXT)
    found = [{one.code for one in row.findings} for row in rows]
    assert ImportCode.REPEATED_ROW in found[1]
    assert ImportCode.DUPLICATE_IN_FILE not in found[0] | found[1]
    other = [2, "Trần Thị Hóa", *KHUE[2:]]
    rows = with_duplicates(read_staff(first, other).rows, CONTEXT)
    assert all(ImportCode.DUPLICATE_IN_FILE in {one.code for one in row.findings} for row in rows)


def test_comparison_with_the_registry() -> None:
    checked = check({})
    known = holder_of(checked)
    number = known.personal_number

    def against(holder: Holder) -> CheckedRow:
        return compare([checked], KnownHolders({number: holder}, frozenset()))[0]

    assert compare([checked], NOBODY)[0].outcome is RowOutcome.NEW
    assert against(known).outcome is RowOutcome.UNCHANGED
    assert known.employment is not None
    moved = replace(known, employment=replace(known.employment, position="Phó Trưởng phòng"))
    assert against(moved).outcome is RowOutcome.CHANGED
    assert against(moved).changes == ("employment.position",)
    renamed = replace(known, name=PersonName.parse("Lê Thị Lạ"))
    assert keys(against(renamed)) == {"name_differs_in_registry:name"}
    older = replace(known, birth_date=date(1990, 9, 3))
    assert keys(against(older)) == {"birth_date_differs_in_registry:birth_date"}
    retired = replace(known, employment=replace(known.employment, until=date(2026, 1, 1)))
    assert keys(against(retired)) == {"employment_ended"}
    assert all(
        against(one).is_held(frozenset(BULK_CONFIRMABLE)) for one in (renamed, older, retired)
    )
    former = KnownHolders({}, frozenset({number}))
    assert keys(compare([checked], former)[0]) == {"number_is_former:personal_number"}


def test_what_a_list_leaves_out_is_not_taken_away() -> None:
    full = replace(holder_of(check({Field.PHONE: "0912345678", Field.EMAIL: "a@b.vn"})))
    less = check({Field.SEX: None, Field.BIRTH_DATE: None, Field.UNIT: None})
    after = compare([less], KnownHolders({full.personal_number: full}, frozenset()))[0]
    assert (after.outcome, after.holder) == (RowOutcome.UNCHANGED, full)


def test_a_person_on_two_kinds_of_lists_keeps_both_parts() -> None:
    staff = holder_of(check({}))
    row = RowValues(2, {**DELEGATE, Field.NAME: "Nguyễn Thị Minh Khuê",
                        Field.PERSONAL_NUMBER: "046190012345"})  # fmt: skip
    context = replace(CONTEXT, card_type=CardType.BUSINESS)
    known = KnownHolders({staff.personal_number: staff}, frozenset())
    after = compare(check_rows([row], context), known)[0].holder
    assert after is not None
    assert (after.employment, after.delegation is None) == (staff.employment, False)


def test_the_summary_counts_rows_and_codes() -> None:
    rows = read_staff(KHUE, DUC, ["", "", "x"]).rows
    checked = compare(check_rows(rows, CONTEXT), NOBODY)
    summary = summarise(checked, frozenset())
    assert (summary.outcomes, summary.held, summary.warned) == ({RowOutcome.NEW: 2}, 1, 0)
    assert summary.codes[ImportCode.NAME_MISSING] == 1
    assert numbers_of(checked) == [
        PersonalNumber("046190012345"), PersonalNumber("079085000123"),
    ]  # fmt: skip


def test_every_finding_has_a_text_in_both_languages() -> None:
    for code in ImportCode:
        text = say(Finding(code, detail="7"))
        assert text.vi
        assert text.en
        assert text.vi.endswith("[7]")
    assert all(Field.STAFF_CODE in columns for columns in COLUMNS.values())
