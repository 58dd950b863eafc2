"""The day's reconciliation: balance, count, differences to explain, and the day that is closed."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.errors import IssuanceError, Malformed
from cardsvc.stock_records import StockKeeper
from issuance.stock.days import close_day, count_stock, position
from issuance.stock.serials import parse_serials
from web.console.access import needs
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.once import once
from web.console.paging import Column, Table
from web.console.refusals import done, led_back
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

_READERS = (Role.STOCK_KEEPER, Role.ISSUER, Role.AUDITOR)
_LIST_OCTETS = 2 * 1024 * 1024
_LINES = (
    Column(Text("Loại phôi", "Product")),
    Column(Text("Đầu kỳ", "Opening"), numeric=True),
    Column(Text("Nhập", "Came"), numeric=True),
    Column(Text("Xuất", "Went"), numeric=True),
    Column(Text("Đã thành thẻ", "Used"), numeric=True),
    Column(Text("Hỏng", "Spoiled"), numeric=True),
    Column(Text("Cuối kỳ", "Closing"), numeric=True),
    Column(Text("Phôi hỏng còn giữ", "Spoiled, kept"), numeric=True),
)
_CLOSED = (
    Column(Text("Ngày", "Day")),
    Column(Text("Người khóa sổ", "Closed by")),
    Column(Text("Cuối kỳ", "Closing"), numeric=True),
)


def add_pages(views: Blueprint, services: ConsoleServices) -> None:
    """Add a keeper's day: how it stands, its count, its end."""

    @views.get("/keepers/<keeper_id>")
    @needs(*_READERS)
    def keeper(keeper_id: str) -> str:
        return _page(services, _find(services, keeper_id), Form())

    @views.post("/keepers/<keeper_id>/count")
    @needs(Role.STOCK_KEEPER, body_octets=_LIST_OCTETS)
    def count(keeper_id: str) -> Response:
        one = _find(services, keeper_id)
        form = FormReader(request.form)
        typed = form.text(
            "serials", Text("Số phôi", "Serials"), required=False, longest=_LIST_OCTETS
        )

        def act() -> Response:
            try:
                serials = parse_serials(typed, services.issuing.serials) if typed else ()
            except Malformed:
                form.refuse(
                    "serials",
                    "Quét từng phôi trong két, không lặp; dãy viết là A0001..A0100",
                    "Scan every blank in the safe, none twice; a range as A0001..A0100",
                )
                return Response(_page(services, one, form), 422, mimetype="text/html")
            try:
                kept = count_stock(
                    services.issuing.store, one.id, serials,
                    count_id=services.issuing.new_id(),
                    operator=present_operator().id, at=request_instant(services),
                )  # fmt: skip
            except IssuanceError as error:
                return led_back(services, error, one.id, _page_of(one))
            if kept.differences:
                found = len(kept.differences)
                told = Text(f"Có {found} chênh lệch cần giải thích", f"{found} differences")
                return done(told, _page_of(one))
            return done(Text("Kiểm đếm khớp sổ", "The count agrees with the books"), _page_of(one))

        return once(services, act)

    @views.post("/keepers/<keeper_id>/close")
    @needs(Role.STOCK_KEEPER)
    def close(keeper_id: str) -> Response:
        one = _find(services, keeper_id)

        def act() -> Response:
            by, at = present_operator().id, request_instant(services)
            try:
                close_day(services.issuing.store, one.id, operator=by, at=at)
            except IssuanceError as error:
                return led_back(services, error, one.id, _page_of(one))
            return done(Text("Đã khóa sổ ngày", "The day was closed"), _page_of(one))

        return once(services, act)


def _page(services: ConsoleServices, one: StockKeeper, form: Form) -> str:
    at, stock = request_instant(services), services.issuing.stock
    stands = position(services.issuing.store, one.id, at)
    counts = stock.counts(one.id, 1)
    balance = Table(
        Text("Cân đối từ lần khóa sổ trước", "Balance since the last closed day"),
        _LINES,
        stands.lines,
        Text("Chưa có phôi nào ở đây.", "Nothing has been here yet."),
    )
    days = Table(
        Text("Các ngày đã khóa sổ", "Closed days"),
        _CLOSED,
        stock.days(one.id),
        Text("Chưa khóa sổ ngày nào.", "No day was closed yet."),
    )
    return render_template(
        "stock/keeper_day.html",
        keeper=one,
        form=form,
        balance=balance,
        days=days,
        present=len(stands.blanks),
        last_count=counts[0] if counts else None,
        may_keep=Role.STOCK_KEEPER in present_operator().roles,
    )


def _page_of(one: StockKeeper) -> str:
    return url_for("console.stock.keeper", keeper_id=one.id)


def _find(services: ConsoleServices, keeper_id: str) -> StockKeeper:
    found = {one.id: one for one in services.issuing.stock.keepers()}.get(keeper_id)
    if found is None:
        abort(404)
    return found
