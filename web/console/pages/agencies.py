"""Agencies: the tree of a day, one agency with its history; what it decides for itself."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.agency_records import Agency, AgencyBook, AgencySettings, AgencyVersion
from cardsvc.errors import Malformed
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.latin import search_key
from issuance.registry.agencies import put_settings
from web.console.access import needs
from web.console.agency_texts import FATES, STANDING
from web.console.exports import add_exports, exports_of
from web.console.formats import day
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.notices import notice
from web.console.once import once
from web.console.pages import agency_changes
from web.console.paging import PAGE_ROWS, Column, Table, encode_cursor, read_cursor
from web.console.scopes import present_day
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

READERS = (Role.CLERK, Role.APPROVER, Role.ISSUER, Role.AUDITOR, Role.ADMINISTRATOR)
_SEE_OTHER = 303
_COLUMNS = (
    Column(Text("Tên cơ quan", "Name")),
    Column(Text("Mã định danh", "Code")),
    Column(Text("Tên viết tắt", "Short name")),
    Column(Text("Từ ngày", "Since")),
    Column(Text("Tình trạng", "State")),
)
_OUTSIDE = {"inherit": None, "yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class _Line:
    """An agency in the list: the version that is shown, how deep it stands, how it stands."""

    code: AgencyCode
    version: AgencyVersion
    depth: int
    standing: str


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of agencies."""
    views = Blueprint("agencies", __name__, url_prefix="/agencies")
    _listing_pages(views, services)
    agency_changes.add_pages(views, services, find_agency)
    _record_pages(views, services)
    _settings_pages(views, services)
    return views


def find_agency(book: AgencyBook, code: str) -> Agency:
    """Return an agency in the operator's scope; a page that is not found otherwise."""
    try:
        found = book.find(AgencyCode.parse(code))
    except Malformed:
        found = None
    if found is None or not present_operator().covers(found.code.value):
        abort(404)
    return found


def _listing_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("")
    @needs(*READERS)
    def listing() -> str:
        form = _filter()
        lines = _lines(services, form)
        after = read_cursor(1)
        codes = [line.code.value for line in lines]
        start = codes.index(after[0]) + 1 if after and after[0] in codes else 0
        shown = lines[start : start + PAGE_ROWS]
        is_more = len(lines) > start + PAGE_ROWS
        table = Table(
            Text("Danh mục cơ quan", "Agencies"),
            _COLUMNS,
            shown,
            Text(
                "Không có cơ quan nào khớp trong phạm vi của bạn.",
                "No agency in your scope matches.",
            ),
            next_cursor=encode_cursor(shown[-1].code.value) if is_more else "",
            exports=exports_of("agencies"),
        )
        return render_template(
            "agencies/listing.html", table=table, form=form, standing=STANDING, total=len(lines)
        )

    add_exports(views, "agencies", READERS, _COLUMNS, lambda: _exported(services))


def _filter() -> Form:
    return Form.of({name: request.args.get(name, "") for name in ("q", "standing")})


def _exported(services: ConsoleServices) -> list[tuple[str, ...]]:
    return [
        (one.version.name, one.code.value, one.version.short_name, day(one.version.valid_from),
         str(STANDING[one.standing]))
        for one in _lines(services, _filter())
    ]  # fmt: skip


def _lines(services: ConsoleServices, form: Form) -> list[_Line]:
    book, day = services.registry.agencies.book(), present_day(services)
    lines = [_Line(one.code, one.version, one.depth, "present") for one in book.tree(day)]
    present = {line.code for line in lines}
    for one in sorted(book, key=lambda one: one.code.levels):
        if one.code not in present:
            last = one.versions[-1]
            lines.append(_Line(one.code, last, 0, "future" if last.valid_from > day else "ended"))
    standing = form.value("standing") if form.value("standing") in STANDING else "present"
    words = search_key(form.value("q")).split()
    covers = present_operator().covers
    return [
        line
        for line in lines
        if line.standing == standing and covers(line.code.value) and _matches(line, words)
    ]


def _matches(line: _Line, words: list[str]) -> bool:
    text = search_key(f"{line.code} {line.version.name} {line.version.short_name}")
    return all(word in text for word in words)


def _record_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<agency>")
    @needs(*READERS)
    def show(agency: str) -> str:
        book, day = services.registry.agencies.book(), present_day(services)
        one = find_agency(book, agency)
        is_present = one.at(day) is not None
        below = [
            found
            for found in book.subtree(one.code, day)[1:]
            if book.parent(found, day) == one.code and present_operator().covers(found.value)
        ]
        return render_template(
            "agencies/show.html",
            one=one,
            version=one.at(day) or one.versions[-1],
            is_present=is_present,
            is_open=one.versions[-1].valid_to is None,
            parent=book.parent(one.code, day),
            below=[(found, book.at(found, day)) for found in below],
            became=() if is_present else book.successors(one.code, day),
            book=book,
            day_shown=day,
            covers=present_operator().covers,
            staff=services.registry.staff.count([one.code]),
            outside=book.approver_outside_unit(one.code, day),
            fates=FATES,
            may_change=Role.ADMINISTRATOR in present_operator().roles,
        )


def _settings_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<agency>/settings")
    @needs(Role.ADMINISTRATOR, grave=True)
    def settings(agency: str) -> str:
        one = find_agency(services.registry.agencies.book(), agency)
        present = one.settings.approver_outside_unit
        chosen = next(name for name, value in _OUTSIDE.items() if value is present)
        form = Form.of({"outside": chosen})
        return render_template("agencies/settings.html", one=one, form=form)

    @views.post("/<agency>/settings")
    @needs(Role.ADMINISTRATOR, grave=True)
    def put(agency: str) -> Response:
        one = find_agency(services.registry.agencies.book(), agency)
        form = FormReader(request.form)
        label = Text("Người phê duyệt", "Approver")
        chosen = form.choice("outside", label, list(_OUTSIDE))

        def act() -> Response:
            if chosen is None:
                page = render_template("agencies/settings.html", one=one, form=form)
                return Response(page, 422, mimetype="text/html")
            put_settings(
                services.registry.agencies, one.code,
                AgencySettings(_OUTSIDE[chosen], one.settings.emblem),
                operator=present_operator().id, at=request_instant(services),
            )  # fmt: skip
            notice(Text("Đã lưu thiết lập", "The settings were saved"))
            return redirect(url_for("console.agencies.show", agency=one.code), _SEE_OTHER)

        return once(services, act)
