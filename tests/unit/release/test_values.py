"""Values of attributes and claims; what is not known is None and never a guess."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from cardsvc.card.guid import CardGuid
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.card_number import StaffCategory
from cardsvc.identity.enterprise_number import EnterpriseNumber
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.identity.provinces import ProvinceCode, ProvinceTable
from cardsvc.lifecycle import CardState
from cardsvc.records import CardRecord, Delegation, Employment
from cardsvc.service_records import CardOnRecord, HolderFacts
from cardsvc.terms import CardType
from verification.release.attributes import Attribute, parse_asked
from verification.release.values import Value, is_over, value_of

TODAY = date(2026, 11, 21)
CARD = CardRecord(
    CardGuid(bytes(range(16))), CardType.BUSINESS, "holder-1", "application-1", CardState.ACTIVE,
    datetime(2031, 1, 1, 18, 0, tzinfo=UTC),
)  # fmt: skip
RECORD = CardOnRecord(CARD, "Nguyễn Văn Ân", "CC", "H46.12")
FACTS = HolderFacts(
    PersonalNumber("046099012345"),
    date(2008, 11, 21),
    Employment(AgencyCode("H46.12"), "Sở Tư pháp", "Phòng 1", "Chuyên viên", StaffCategory("CC")),
    Delegation(EnterpriseNumber.parse("0100109106"), "Công ty", "nộp hồ sơ", TODAY),
    ProvinceCode(ProvinceTable.DECISION_124_2004, "46"),
)


def value(
    name: str, facts: HolderFacts | None = FACTS, today: date = TODAY, home: str | None = "46"
) -> Value:
    (asked,) = parse_asked([name])
    return value_of(asked, RECORD, facts, home_province=home, today=today)


WANTED = {
    "name": "Nguyễn Văn Ân",
    "portrait": None,
    "card": CARD.guid.urn,
    "card_type": "business",
    "card_expires_on": "2031-01-02",
    "category": "CC",
    "agency_code": "H46.12",
    "agency_name": "Sở Tư pháp",
    "unit": "Phòng 1",
    "position": "Chuyên viên",
    "personal_number": "046099012345",
    "birth_date": "2008-11-21",
    "enterprise_number": "0100109106",
    "enterprise_name": "Công ty",
    "delegation_scope": "nộp hồ sơ",
    "delegation_until": "2026-11-21",
    "staff": True,
    "resident": True,
    "delegate": True,
    "delegate_of:0100109106": True,
    "over_18": True,
    "over_19": False,
}


def test_every_attribute_has_a_value() -> None:
    assert {one.partition(":")[0] for one in WANTED} >= {one.value for one in Attribute}
    assert {name: value(name) for name in WANTED} == WANTED


@pytest.mark.parametrize("name", [one for one in WANTED if one not in list(WANTED)[:7]])
def test_what_is_not_known_is_not_guessed(name: str) -> None:
    empty = HolderFacts(FACTS.personal_number)
    if name not in {"staff", "personal_number", "delegate", "delegate_of:0100109106"}:
        assert value(name, empty) is None
    if name != "staff":
        assert value(name, None) is None


def test_a_delegation_ends_with_its_last_day() -> None:
    tomorrow = date(2026, 11, 22)
    assert value("delegate", today=tomorrow) is False
    assert value("delegate_of:0100109106", today=tomorrow) is False
    assert value("enterprise_number", today=tomorrow) is None
    assert value("delegate_of:0101248141") is False


def test_an_individual_without_a_delegation_is_no_delegate() -> None:
    assert value("delegate", replace(FACTS, delegation=None)) is False


@pytest.mark.parametrize(
    ("code", "home", "expected"),
    [
        (ProvinceCode(ProvinceTable.DECISION_19_2025, "46"), "46", True),
        (ProvinceCode(ProvinceTable.DECISION_124_2004, "46"), "48", False),
        # 24 was Bắc Giang and is in today's Bắc Ninh, whose own code had been 27
        (ProvinceCode(ProvinceTable.DECISION_124_2004, "27"), "24", True),
        (ProvinceCode(ProvinceTable.DECISION_124_2004, "99"), "24", None),
        (None, "46", None),
    ],
)
def test_residence_follows_the_mergers(
    code: ProvinceCode | None, home: str, expected: bool | None
) -> None:
    assert value("resident", replace(FACTS, residence=code), home=home) is expected


@pytest.mark.parametrize(
    ("born", "today", "years", "expected"),
    [
        (date(2008, 11, 21), date(2026, 11, 20), 18, False),
        (date(2008, 11, 21), date(2026, 11, 21), 18, True),
        (date(2008, 2, 29), date(2026, 2, 28), 18, False),
        (date(2008, 2, 29), date(2026, 3, 1), 18, True),
        (date(2026, 11, 21), date(2026, 11, 21), 1, False),
    ],
)
def test_an_age_is_completed_on_the_birthday(
    born: date, today: date, years: int, expected: bool
) -> None:
    assert is_over(born, years, today) is expected
