"""The form in which a request for a card comes in: a TOML file that a person can write.

A file, because personal numbers do not belong on a command line, where every user of the machine
can read them.
"""

from __future__ import annotations

import tomllib
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import NoReturn

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.card_number import StaffCategory
from cardsvc.identity.email import EmailAddress
from cardsvc.identity.enterprise_number import EnterpriseNumber
from cardsvc.identity.names import PersonName
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.identity.phone import PhoneNumber
from cardsvc.identity.sex import Sex
from cardsvc.records import Delegation, Employment, Holder
from cardsvc.terms import CardType

MAX_FORM_CHARACTERS = 64 * 1024
MAX_TEXT_CHARACTERS = 200

_HOLDER = frozenset({"id", "name", "personal_number", "birth_date", "sex", "phone", "email"})
_EMPLOYMENT = frozenset(
    {"agency_code", "agency_name", "unit_name", "position", "category", "staff_code"}
)
_DELEGATION = frozenset({"enterprise_number", "enterprise_name", "scope", "until"})
_SECTIONS = frozenset({"card_type", "holder", "employment", "delegation"})


@dataclass(frozen=True, slots=True)
class ApplicationForm:
    """What was asked for.

    Args:
        card_type: the card.
        holder: the person's facts.
        warnings: codes of what an officer should look at twice; none refuses the form.
    """

    card_type: CardType
    holder: Holder
    warnings: tuple[str, ...] = ()


def parse_application_form(text: str, *, new_holder_id: str) -> ApplicationForm:
    """Parse a form.

    Args:
        text: TOML 1.0.
        new_holder_id: the holder's identifier where the form gives none.

    Raises:
        Malformed: not TOML, an unknown or missing field, or a field that is not of its form; the
            reason says which kind, the message which field and never its value.
    """
    document = _document(text)
    _known(document, _SECTIONS, "the form")
    try:
        card_type = CardType(_text(document, "card_type"))
    except ValueError:
        _refuse("card_type: civil_servant, individual or business")
    facts = _section(document, "holder", _HOLDER)
    name, name_warnings = PersonName.parse_with_warnings(_text(facts, "name"))
    number = PersonalNumber.parse(_text(facts, "personal_number"))
    birth_date = _date(facts, "birth_date") if "birth_date" in facts else None
    holder = Holder(
        id=_text(facts, "id") if "id" in facts else new_holder_id,
        name=name,
        personal_number=number,
        birth_date=birth_date,
        employment=_employment(document) if "employment" in document else None,
        delegation=_delegation(document) if "delegation" in document else None,
        sex=_sex(facts) if "sex" in facts else None,
        phone=PhoneNumber.parse(_text(facts, "phone")) if "phone" in facts else None,
        email=EmailAddress.parse(_text(facts, "email")) if "email" in facts else None,
    )
    warnings = (*name_warnings, *number.warnings(birth_date, holder.sex))
    return ApplicationForm(card_type, holder, tuple(warning.value for warning in warnings))


def _sex(facts: dict[str, object]) -> Sex:
    given = _text(facts, "sex")
    found = next((sex for sex in Sex if given in {sex.value, sex.vi}), None)
    if found is None:
        _refuse("sex: Nam, Nữ, M or F")
    return found


def _employment(document: dict[str, object]) -> Employment:
    post = _section(document, "employment", _EMPLOYMENT)
    return Employment(
        agency_code=AgencyCode.parse(_text(post, "agency_code")),
        agency_name=_text(post, "agency_name"),
        unit_name=_text(post, "unit_name") if "unit_name" in post else "",
        position=_text(post, "position"),
        category=StaffCategory.parse(_text(post, "category")),
        staff_code=_text(post, "staff_code") if "staff_code" in post else "",
    )


def _delegation(document: dict[str, object]) -> Delegation:
    given = _section(document, "delegation", _DELEGATION)
    return Delegation(
        enterprise_number=EnterpriseNumber.parse_lenient(_text(given, "enterprise_number")),
        enterprise_name=_text(given, "enterprise_name"),
        scope=_text(given, "scope"),
        until=_date(given, "until"),
    )


def _refuse(what: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_FORM, what)


def _document(text: str) -> dict[str, object]:
    if len(text) > MAX_FORM_CHARACTERS:
        _refuse("the form is too long")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # its text may repeat what stands in the form, so it is not passed on
        raise Malformed(ReasonCode.MALFORMED_FORM, "not a TOML file") from error


def _known(section: dict[str, object], names: frozenset[str], where: str) -> None:
    if unknown := sorted(section.keys() - names):
        _refuse(f"{where} knows no {', '.join(unknown)}"[:MAX_TEXT_CHARACTERS])


def _section(document: dict[str, object], name: str, names: frozenset[str]) -> dict[str, object]:
    section = document.get(name)
    if not isinstance(section, dict):
        _refuse(f"[{name}] is missing")
    _known(section, names, f"[{name}]")
    return section


def _text(section: dict[str, object], name: str) -> str:
    value = section.get(name)
    if not isinstance(value, str):
        _refuse(f"{name} is missing, or not in quotes")
    value = unicodedata.normalize("NFC", value.strip())
    if not 0 < len(value) <= MAX_TEXT_CHARACTERS or not value.isprintable():
        _refuse(f"{name} is empty, too long or not printable")
    return value


def _date(section: dict[str, object], name: str) -> date:
    value = section.get(name)
    if not isinstance(value, date) or isinstance(value, datetime):
        _refuse(f"{name} is a date without quotes, such as 1990-09-02")
    return value


_EXAMPLES = {
    CardType.CIVIL_SERVANT: """
[employment]
agency_code = "H57.12"          # mã định danh cơ quan (Quyết định 20/2020/QĐ-TTg)
agency_name = "Sở Nội vụ"
unit_name = "Phòng Công chức, viên chức"
position = "Chuyên viên"
category = "CC"                 # CB, CC, VC, XA, XA0, HĐ
""",
    CardType.INDIVIDUAL: "",
    CardType.BUSINESS: """
[delegation]
enterprise_number = "0314409058-002"
enterprise_name = "Công ty TNHH Mây Tre Bao La"
scope = "Nộp hồ sơ đất đai, xây dựng"
until = 2030-12-31              # ngày cuối cùng được ủy quyền
""",
}


def example_form(card_type: CardType) -> str:
    """Return a form to fill in, of a made-up person."""
    return f"""# Đề nghị cấp thẻ – a request for a card
card_type = "{card_type.value}"

[holder]
name = "Nguyễn Thị Minh Khuê"
personal_number = "046190012345"
birth_date = 1990-09-02
# sex = "Nữ"                    # Nam, Nữ
# phone = "0912 345 678"
# email = "khue@hue.gov.vn"
{_EXAMPLES[card_type]}"""
