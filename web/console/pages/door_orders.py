"""Opening a door from afar: one person asks, another approves, both with their second factor."""

from __future__ import annotations

import re

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.door_order_records import DoorOrder, DoorOrderState
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.operator_key import is_same_operator
from web.console.access import needs
from web.console.door_lists import MOST_EXPORTED, READERS, agents_of, area
from web.console.door_texts import is_over, order_state
from web.console.exports import add_exports, exports_of
from web.console.formats import instant
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.notices import notice
from web.console.once import once
from web.console.paging import PAGE_ROWS, Column, Table, encode_cursor, read_cursor
from web.console.refusals import done
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

_SEE_OTHER = 303
_OPENERS = (Role.ADMINISTRATOR, Role.APPROVER)
_AGENT, _DOOR = Text("Thiết bị", "Agent"), Text("Cửa", "Door")
_DOOR_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""As agent.toml names doors."""
_COLUMNS = (
    Column(Text("Đề nghị lúc", "Asked at")), Column(_AGENT), Column(_DOOR),
    Column(Text("Trạng thái", "State")), Column(Text("Người đề nghị", "Asked by")),
    Column(Text("Người quyết định", "Decided by")),
)  # fmt: skip
_ASKED = Text("Một người khác duyệt trong năm phút", "Somebody else approves within five minutes")
_DONE = {
    "approve": Text(
        "Đã duyệt: cửa mở khi thiết bị nhận lệnh", "Approved: it opens when the agent asks"
    ),
    "withdraw": Text("Đã rút đề nghị", "The order was withdrawn"),
}
_REFUSALS = {
    ReasonCode.DOOR_ORDER_OVER: Text(
        "Đề nghị này đã được quyết định hoặc đã quá năm phút.",
        "This order was decided, or is older than five minutes.",
    ),
    ReasonCode.SAME_OPERATOR: Text(
        "Bạn là người đề nghị: một người khác duyệt.",
        "You asked for it: somebody else approves.",
    ),
}


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of orders to open doors."""
    views = area("door_orders", "/doors/orders")
    _reading_pages(views, services)
    _asking_pages(views, services)
    _deciding_pages(views, services)
    return views


def _reading_pages(views: Blueprint, services: ConsoleServices) -> None:
    orders = services.doors.orders

    @views.get("")
    @needs(*READERS)
    def listing() -> str:
        after = read_cursor(1)
        found = orders.latest(PAGE_ROWS + 1, after=after[0] if after else "")
        shown, at = found[:PAGE_ROWS], request_instant(services)
        table = Table(
            Text("Mở cửa từ xa, mới nhất trước", "Doors opened from afar, newest first"),
            _COLUMNS,
            [(one, *order_state(one, at)) for one in shown],
            Text("Chưa có ai đề nghị mở cửa.", "Nobody has asked for a door to be opened."),
            encode_cursor(shown[-1].id) if len(found) > PAGE_ROWS else "",
            exports=exports_of("door_orders"),
        )
        return render_template("doors/orders.html", table=table, may_ask=_is_opener())

    def lines() -> list[tuple[str, ...]]:
        at = request_instant(services)
        return [
            (instant(one.requested_at), one.agent, one.door, str(order_state(one, at)[0]),
             one.requested_by, one.decided_by or "")
            for one in orders.latest(MOST_EXPORTED)
        ]  # fmt: skip

    add_exports(views, "door-orders", READERS, _COLUMNS, lines)

    @views.get("/<order_id>")
    @needs(*READERS)
    def show(order_id: str) -> str:
        one, at = _find(services, order_id), request_instant(services)
        text, tone = order_state(one, at)
        waits = one.state is DoorOrderState.REQUESTED and not is_over(one, at)
        return render_template(
            "doors/order.html", one=one, state=text, tone=tone, is_over=is_over(one, at),
            may_decide=waits and _is_opener(),
            is_mine=is_same_operator(present_operator().id, one.requested_by),
        )  # fmt: skip


def _asking_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/new")
    @needs(*_OPENERS, grave=True)
    def new() -> str:
        asked = {name: request.args.get(name, "") for name in ("agent", "door")}
        return _form(services, Form.of(asked))

    @views.post("/new")
    @needs(*_OPENERS, grave=True)
    def ask() -> Response:
        form = FormReader(request.form)
        agent = form.choice("agent", _AGENT, [one for one, _ in agents_of(services)])
        door = form.text("door", _DOOR, longest=64)
        if door and _DOOR_NAME.fullmatch(door) is None:
            form.refuse(
                "door",
                "Nhập tên cửa như trong agent.toml, ví dụ cua-bac",
                "Enter the door's name as in agent.toml, such as cua-bac",
            )
        by, at = present_operator().id, request_instant(services)

        def act() -> Response:
            if agent is None or form.errors:
                return Response(_form(services, form), 422, mimetype="text/html")
            order = services.doors.desk.ask(
                agent, door, order_id=services.doors.new_id(), operator=by, at=at
            )
            return done(_ASKED, _address(order))

        return once(services, act)


def _deciding_pages(views: Blueprint, services: ConsoleServices) -> None:
    desk = services.doors.desk

    @views.post("/<order_id>/<any(approve,withdraw):deed>")
    @needs(*_OPENERS, grave=True)
    def decide(order_id: str, deed: str) -> Response:
        one = _find(services, order_id)
        by, at = present_operator().id, request_instant(services)

        def act() -> Response:
            deal = desk.approve if deed == "approve" else desk.withdraw
            try:
                deal(one.id, operator=by, at=at)
            except CardsvcError as error:
                if error.reason not in _REFUSALS:
                    raise
                notice(_REFUSALS[error.reason], good=False)
                return redirect(_address(one), _SEE_OTHER)
            return done(_DONE[deed], _address(one))

        return once(services, act)


def _is_opener() -> bool:
    return not present_operator().roles.isdisjoint(_OPENERS)


def _find(services: ConsoleServices, order_id: str) -> DoorOrder:
    try:
        return services.doors.desk.store.find(order_id)
    except CardsvcError as error:
        if error.reason is not ReasonCode.DOOR_ORDER_UNKNOWN:
            raise
        abort(404)


def _form(services: ConsoleServices, form: Form) -> str:
    return render_template("doors/new_order.html", form=form, agents=agents_of(services))


def _address(one: DoorOrder) -> str:
    return url_for("console.door_orders.show", order_id=one.id)
