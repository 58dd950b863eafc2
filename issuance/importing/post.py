"""A row's post or delegation; the agency is looked up in the registry."""

from __future__ import annotations

from datetime import date

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity import latin
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.card_number import StaffCategory
from cardsvc.identity.enterprise_number import EnterpriseNumber
from cardsvc.records import Delegation, Employment
from issuance.importing.fields import Field
from issuance.importing.findings import ImportCode
from issuance.importing.ports import AgencyNames, KnownAgency
from issuance.importing.reading import Reading, read_date

_CATEGORIES = {
    latin.search_key(text): category
    for category in StaffCategory
    for text in (category.value, category.printed, category.vi)
} | {
    latin.search_key(text): category
    for text, category in (
        ("Hợp đồng", StaffCategory.CONTRACT),
        ("Lao động hợp đồng", StaffCategory.CONTRACT),
        ("Hợp đồng lao động", StaffCategory.CONTRACT),
        ("Cán bộ xã", StaffCategory.COMMUNE_STAFF),
        ("Công chức xã", StaffCategory.COMMUNE_STAFF),
        ("Công chức cấp xã", StaffCategory.COMMUNE_STAFF),
        ("Cán bộ cấp xã", StaffCategory.COMMUNE_STAFF),
        ("Cán bộ không chuyên trách", StaffCategory.COMMUNE_PART_TIME),
        ("Không chuyên trách", StaffCategory.COMMUNE_PART_TIME),
    )
}
"""Kinds of staff as Decision 838/QĐ-BNV writes them, in full, and as lists shorten them."""


def read_category(text: str) -> StaffCategory:
    """Read a kind of staff: its letters or its name, marks and case left aside.

    Raises:
        Malformed: none that Decision 838/QĐ-BNV knows.
    """
    found = _CATEGORIES.get(latin.search_key(text))
    if found is None:
        raise Malformed(ReasonCode.MALFORMED_CARD_NUMBER, "not a kind of staff")
    return found


def read_employment(
    reading: Reading, agencies: AgencyNames, default: AgencyCode | None, on: date
) -> Employment | None:
    """Return the post, None where anything that a card needs is missing.

    Args:
        reading: the row.
        agencies: the registry.
        default: the agency of the whole list.
        on: on which day the agency must exist.
    """
    code = default
    if reading.text(Field.AGENCY_CODE) or default is None:
        code = reading.required(
            Field.AGENCY_CODE,
            AgencyCode.parse,
            ImportCode.AGENCY_MALFORMED,
            ImportCode.AGENCY_MISSING,
        )
    name = None if code is None else _agency_name(reading, agencies, code, on)
    category = reading.required(
        Field.CATEGORY, read_category, ImportCode.CATEGORY_UNKNOWN, ImportCode.CATEGORY_MISSING
    )
    position = _present(reading, Field.POSITION, ImportCode.POSITION_MISSING)
    if code is None or not name or category is None or not position:
        return None
    return Employment(
        agency_code=code,
        agency_name=name,
        unit_name=reading.text(Field.UNIT),
        position=position,
        category=category,
        staff_code=reading.text(Field.STAFF_CODE),
    )


def _agency_name(reading: Reading, agencies: AgencyNames, code: AgencyCode, on: date) -> str:
    given = reading.text(Field.AGENCY_NAME)
    if agencies.is_empty():
        # a registry that nobody filled can't refuse; it can't vouch either
        reading.say(ImportCode.AGENCY_UNCHECKED, Field.AGENCY_CODE)
        if not given:
            reading.say(ImportCode.AGENCY_NAME_MISSING, Field.AGENCY_NAME)
        return given
    known = agencies.agency(code, on)
    if known is None:
        became = ", ".join(one.value for one in agencies.successors(code, on))
        reading.say(ImportCode.AGENCY_UNKNOWN, Field.AGENCY_CODE, became)
        return ""
    if given and not _is_same(given, (known.name, known.short_name)):
        reading.say(ImportCode.AGENCY_NAME_DIFFERS, Field.AGENCY_NAME)
    _check_unit(reading, known)
    return known.name


def _check_unit(reading: Reading, agency: KnownAgency) -> None:
    unit = reading.text(Field.UNIT)
    if unit and agency.units and not _is_same(unit, agency.units):
        reading.say(ImportCode.UNIT_UNKNOWN, Field.UNIT)


def _is_same(given: str, names: tuple[str, ...]) -> bool:
    return latin.search_key(given) in {latin.search_key(name) for name in names}


def read_delegation(reading: Reading, on: date) -> Delegation | None:
    """Return the delegation, None where anything that a card needs is missing.

    Args:
        reading: the row.
        on: the day, in Vietnam; a delegation that ended before it is refused.
    """
    number = reading.required(
        Field.ENTERPRISE_NUMBER,
        EnterpriseNumber.parse_lenient,
        ImportCode.ENTERPRISE_NUMBER_MALFORMED,
        ImportCode.ENTERPRISE_NUMBER_MISSING,
    )
    name = _present(reading, Field.ENTERPRISE_NAME, ImportCode.ENTERPRISE_NAME_MISSING)
    scope = _present(reading, Field.SCOPE, ImportCode.SCOPE_MISSING)
    until = reading.required(
        Field.UNTIL, _exact_date, ImportCode.UNTIL_MALFORMED, ImportCode.UNTIL_MISSING
    )
    if until is not None and until < on:
        reading.say(ImportCode.UNTIL_PAST, Field.UNTIL)
    if number is None or not name or not scope or until is None:
        return None
    return Delegation(number, name, scope, until)


def _present(reading: Reading, of: Field, missing: ImportCode) -> str:
    text = reading.text(of)
    if not text:
        reading.say(missing, of)
    return text


def _exact_date(text: str) -> date:
    exact = read_date(text).exact
    if exact is None:
        raise Malformed(ReasonCode.MALFORMED_DATE, "a day is needed")
    return exact
