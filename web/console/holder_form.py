"""The form of a holder's facts, read into a record; what is doubtful warns and refuses nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import TypeVar

from flask import render_template, request
from werkzeug.wrappers import Response

from cardsvc.access_records import Operator
from cardsvc.errors import Malformed
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.card_number import StaffCategory
from cardsvc.identity.email import EmailAddress
from cardsvc.identity.enterprise_number import EnterpriseNumber
from cardsvc.identity.names import PersonName
from cardsvc.identity.number_alias import AliasStatus
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.identity.phone import PhoneNumber
from cardsvc.identity.sex import Sex
from cardsvc.records import Delegation, Employment, Holder
from cardsvc.terms import CardType
from issuance.registry.holders import renumbered
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.registry_texts import CATEGORIES, KINDS, SEXES, WARNINGS

_T = TypeVar("_T")
_NAME = Text("Họ và tên", "Full name")
_NUMBER = Text("Số định danh cá nhân", "Personal number")
_EARLIEST_BIRTH = date(1900, 1, 1)
_BORN = Text("Ngày sinh", "Date of birth")
_AGENCY = Text("Mã cơ quan", "Agency code")
_AGENCY_NAME = Text("Cơ quan quản lý", "Managing agency")
_UNIT = Text("Đơn vị công tác", "Employing unit")
_POSITION = Text("Chức vụ, chức danh", "Position")
_CATEGORY = Text("Loại cán bộ", "Category")
_STAFF_CODE = Text("Mã cán bộ", "Staff code")
_ENTERPRISE = Text("Mã số doanh nghiệp", "Enterprise number")
_ENTERPRISE_NAME = Text("Tên doanh nghiệp", "Enterprise name")
_SCOPE = Text("Phạm vi ủy quyền", "Scope of delegation")
_UNTIL = Text("Ủy quyền đến ngày", "Delegated until")
_PHONE, _EMAIL = Text("Điện thoại", "Phone"), Text("Thư điện tử", "E-mail")
_FORMS = {
    "name": Text(
        "Họ và tên chỉ gồm chữ cái, dấu cách, dấu nháy và gạch nối",
        "A name holds letters, blanks, apostrophes and hyphens only",
    ),
    "personal_number": Text(
        "Số định danh cá nhân gồm đúng 12 chữ số", "The personal number has exactly 12 digits"
    ),
    "phone": Text("Số điện thoại không đúng, ví dụ 0912 345 678", "Such as 0912 345 678"),
    "email": Text("Thư điện tử không đúng, ví dụ ten@hue.gov.vn", "Such as name@hue.gov.vn"),
    "agency_code": Text(
        "Mã định danh cơ quan không đúng, ví dụ H57.12", "Not an agency code, such as H57.12"
    ),
    "enterprise_number": Text(
        "Mã số doanh nghiệp gồm 10, 12 hoặc 13 chữ số",
        "An enterprise number has 10, 12 or 13 digits",
    ),
}


@dataclass(frozen=True, slots=True)
class ReadHolder:
    """What a form gives.

    Args:
        holder: the record as it should be; None after faults.
        warnings: what to look at twice.
    """

    holder: Holder | None
    warnings: tuple[Text, ...] = ()


def kind_of(holder: Holder) -> CardType:
    """Return which kind of form a holder's facts fill."""
    if holder.employment is not None:
        return CardType.CIVIL_SERVANT
    return CardType.BUSINESS if holder.delegation is not None else CardType.INDIVIDUAL


def filled_form(holder: Holder) -> Form:
    """Return the form of a holder on record; what is masked stays out of it."""
    values = {"name": holder.name.value, "version": str(holder.version)}
    values["sex"] = holder.sex.value if holder.sex else ""
    values["birth_date"] = f"{holder.birth_date:%d/%m/%Y}" if holder.birth_date else ""
    if post := holder.employment:
        values |= {
            "agency_code": post.agency_code.value, "agency_name": post.agency_name,
            "unit": post.unit_name, "position": post.position, "category": post.category.value,
            "staff_code": post.staff_code,
        }  # fmt: skip
    if given := holder.delegation:
        values |= {
            "enterprise_number": str(given.enterprise_number),
            "enterprise_name": given.enterprise_name, "scope": given.scope,
            "until": f"{given.until:%d/%m/%Y}",
        }  # fmt: skip
    return Form.of(values)


def read_holder_form(
    form: FormReader,
    kind: CardType,
    operator: Operator,
    *,
    known: Holder | None,
    new_id: str,
    on: date,
) -> ReadHolder:
    """Read the form of a new holder, or of one whose facts are corrected.

    Args:
        form: as sent; its faults are noted there.
        kind: which facts it asks for.
        operator: whose scope the holder has to be in afterwards.
        known: the holder as read before; None for a new one.
        new_id: a new holder's identifier.
        on: the day it is in Vietnam.
    """
    name = _parsed(form, "name", _NAME, PersonName.parse_with_warnings)
    typed_number = _parsed(
        form, "personal_number", _NUMBER, PersonalNumber.parse_lenient, required=known is None
    )
    sex = form.text("sex", Text("Giới tính", "Sex"), required=False)
    born = form.day("birth_date", _BORN, required=False)
    if born is not None and not _EARLIEST_BIRTH <= born <= on:
        form.refuse(
            "birth_date",
            f"Ngày sinh không thể trước năm {_EARLIEST_BIRTH.year} hoặc ở tương lai",
            f"Nobody was born before {_EARLIEST_BIRTH.year}, or in the future",
        )
    phone = _kept(form, "phone", _PHONE, PhoneNumber.parse, known.phone if known else None)
    email = _kept(form, "email", _EMAIL, EmailAddress.parse, known.email if known else None)
    post = known.employment if known else None
    given = known.delegation if known else None
    if kind is CardType.CIVIL_SERVANT:
        post = _post(form, operator, post)
    if kind is CardType.BUSINESS:
        given = _delegation(form, given)
    if kind is not CardType.CIVIL_SERVANT and post is None and not operator.covers(None):
        form.refuse(
            "name",
            "Bạn chỉ được lập hồ sơ cho người của cơ quan trong phạm vi của mình",
            "You may only put people of agencies in your scope on record",
        )
    if form.errors or name is None:
        return ReadHolder(None)
    number = typed_number or (known.personal_number if known else None)
    if number is None:
        return ReadHolder(None)
    base = known or Holder(new_id, name[0], number)
    holder = replace(
        base, name=name[0], birth_date=born, sex=Sex(sex) if sex in set(Sex) else None,
        phone=phone, email=email, employment=post, delegation=given,
    )  # fmt: skip
    if known and number != known.personal_number:
        if form.ticked("is_new_number"):
            holder = renumbered(holder, number.value, status=AliasStatus.REPLACED)
        else:
            holder = replace(holder, personal_number=number)
    warnings = [WARNINGS[one] for one in name[1]]
    warnings += [WARNINGS[one] for one in number.warnings(holder.birth_date, holder.sex)]
    return ReadHolder(holder, tuple(warnings))


def _post(form: FormReader, operator: Operator, before: Employment | None) -> Employment | None:
    code = _parsed(form, "agency_code", _AGENCY, lambda text: AgencyCode.parse(text.upper()))
    if code is not None and not operator.covers(code.value):
        form.refuse(
            "agency_code",
            "Cơ quan này nằm ngoài phạm vi của bạn",
            "This agency lies outside your scope",
        )
    agency_name = form.text("agency_name", _AGENCY_NAME)
    unit = form.text("unit", _UNIT, required=False)
    position = form.text("position", _POSITION)
    category = form.choice("category", _CATEGORY, [one.value for one in StaffCategory])
    staff_code = form.text("staff_code", _STAFF_CODE, required=False, longest=40)
    if code is None or category is None:
        return None
    until = before.until if before else None
    return Employment(code, agency_name, unit, position, StaffCategory(category), staff_code, until)


def _delegation(form: FormReader, before: Delegation | None) -> Delegation | None:
    shown = before.enterprise_number if before else None

    def parse(text: str) -> EnterpriseNumber:
        # an owner's number is shown masked; sent back as it was shown, it stays
        return shown if shown and text == str(shown) else EnterpriseNumber.parse_lenient(text)

    number = _parsed(form, "enterprise_number", _ENTERPRISE, parse)
    name = form.text("enterprise_name", _ENTERPRISE_NAME)
    scope = form.text("scope", _SCOPE)
    until = form.day("until", _UNTIL)
    if number is None or until is None:
        return None
    return Delegation(number, name, scope, until)


def _kept(
    form: FormReader, name: str, label: Text, parse: Callable[[str], _T], before: _T | None
) -> _T | None:
    """Return a fact that is masked: as before where nothing was typed, none where so ticked."""
    typed = _parsed(form, name, label, parse, required=False)
    if typed is not None:
        return typed
    return None if form.ticked(f"no_{name}") else before


def _parsed(
    form: FormReader,
    name: str,
    label: Text,
    parse: Callable[[str], _T],
    *,
    required: bool = True,
) -> _T | None:
    text = form.text(name, label, required=required)
    if not text or form.error(name):
        return None
    try:
        return parse(text)
    except Malformed:
        form.refuse(name, _FORMS[name].vi, _FORMS[name].en)
        return None


def asked_kind(otherwise: CardType = CardType.CIVIL_SERVANT) -> CardType:
    """Return which kind of form the address asks for."""
    asked = request.args.get("kind", "")
    return CardType(asked) if asked in set(CardType) else otherwise


def edit_page(
    form: Form,
    kind: CardType,
    one: Holder | None,
    *,
    warnings: tuple[Text, ...] = (),
    notes: tuple[Text, ...] = (),
    status: int = 200,
) -> Response:
    """Return the page of the form.

    Args:
        form: as filled in so far.
        kind: which facts it asks for.
        one: whose facts are corrected; None for a new holder.
        warnings: what has to be looked at before it is sent again.
        notes: what is to be said above it.
        status: of the answer.
    """
    page = render_template(
        "holders/edit.html", form=form, kind=kind, kinds=KINDS, one=one, warnings=warnings,
        notes=notes, categories=CATEGORIES, sexes=SEXES,
    )  # fmt: skip
    return Response(page, status, mimetype="text/html")
