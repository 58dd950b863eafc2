"""Finding holders, and taking their list away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.errors import Malformed
from cardsvc.holder_search_records import (
    MAX_PAGE,
    ByName,
    ByNumber,
    HolderCursor,
    HolderFilter,
    HolderPage,
    ListedHolder,
)
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.card_number import StaffCategory
from cardsvc.lifecycle import CardState
from cardsvc.terms import CardType
from issuance.registry.disclosure import note_export
from issuance.registry.search_query import may_lack_a_zero, parse_search
from web.console.access import needs
from web.console.exports import Cell, send_csv, send_xlsx
from web.console.forms import Form, FormReader
from web.console.languages import Text, t
from web.console.pages import holder_changes, holder_photos, holder_record, holder_restriction
from web.console.paging import PAGE_ROWS, Column, Table
from web.console.registry_texts import CARD_TYPES, CATEGORIES
from web.console.scopes import agencies_to_search
from web.console.services import ConsoleServices
from web.console.states import state_text
from web.console.visitor import present_operator, request_instant

READERS = (Role.CLERK, Role.APPROVER, Role.ISSUER, Role.AUDITOR)
_SEE_OTHER = 303
_MAX_EXPORT = 20_000
_FILTERS = ("agency", "unit", "category", "type", "state")
_COLUMNS = (
    Column(Text("Họ và tên", "Full name")),
    Column(Text("Số định danh cá nhân", "Personal number")),
    Column(Text("Cơ quan, đơn vị", "Agency, unit")),
    Column(Text("Chức vụ", "Position")),
    Column(Text("Thẻ", "Cards")),
)
_NOTHING = Text(
    "Không có ai khớp. Kiểm tra lại cách viết, hoặc bỏ bớt điều kiện lọc.",
    "Nobody matches. Check the spelling, or take filters away.",
)
_LACKS_A_ZERO = Text(
    "Không có ai khớp. Số định danh có 12 chữ số, số này có 11: có thể thiếu chữ số 0 ở đầu, như "
    "khi chép từ Excel. Nhập lại đủ 12 chữ số.",
    "Nobody matches. A personal number has 12 digits, this one has 11: the zero at its front may "
    "be lost, as in Excel. Enter all 12 digits.",
)
_NO_QUERY = Text(
    "Nhập họ tên, đủ 12 chữ số của số định danh, 9 chữ số CMND, hoặc số hiệu thẻ",
    "Enter a name, all 12 digits of the personal number, 9 digits of a CMND, or a card number",
)
_NO_AGENCY = Text("Nhập mã định danh cơ quan, ví dụ H57.12", "Enter an agency code, such as H57.12")


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of holders."""
    views = Blueprint("holders", __name__, url_prefix="/holders")
    _listing_pages(views, services)
    _export_pages(views, services)
    holder_record.add_pages(views, services)
    holder_changes.add_pages(views, services)
    holder_photos.add_pages(views, services)
    holder_restriction.add_pages(views, services)
    return views


def _listing_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("")
    @needs(*READERS)
    def listing() -> Response:
        form = Form.of({name: request.args.get(name, "") for name in ("q", *_FILTERS)})
        asked = _read_filter(services, form)
        if asked is not None and isinstance(asked.query, ByNumber):
            # a number in an address would stay in the browser's history: it is sent by the form
            return redirect(url_for("console.holders.listing"), _SEE_OTHER)
        page = HolderPage((), None, 0)
        if asked is not None:
            page = services.registry.directory.search(asked, after=_cursor(), limit=PAGE_ROWS)
        return _list(services, form, page, exports=asked is not None)

    @views.post("/find")
    @needs(*READERS)
    def find() -> Response:
        form = FormReader(request.form)
        for name in ("q", *_FILTERS):
            form.text(name, Text("Ô tìm kiếm", "The search field"), required=False)
        asked = _read_filter(services, form)
        if asked is None:
            return _list(services, form, HolderPage((), None, 0), exports=False, status=422)
        if not isinstance(asked.query, ByNumber) and not may_lack_a_zero(form.value("q")):
            kept = {name: form.value(name) for name in ("q", *_FILTERS) if form.value(name)}
            return redirect(url_for("console.holders.listing", **kept), _SEE_OTHER)  # type: ignore[arg-type]
        page = services.registry.directory.search(asked, limit=PAGE_ROWS)
        if len(page.holders) == 1:
            only = page.holders[0].id
            return redirect(url_for("console.holders.show", holder_id=only), _SEE_OTHER)
        return _list(services, form, page, exports=False)


def _list(
    services: ConsoleServices, form: Form, page: HolderPage, *, exports: bool, status: int = 200
) -> Response:
    endpoints = {"CSV": "console.holders.as_csv", "XLSX": "console.holders.as_xlsx"}
    table = Table(
        Text("Chủ thẻ", "Holders"),
        _COLUMNS,
        page.holders,
        _LACKS_A_ZERO if may_lack_a_zero(form.value("q")) else _NOTHING,
        next_cursor=page.next.encode() if page.next else "",
        exports=endpoints if exports and page.holders else {},
    )
    book = services.registry.agencies.book()
    day = request_instant(services).date()
    operator = present_operator()
    agencies = [node for node in book.tree(day) if operator.covers(node.code.value)]
    found = render_template(
        "holders/listing.html",
        table=table,
        form=form,
        total=page.total,
        more=page.next is not None,
        agencies=agencies,
        categories=CATEGORIES,
        card_types=CARD_TYPES,
        card_states=[(state.value, state_text(state)) for state in CardState],
    )
    return Response(found, status, mimetype="text/html")


def _export_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/list.csv")
    @needs(*READERS)
    def as_csv() -> Response:
        return send_csv("chu-the", _head(), _exported(services))

    @views.get("/list.xlsx")
    @needs(*READERS)
    def as_xlsx() -> Response:
        return send_xlsx("chu-the", _head(), _exported(services))


def _head() -> list[str]:
    return [
        t("Họ và tên", "Full name"),
        t("Số định danh cá nhân", "Personal number"),
        t("Mã cơ quan", "Agency code"),
        t("Cơ quan", "Agency"),
        t("Đơn vị", "Unit"),
        t("Chức vụ", "Position"),
        t("Loại cán bộ", "Category"),
        t("Doanh nghiệp", "Enterprise"),
        t("Thẻ", "Cards"),
    ]


def _exported(services: ConsoleServices) -> list[list[Cell]]:
    form = Form.of({name: request.args.get(name, "") for name in ("q", *_FILTERS)})
    asked = _read_filter(services, form)
    rows: list[list[Cell]] = []
    if asked is not None and not isinstance(asked.query, ByNumber):
        for one in _all(services, asked):
            if len(rows) == _MAX_EXPORT:
                rows.append([t("… còn nữa: lọc hẹp hơn", "… there are more: filter further")])
                break
            rows.append(_exported_row(one))
    at = request_instant(services)
    note_export(services.registry.holders, len(rows), operator=present_operator().id, at=at)
    return rows


def _all(services: ConsoleServices, asked: HolderFilter) -> Iterator[ListedHolder]:
    after: HolderCursor | None = None
    while True:
        page = services.registry.directory.search(asked, after=after, limit=MAX_PAGE)
        yield from page.holders
        if page.next is None:
            return
        after = page.next


def _exported_row(one: ListedHolder) -> list[Cell]:
    cards = ", ".join(str(state_text(card.state)) for card in one.cards)
    category = str(CATEGORIES[one.category]) if one.category else None
    return [
        one.name, one.masked_number, one.agency_code, one.agency_name, one.unit_name,
        one.position, category, one.enterprise_name, cards,
    ]  # fmt: skip


def _read_filter(services: ConsoleServices, form: Form) -> HolderFilter | None:
    """Return what is asked for within the operator's scope, None after a fault is noted."""
    operator = present_operator()
    asked = HolderFilter(ByName())
    try:
        asked = replace(asked, query=parse_search(form.value("q")))
    except Malformed:
        form.refuse("q", _NO_QUERY.vi, _NO_QUERY.en)
    code: AgencyCode | None = None
    if typed := form.value("agency").strip():
        try:
            code = AgencyCode.parse(typed.split(" ")[0].upper())
        except Malformed:
            form.refuse("agency", _NO_AGENCY.vi, _NO_AGENCY.en)
    if form.errors:
        return None
    category, kind, state = (form.value(name) for name in ("category", "type", "state"))
    return replace(
        asked,
        agencies=agencies_to_search(operator, code, services.registry.agencies, services),
        unit=form.value("unit").strip() or None,
        category=StaffCategory(category) if category in set(StaffCategory) else None,
        card_type=CardType(kind) if kind in set(CardType) else None,
        card_state=CardState(state) if state in set(CardState) else None,
    )


def _cursor() -> HolderCursor | None:
    try:
        return HolderCursor.parse(request.args.get("after", ""))
    except Malformed:
        return None
