"""Junk and mutated good input raise only Malformed; the keys of names keep their promises."""

from __future__ import annotations

import contextlib
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity import latin
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.agency_directory import AgencyDirectory
from cardsvc.identity.card_number import CardNumber, StaffCategory
from cardsvc.identity.citizen_qr import parse_citizen_qr
from cardsvc.identity.dossier_number import DossierNumber
from cardsvc.identity.email import EmailAddress
from cardsvc.identity.enterprise_number import EnterpriseNumber, check_digit
from cardsvc.identity.names import PersonName
from cardsvc.identity.number_alias import parse_identity_number
from cardsvc.identity.partial_date import PartialDate
from cardsvc.identity.personal_number import CmndNumber, PersonalNumber
from cardsvc.identity.phone import PhoneNumber
from cardsvc.identity.social_insurance import InsuranceNumber

PARSERS: list[tuple[Callable[[str], object], str]] = [
    (PersonalNumber.parse, "001099012345"),
    (PersonalNumber.parse_lenient, "001 099 012 345"),
    (CmndNumber.parse, "012345678"),
    (parse_identity_number, "001099012345"),
    (EnterpriseNumber.parse, "0314409058-002"),
    (EnterpriseNumber.parse_lenient, "0314 409 058-002"),
    (check_digit, "031440905"),
    (AgencyCode.parse, "000.00.00.H57"),
    (AgencyDirectory.parse, "agency_code\tprovince_2004\tconfirmed\nH57\t46\tno"),
    (StaffCategory.parse, "HĐ"),
    (CardNumber.parse, "H57.046302000019.HĐ"),
    (DossierNumber.parse, "H57.12-260105-0001"),
    (PersonName.parse, "Nguyễn Thị Đượm"),
    (PersonName.parse_with_warnings, "Ðặng Hữu Ưng"),
    (PartialDate.parse, "15/01/1999"),
    (PartialDate.parse_compact, "15011999"),
    (InsuranceNumber.parse, "HC4460123456789"),
    (InsuranceNumber.parse_lenient, "hc|4|46|0123456789"),
    (PhoneNumber.parse, "+84 912 345 678"),
    (EmailAddress.parse, "minh.khue@Hue.gov.vn"),
    (parse_citizen_qr, "001099012345|012345678|Nguyễn Văn Ân|15011999|Nam|Tổ 3, Huế|20042021"),
]

any_text = st.text(max_size=80) | st.text("0123456789.-|/ HCĐÐ\u0301\u0323", max_size=40)


def parses_or_is_malformed(parse: Callable[[str], object], text: str) -> None:
    with contextlib.suppress(Malformed):
        parse(text)


@pytest.mark.reason(ReasonCode.MALFORMED_PERSONAL_NUMBER)
@pytest.mark.parametrize(("parse", "good"), PARSERS)
@settings(max_examples=60)
@given(text=any_text)
def test_junk(parse: Callable[[str], object], good: str, text: str) -> None:
    parse(good)
    parses_or_is_malformed(parse, text)


@pytest.mark.parametrize(("parse", "good"), PARSERS)
@settings(max_examples=60)
@given(data=st.data())
def test_mutated_good_input(parse: Callable[[str], object], good: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(good)))
    cut = data.draw(st.integers(0, 3))
    parses_or_is_malformed(parse, good[:at] + data.draw(any_text) + good[at + cut :])


vietnamese = "".join(
    unicodedata.normalize("NFC", letter + tone)
    for letter in "aăâeêioôơuưy"
    for tone in ("", *latin.TONE_MARKS)
)
words = st.text(vietnamese + "bcdđghklmnpqrstvx", min_size=1, max_size=7).map(str.capitalize)
names = st.lists(words, min_size=1, max_size=5).map(" ".join)


@settings(max_examples=150)
@given(names, st.booleans())
def test_names_do_not_depend_on_normal_form_or_case(text: str, upper: bool) -> None:
    name = PersonName.parse(text)
    other = PersonName.parse(unicodedata.normalize("NFD", text.upper() if upper else text))
    assert other.search_key == name.search_key
    assert other.ascii_form == name.ascii_form
    assert other.tone_folded_key == name.tone_folded_key
    assert name.ascii_form.replace(" ", "").isalpha()
    assert name.ascii_form.isascii()
    assert name.search_key == name.ascii_form.lower()
    assert PersonName(name.value) == name


@settings(max_examples=150)
@given(names, names)
def test_sort_keys_put_the_given_names_letters_first(one: str, other: str) -> None:
    first, second = PersonName.parse(one), PersonName.parse(other)
    assert (first.sort_key == second.sort_key) == (first == second)
    letters = [latin.collation_weights(name.given)[0] for name in (first, second)]
    if letters[0] != letters[1]:
        assert (first.sort_key < second.sort_key) == (letters[0] < letters[1])


@settings(max_examples=150)
@given(names, st.integers(4, 39), st.integers(1, 3))
def test_mrz_fields_have_their_length_and_alphabet(text: str, length: int, family: int) -> None:
    name = PersonName.parse(text)
    line = name.mrz_line(length, family)
    assert len(line) == length
    assert set(line) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ<")
    assert line[0] != "<"
    if len(name.mrz_name(family)) <= length:
        assert line.rstrip("<") == name.mrz_name(family)


@settings(max_examples=150)
@given(st.from_regex(r"[0-9]{9}", fullmatch=True).filter(str.isascii), st.integers(0, 9))
def test_one_check_digit_at_most_fits(first_nine: str, digit: int) -> None:
    try:
        EnterpriseNumber.parse(f"{first_nine}{digit}")
    except Malformed:
        assert check_digit(first_nine) != digit
    else:
        assert check_digit(first_nine) == digit
