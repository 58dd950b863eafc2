"""A unit's monthly sheet, on the screen and as a workbook; each look is in the audit log."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, render_template, request
from werkzeug.wrappers import Response

from cardsvc.access_records import ALL_AGENCIES, Role
from cardsvc.errors import Malformed
from cardsvc.identity.agency_code import AgencyCode
from issuance.attendance.day import Sign
from issuance.attendance.monthly import WhichSheet, monthly_sheet
from issuance.attendance.sheet import Month, MonthlySheet
from issuance.attendance.workbook import sheet_workbook
from web.console.access import needs
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.scopes import present_day
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

_READERS = (Role.CLERK, Role.APPROVER, Role.AUDITOR)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_AGENCY = Text("Mã định danh cơ quan", "Agency code")
_UNIT = Text("Đơn vị công tác", "Unit")
_MONTH, _YEAR = Text("Tháng", "Month"), Text("Năm", "Year")
_FIRST_YEAR, _LAST_YEAR = 2000, 2200


def add_pages(views: Blueprint, services: ConsoleServices) -> None:
    """Add the pages of the monthly sheet."""

    @views.get("/sheet")
    @needs(*_READERS)
    def sheet() -> str | tuple[str, int]:
        if "agency" not in request.args:
            return _page(_first_form(services), None)
        form = FormReader(request.args)
        which = _read(form, services)
        made = None if which is None else _make(services, which)
        page = _page(form, made)
        return (page, 422) if form.errors else page

    @views.get("/sheet.xlsx")
    @needs(*_READERS)
    def workbook() -> Response:
        form = FormReader(request.args)
        which = _read(form, services)
        if which is None:
            abort(400)
        response = make_response(sheet_workbook(_make(services, which)))
        month = f"{which.month.year:04d}-{which.month.month:02d}"
        name = f"cham-cong-{which.agency.value}-{month}.xlsx"
        response.headers["Content-Type"] = _XLSX
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


def _first_form(services: ConsoleServices) -> Form:
    today, own = present_day(services), sorted(present_operator().agencies - {ALL_AGENCIES})
    return Form.of(
        {"agency": own[0] if own else "", "month": str(today.month), "year": str(today.year)}
    )


def _read(form: FormReader, services: ConsoleServices) -> WhichSheet | None:
    typed = form.text("agency", _AGENCY)
    unit = form.text("unit", _UNIT, required=False)
    month = form.whole_number("month", _MONTH, least=1, most=12)
    year = form.whole_number("year", _YEAR, least=_FIRST_YEAR, most=_LAST_YEAR)
    if form.errors or month is None or year is None:
        return None
    try:
        code = AgencyCode.parse(typed)
    except Malformed:
        form.refuse("agency", "Nhập mã như H57.12", "Enter a code such as H57.12")
        return None
    which = Month(year, month)
    if not present_operator().covers(code.value):
        form.refuse(
            "agency", "Cơ quan này ngoài phạm vi của bạn", "This agency is outside your scope"
        )
        return None
    found = services.registry.agencies.book().at(code, which.days[-1])
    if found is None:
        form.refuse(
            "agency",
            "Cơ quan này không có trong danh mục vào tháng đó",
            "This agency was not in the registry in that month",
        )
        return None
    return WhichSheet(code, found.name, unit or None, which)


def _make(services: ConsoleServices, which: WhichSheet) -> MonthlySheet:
    return monthly_sheet(
        services.attendance.store,
        services.attendance.rules,
        which,
        operator=present_operator().id,
        at=request_instant(services),
    )


def _page(form: Form, made: MonthlySheet | None) -> str:
    used = {mark.sign for line in made.lines for mark in line.marks} if made else set()
    return render_template(
        "attendance/sheet.html",
        form=form,
        sheet=made,
        may_ask=Role.CLERK in present_operator().roles,
        signs=[one for one in Sign if one in used and one.text],
    )
