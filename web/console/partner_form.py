"""The form of what was agreed with a partner: reading it, and filling it in again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cardsvc.errors import Malformed
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.email import EmailAddress
from cardsvc.identity.phone import PhoneNumber
from cardsvc.partner_records import (
    Contact,
    ContactRole,
    PartnerProfile,
    RequestLimits,
    Scope,
)
from cardsvc.terms import AssuranceLevel, Realm
from verification.policy.agreement import Agreement, parse_agreement
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.partner_texts import CONTACT_TEXTS

_NAME = Text("Tên đơn vị", "Name")
_AGENCY = Text("Mã định danh cơ quan", "Agency code")
_SCOPES = Text("Quyền truy cập", "Scope")
_MINUTE = Text("Số yêu cầu mỗi phút", "Requests a minute")
_DAY = Text("Số yêu cầu mỗi ngày", "Requests a day")
_LISTS = {
    "services": Text("Dịch vụ", "Services"),
    "purposes": Text("Mục đích", "Purposes"),
    "attributes": Text("Thuộc tính", "Attributes"),
}
_LEVEL = Text("Mức đảm bảo tối thiểu", "Least level")
_FRESH = Text("Trạng thái thẻ cũ nhất", "Oldest status")
LEVELS = tuple(one.name for one in (AssuranceLevel.X1, AssuranceLevel.X2, AssuranceLevel.X3))
_MOST_SECONDS = 366 * 86_400
_LONGEST_LIST = 4000


def filled_in(profile: PartnerProfile) -> Form:
    """Return the form as it stands for a partner."""
    agreement, limits = parse_agreement(profile.agreement), profile.limits
    level, fresh = agreement.minimum_level, agreement.fresh_for_seconds
    values: dict[str, str | Iterable[str]] = {
        "name": profile.name,
        "agency": "" if profile.agency_code is None else profile.agency_code.value,
        "scopes": [one.value for one in profile.scopes],
        "per_minute": str(limits.per_minute),
        "per_day": str(limits.per_day),
        "services": " ".join(sorted(agreement.services or ())),
        "purposes": " ".join(sorted(agreement.purposes or ())),
        "attributes": " ".join(sorted(agreement.attributes or ())),
        "level": "" if level is None else level.name,
        "fresh": "" if fresh is None else str(fresh),
    }
    for contact in profile.contacts:
        values[f"contact_{contact.role.value}"] = contact_text(contact)
    return Form.of(values)


def contact_text(contact: Contact) -> str:
    """Return how an office is reached, as it is typed."""
    email = "" if contact.email is None else contact.email.value
    phone = "" if contact.phone is None else contact.phone.national
    return ", ".join(one for one in (email, phone) if one)


def read_profile(form: FormReader, realm: Realm) -> PartnerProfile:
    """Read the form; what is wrong is noted in it."""
    name = form.text("name", _NAME)
    agency = _agency(form)
    contacts = tuple(one for role in ContactRole if (one := _contact(form, role)) is not None)
    scopes = form.choices("scopes", _SCOPES, [one.value for one in Scope])
    minute = form.whole_number("per_minute", _MINUTE, least=1, most=1_000_000)
    day = form.whole_number("per_day", _DAY, least=1, most=1_000_000_000)
    agreement = _agreement(form)
    profile = PartnerProfile(name, realm, agency, contacts, frozenset(Scope(one) for one in scopes))
    if form.errors or minute is None or day is None:
        return profile
    limits = RequestLimits(minute, day)
    return replace(profile, limits=limits, agreement=agreement.encode())


def _agency(form: FormReader) -> AgencyCode | None:
    typed = form.text("agency", _AGENCY, required=False)
    try:
        return AgencyCode.parse(typed) if typed else None
    except Malformed:
        form.refuse("agency", "Nhập mã như H57.12", "Enter a code such as H57.12")
        return None


def _contact(form: FormReader, role: ContactRole) -> Contact | None:
    name = f"contact_{role.value}"
    typed = form.text(name, CONTACT_TEXTS[role], required=False)
    email: EmailAddress | None = None
    phone: PhoneNumber | None = None
    try:
        for part in (one.strip() for one in typed.split(",") if one.strip()):
            if "@" in part:
                email = EmailAddress.parse(part)
            else:
                phone = PhoneNumber.parse(part)
    except Malformed:
        form.refuse(
            name,
            "Nhập hộp thư, số điện thoại, hoặc cả hai cách nhau bằng dấu phẩy",
            "Enter a mailbox, a telephone number, or both with a comma between",
        )
    return Contact(role, email, phone) if email or phone else None


def _agreement(form: FormReader) -> Agreement:
    named = {
        name: frozenset(
            form.text(name, label, required=False, longest=_LONGEST_LIST).replace(",", " ").split()
        )
        or None
        for name, label in _LISTS.items()
    }
    level = form.choice("level", _LEVEL, ("", *LEVELS))
    fresh = None
    if form.text("fresh", _FRESH, required=False):
        fresh = form.whole_number("fresh", _FRESH, least=0, most=_MOST_SECONDS)
    agreement = Agreement(
        named["services"],
        named["purposes"],
        named["attributes"],
        AssuranceLevel[level] if level else None,
        fresh,
    )
    try:
        parse_agreement(agreement.encode())
    except Malformed:
        form.refuse(
            "attributes",
            "Chỉ dùng tên thuộc tính có trong chính sách, ví dụ name over_18, và tên ngắn gọn",
            "Use the names of attributes as policies do, such as name over_18, and short names",
        )
    return agreement
