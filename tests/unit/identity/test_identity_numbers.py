"""Numbers: what is accepted and refused, what warns, and that none prints itself in full."""

from __future__ import annotations

from datetime import date

import pytest

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.agency_directory import AgencyDirectory
from cardsvc.identity.card_number import CardNumber, StaffCategory
from cardsvc.identity.dossier_number import DossierNumber
from cardsvc.identity.enterprise_number import EnterpriseNumber, EnterpriseNumberKind
from cardsvc.identity.masking import mask
from cardsvc.identity.number_alias import (
    AliasStatus,
    NumberAlias,
    NumberScheme,
    parse_identity_number,
)
from cardsvc.identity.partial_date import PartialDate
from cardsvc.identity.personal_number import CmndNumber, PersonalNumber, PersonalNumberWarning
from cardsvc.identity.phone import PhoneNumber, PhoneNumberKind
from cardsvc.identity.sex import Sex
from cardsvc.identity.social_insurance import InsuranceNumber, InsuranceNumberKind


def reason_of(call: object, *arguments: object) -> ReasonCode:
    assert callable(call)
    with pytest.raises(Malformed) as caught:
        call(*arguments)
    return caught.value.reason


@pytest.mark.parametrize("text", ["", "001099012345\n", " 001099012345", "00109901234a", "٠" * 12])
def test_personal_number_is_strict(text: str) -> None:
    assert reason_of(PersonalNumber.parse, text) is ReasonCode.MALFORMED_PERSONAL_NUMBER


@pytest.mark.parametrize("text", ["001-099-012-345", "001.099.012.345", "001\u00a0099 012345"])
def test_personal_number_as_people_type_it(text: str) -> None:
    assert PersonalNumber.parse_lenient(text) == PersonalNumber("001099012345")


def test_lenient_still_refuses_other_digits() -> None:
    reason = reason_of(PersonalNumber.parse_lenient, "001 099 012 34５")
    assert reason is ReasonCode.MALFORMED_PERSONAL_NUMBER


@pytest.mark.parametrize(
    ("text", "sex", "year"),
    [
        ("001199000000", Sex.FEMALE, 1999),
        ("001200000000", Sex.MALE, 2000),
        ("001326000000", Sex.FEMALE, 2026),
        ("001400000000", Sex.MALE, None),
        ("001999000000", Sex.FEMALE, None),
    ],
)
def test_century_digit(text: str, sex: Sex, year: int | None) -> None:
    hints = PersonalNumber(text).hints()
    assert (hints.sex, hints.birth_year) == (sex, year)


def test_disagreement_warns_and_never_refuses() -> None:
    number = PersonalNumber("001099012345")
    assert number.warnings(date(1998, 1, 1), Sex.FEMALE) == (
        PersonalNumberWarning.BIRTH_YEAR_DIFFERS,
        PersonalNumberWarning.SEX_DIFFERS,
    )
    assert number.warnings(PartialDate(1999), Sex.MALE) == ()
    assert PersonalNumber("001999012345").warnings(date(1999, 1, 1)) == (
        PersonalNumberWarning.BIRTH_YEAR_IMPLAUSIBLE,
    )


def test_the_prefix_is_read_in_the_old_table() -> None:
    """Code 24 of 2025 is Bắc Ninh; a number with 024 was given in Bắc Giang."""
    province = PersonalNumber("024099012345").hints().province
    assert province is not None
    assert (province.name, province.successor_code) == ("Bắc Giang", "24")


def test_a_prefix_without_leading_zero_is_no_province() -> None:
    assert PersonalNumber("101099012345").hints().province is None


PERSONAL = "001099012345"


@pytest.mark.parametrize(
    "value",
    [
        PersonalNumber(PERSONAL),
        EnterpriseNumber(PERSONAL),
        InsuranceNumber(PERSONAL),
        CardNumber.parse(f"H57.{PERSONAL}.CC"),
        NumberAlias(PersonalNumber(PERSONAL), AliasStatus.CANCELLED),
        PersonalNumber(PERSONAL).hints(),
    ],
    ids=lambda value: type(value).__name__,
)
def test_no_personal_number_prints_itself(value: object) -> None:
    for shown in (str(value), repr(value), f"{value}", f"{[value]}"):
        assert PERSONAL not in shown
        assert PERSONAL[3:8] not in shown


def test_other_personal_data_is_masked_too() -> None:
    assert "012345" not in repr(CmndNumber("012345678"))
    assert str(CmndNumber("012345678")) == "•••••5678"
    assert str(PhoneNumber("+84912345678")) == "+84••••••678"
    assert repr(PhoneNumber("+84912345678")) == "PhoneNumber(+84••••••678)"
    assert str(InsuranceNumber("HC4460123456789")) == "HC•••••••••6789"
    assert repr(InsuranceNumber("0123456789")) == "InsuranceNumber(••••••6789)"


def test_malformed_messages_do_not_quote_the_number() -> None:
    for parse in (
        PersonalNumber.parse,
        EnterpriseNumber.parse,
        CardNumber.parse,
        PhoneNumber.parse,
    ):
        with pytest.raises(Malformed) as caught:
            parse("0010990123456789")
        assert "00109901234" not in str(caught.value)


def test_mask_hides_short_text_altogether() -> None:
    assert mask("12345678", 3, 4) == "••••••••"
    assert mask("123", 3, 4) == "•••"
    assert mask("", 3, 4) == ""


def test_cmnd_has_nine_digits() -> None:
    assert reason_of(CmndNumber.parse, "0123456789") is ReasonCode.MALFORMED_PERSONAL_NUMBER
    assert isinstance(parse_identity_number("012345678"), CmndNumber)
    assert isinstance(parse_identity_number(PERSONAL), PersonalNumber)
    assert reason_of(parse_identity_number, "0123") is ReasonCode.MALFORMED_PERSONAL_NUMBER


def test_alias_knows_its_scheme_and_its_interval() -> None:
    alias = NumberAlias(CmndNumber("012345678"), AliasStatus.REPLACED, None, date(2021, 4, 20))
    assert alias.scheme is NumberScheme.CMND
    assert reason_of(
        NumberAlias, alias.number, alias.status, date(2022, 1, 1), date(2021, 1, 1)
    ) is (ReasonCode.MALFORMED_DATE)


def test_enterprise_number_has_one_canonical_form() -> None:
    assert EnterpriseNumber.parse("0314409058002") == EnterpriseNumber("0314409058-002")
    assert EnterpriseNumber.parse_lenient("0314 409 058 - 002").value == "0314409058-002"
    reason = reason_of(EnterpriseNumber, "0314409058002")
    assert reason is ReasonCode.MALFORMED_ENTERPRISE_NUMBER


def test_enterprise_number_kinds() -> None:
    branch = EnterpriseNumber("0314409058-002")
    assert branch.kind is EnterpriseNumberKind.DEPENDENT_UNIT
    assert branch.parent == EnterpriseNumber("0314409058")
    assert EnterpriseNumber("0314409058").parent is None
    household = EnterpriseNumber(PERSONAL)
    assert household.kind is EnterpriseNumberKind.OWNER
    assert household.owner == PersonalNumber(PERSONAL)
    assert EnterpriseNumber("0314409058").owner is None
    assert str(branch) == "0314409058-002"


def test_every_single_digit_error_is_caught() -> None:
    number = "0100047516"
    for at in range(10):
        for digit in "0123456789":
            typo = number[:at] + digit + number[at + 1 :]
            if typo != number:
                reason = reason_of(EnterpriseNumber.parse, typo)
                assert reason is ReasonCode.MALFORMED_ENTERPRISE_NUMBER


@pytest.mark.parametrize(
    "text",
    ["010023348８", "0100233488-00", "0100233488--001", "0100233488 001", "0100233488\n", ""],
)
def test_enterprise_number_refused(text: str) -> None:
    assert reason_of(EnterpriseNumber.parse, text) is ReasonCode.MALFORMED_ENTERPRISE_NUMBER


@pytest.mark.reason(ReasonCode.MALFORMED_AGENCY_CODE)
@pytest.mark.parametrize(
    "text", ["", "h57", "H57.", ".H57", "H57..1", "H57-1", "Ｈ57", "HĐ", "H57\n", "A" * 36]
)
def test_agency_code_refused(text: str) -> None:
    assert reason_of(AgencyCode.parse, text) is ReasonCode.MALFORMED_AGENCY_CODE


def test_agency_code_levels() -> None:
    newer = AgencyCode("H57.12.3")
    assert newer.levels == ("H57", "12", "3")
    assert newer.parent == AgencyCode("H57.12")
    assert AgencyCode("H57").parent is None
    older = AgencyCode("000.02.15.H57")
    assert older.is_older_form
    assert older.levels == ("H57", "15", "02")
    assert older.parent is None
    assert AgencyCode("A" * 35).levels == ("A" * 35,)


def test_agency_directory() -> None:
    directory = AgencyDirectory.builtin()
    assert len(directory.entries) == 63
    assert len({entry.province for entry in directory.entries}) == 63
    found = directory.find(AgencyCode("000.00.00.H38"))
    assert found is not None
    assert (found.province.name, found.confirmed) == ("Lào Cai", True)
    hue = directory.find(AgencyCode("H57.12"))
    assert hue is not None
    assert (hue.province.name, hue.confirmed) == ("Thừa Thiên Huế", False)
    assert directory.find(AgencyCode("G09")) is None


@pytest.mark.parametrize(
    "lines", [["H57\t99\tno"], ["H57\t46\tno", "H57\t46\tno"], ["H57\t46"], ["H57,46,no"]]
)
def test_agency_directory_refused(lines: list[str]) -> None:
    text = "\n".join(["agency_code\tprovince_2004\tconfirmed", *lines])
    assert reason_of(AgencyDirectory.parse, text) is ReasonCode.MALFORMED_AGENCY_CODE
    assert reason_of(AgencyDirectory.parse, "") is ReasonCode.MALFORMED_AGENCY_CODE


@pytest.mark.parametrize("category", list(StaffCategory))
def test_card_number_round_trip(category: StaffCategory) -> None:
    number = CardNumber(AgencyCode("H57.12"), PersonalNumber(PERSONAL), category)
    assert CardNumber.parse(number.encode()) == number
    assert number.encode_ascii().isascii()
    assert category.vi


def test_card_number_reads_nfd_and_masks() -> None:
    number = CardNumber.parse("H57.046302000019.H\u0110")
    assert number.category is StaffCategory.CONTRACT
    assert number.masked == str(number) == "H57.046•••••0019.HĐ"
    assert number.encode_ascii() == "H57.046302000019.HD"


def test_a_card_number_with_the_older_agency_code() -> None:
    assert CardNumber.parse(f"000.00.00.H57.{PERSONAL}.XA0").agency == AgencyCode("000.00.00.H57")


@pytest.mark.parametrize(
    "text",
    [
        f"H57.{PERSONAL}.HÐ",  # U+00D0, not the letter of the Decision
        f"H57.{PERSONAL}.HD",
        f"H57.{PERSONAL}.CC\n",
        f"H57.{PERSONAL}",
        f".{PERSONAL}.CC",
        f"h57.{PERSONAL}.CC",
        "H57.00109901234５.CC",
        f"{'A' * 36}.{PERSONAL}.CC",
        f"{'A.' * 40}{PERSONAL}.CC",
    ],
)
def test_card_number_refused(text: str) -> None:
    assert reason_of(CardNumber.parse, text) is ReasonCode.MALFORMED_CARD_NUMBER


@pytest.mark.parametrize("text", ["000.00.00.H57-260105-0001", "H57.12.A3-260105-123456"])
def test_dossier_number(text: str) -> None:
    number = DossierNumber.parse(text)
    assert number.received_on == date(2026, 1, 5)
    assert number.agency.top == "H57"
    assert str(number) == text


@pytest.mark.reason(ReasonCode.MALFORMED_DOSSIER_NUMBER)
@pytest.mark.parametrize(
    "text",
    [
        "H57-260105-001",
        "H57-260231-0001",
        "H57-26010５-0001",
        "57-260105-0001",
        "H57-260105-0001\n",
        f"H57.{'A' * 40}-260105-0001",
        "",
    ],
)
def test_dossier_number_refused(text: str) -> None:
    assert reason_of(DossierNumber.parse, text) is ReasonCode.MALFORMED_DOSSIER_NUMBER


def test_dossier_number_is_of_this_century() -> None:
    reason = reason_of(DossierNumber, AgencyCode("H57"), date(1999, 1, 1), "0001")
    assert reason is ReasonCode.MALFORMED_DOSSIER_NUMBER


def test_insurance_number_forms() -> None:
    assert InsuranceNumber("0123456789").kind is InsuranceNumberKind.SOCIAL_INSURANCE
    assert InsuranceNumber("0123456789").health_card is None
    assert InsuranceNumber(PERSONAL).personal_number == PersonalNumber(PERSONAL)
    assert InsuranceNumber("0123456789").personal_number is None
    typed = InsuranceNumber.parse_lenient("hc|4|46|012 345 6789")
    assert typed == InsuranceNumber("HC4460123456789")


@pytest.mark.parametrize(
    "text", ["", "HC0460123456789", "hc4460123456789", "HC446012345678", "012345678", "１" * 10]
)
def test_insurance_number_refused(text: str) -> None:
    assert reason_of(InsuranceNumber.parse, text) is ReasonCode.MALFORMED_INSURANCE_NUMBER


def test_lenient_capitals_are_ascii_only() -> None:
    """Upper-casing must not make two letters of one: ``ﬀ`` would become FF."""
    reason = reason_of(InsuranceNumber.parse_lenient, "ﬀ4460123456789")
    assert reason is ReasonCode.MALFORMED_INSURANCE_NUMBER


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("+84 912 345 678", "+84912345678", PhoneNumberKind.MOBILE),
        ("84-87-123-4567", "+84871234567", PhoneNumberKind.MOBILE),
        ("(024) 3825 3536", "+842438253536", PhoneNumberKind.LANDLINE),
        ("0203.3825.353", "+842033825353", PhoneNumberKind.LANDLINE),
        ("1900 1234", "19001234", PhoneNumberKind.SERVICE),
        ("1800599920", "1800599920", PhoneNumberKind.SERVICE),
    ],
)
def test_phone_numbers(text: str, value: str, kind: PhoneNumberKind) -> None:
    number = PhoneNumber.parse(text)
    assert (number.value, number.kind) == (value, kind)


def test_phone_number_forms() -> None:
    assert PhoneNumber("+84912345678").national == "0912345678"
    assert PhoneNumber("19001234").national == str(PhoneNumber("19001234")) == "19001234"
    reason = reason_of(PhoneNumber, "0912345678")
    assert reason is ReasonCode.MALFORMED_PHONE_NUMBER


@pytest.mark.parametrize(
    "text", ["", "091234567", "0112345678", "+1 212 555 0100", "091234567８", "1900", " " * 50]
)
def test_phone_number_refused(text: str) -> None:
    assert reason_of(PhoneNumber.parse, text) is ReasonCode.MALFORMED_PHONE_NUMBER
