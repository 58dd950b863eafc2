"""A row's values to a person's facts: everything that is wrong is found, not just the first thing.

What a personal number suggests (birth year, sex, province) warns and never refuses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date

from cardsvc.errors import Malformed
from cardsvc.identity import latin
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.email import EmailAddress
from cardsvc.identity.names import PersonName
from cardsvc.identity.partial_date import PartialDate
from cardsvc.identity.personal_number import CmndNumber, PersonalNumber
from cardsvc.identity.phone import PhoneNumber
from cardsvc.identity.sex import Sex
from cardsvc.records import Delegation, Employment, Holder
from cardsvc.terms import CardType
from issuance.importing.fields import Field
from issuance.importing.findings import Finding, ImportCode, Severity
from issuance.importing.ports import AgencyNames
from issuance.importing.post import read_delegation, read_employment
from issuance.importing.reading import Reading, read_date
from issuance.importing.rows import RowValues

_FIRST_BIRTH_YEAR = 1900
_SHORT_YEAR = re.compile(r"(?:[0-9]{1,2}\s?[./-]\s?){0,2}[0-9]{2}")
_SEX = {
    "nam": Sex.MALE, "male": Sex.MALE, "m": Sex.MALE,
    "nu": Sex.FEMALE, "female": Sex.FEMALE, "f": Sex.FEMALE,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImportedPerson:
    """A person's facts as a list gives them; what it leaves out is None or empty.

    Args:
        number: the row's number in the file.
        name: the legal name.
        personal_number: twelve digits.
        birth_date: where it is known to the day.
        sex: as the document says.
        phone: where the person is reached.
        email: where the person is reached.
        employment: civil servants.
        delegation: business delegates.
        staff_code: the agency's own number of the employee.
    """

    number: int
    name: PersonName = field(repr=False)
    personal_number: PersonalNumber
    birth_date: date | None = field(default=None, repr=False)
    sex: Sex | None = None
    phone: PhoneNumber | None = None
    email: EmailAddress | None = None
    employment: Employment | None = field(default=None, repr=False)
    delegation: Delegation | None = field(default=None, repr=False)
    staff_code: str = ""

    def as_holder(self, holder_id: str) -> Holder:
        """Return the facts as a record."""
        return Holder(
            id=holder_id,
            name=self.name,
            personal_number=self.personal_number,
            birth_date=self.birth_date,
            employment=self.employment,
            delegation=self.delegation,
            sex=self.sex,
            phone=self.phone,
            email=self.email,
        )


@dataclass(frozen=True, slots=True)
class CheckContext:
    """What a row is checked against.

    Args:
        card_type: what kind of list it is.
        agencies: the registry of agencies.
        on: the day, in Vietnam.
        agency: the agency of the whole list, where rows name none.
    """

    card_type: CardType
    agencies: AgencyNames
    on: date
    agency: AgencyCode | None = None


def read_person(
    row: RowValues, context: CheckContext
) -> tuple[ImportedPerson | None, list[Finding]]:
    """Return a row's person, and what was found beside what reading the cells has found.

    Returns:
        None in place of the person where a fact that must be there is missing or malformed.
    """
    reading = Reading(row)
    name, number = _name(reading), _number(reading)
    birth_date, sex = _birth_date(reading, context.on), _sex(reading)
    phone = reading.read(Field.PHONE, PhoneNumber.parse, ImportCode.PHONE_MALFORMED)
    email = reading.read(Field.EMAIL, EmailAddress.parse, ImportCode.EMAIL_MALFORMED)
    employment = delegation = None
    if context.card_type is CardType.CIVIL_SERVANT:
        employment = read_employment(reading, context.agencies, context.agency, context.on)
    if context.card_type is CardType.BUSINESS:
        delegation = read_delegation(reading, context.on)
    if number is not None:
        for hint in number.warnings(birth_date, sex):
            reading.say(ImportCode(hint.value), Field.PERSONAL_NUMBER)
    found = [*row.findings, *reading.findings]
    if name is None or number is None or any(one.severity is Severity.ERROR for one in found):
        return None, reading.findings
    person = ImportedPerson(
        row.number, name, number, birth_date.exact if birth_date else None, sex, phone, email,
        employment, delegation, reading.text(Field.STAFF_CODE),
    )  # fmt: skip
    return person, reading.findings


def _name(reading: Reading) -> PersonName | None:
    found = reading.required(
        Field.NAME,
        PersonName.parse_with_warnings,
        ImportCode.NAME_MALFORMED,
        ImportCode.NAME_MISSING,
    )
    if found is None:
        return None
    name, warnings = found
    for warning in warnings:
        reading.say(ImportCode(warning.value), Field.NAME)
    return name


def _number(reading: Reading) -> PersonalNumber | None:
    text = reading.text(Field.PERSONAL_NUMBER)
    try:
        CmndNumber.parse("".join(text.split()))
    except Malformed:
        return reading.required(
            Field.PERSONAL_NUMBER,
            PersonalNumber.parse_lenient,
            ImportCode.NUMBER_MALFORMED,
            ImportCode.NUMBER_MISSING,
        )
    reading.say(ImportCode.NUMBER_IS_CMND, Field.PERSONAL_NUMBER)
    return None


def _birth_date(reading: Reading, on: date) -> PartialDate | None:
    is_short = _SHORT_YEAR.fullmatch(reading.text(Field.BIRTH_DATE)) is not None
    code = ImportCode.BIRTH_YEAR_OF_TWO_DIGITS if is_short else ImportCode.BIRTH_DATE_MALFORMED
    found = reading.read(Field.BIRTH_DATE, read_date, code)
    if found is None:
        return None
    if not _FIRST_BIRTH_YEAR <= found.year <= on.year or found.earliest > on:
        reading.say(ImportCode.BIRTH_DATE_IMPLAUSIBLE, Field.BIRTH_DATE)
        return None
    if found.exact is None:
        reading.say(ImportCode.BIRTH_DAY_UNKNOWN, Field.BIRTH_DATE)
    return found


def _sex(reading: Reading) -> Sex | None:
    text = reading.text(Field.SEX)
    if not text:
        return None
    found = _SEX.get(latin.search_key(text))
    if found is None:
        is_digit = text.isdecimal()
        reading.say(ImportCode.SEX_IN_DIGITS if is_digit else ImportCode.SEX_MALFORMED, Field.SEX)
    return found
