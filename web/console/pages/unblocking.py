"""Unblocking a PIN: a second officer decides, the desk carries it out, the code is shown once."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.errors import IssuanceError, StoreError
from cardsvc.records import Holder
from cardsvc.unblock_records import OPEN_STATES, UnblockRequest, UnblockState
from issuance import unblock
from web.console.access import needs
from web.console.desk_agents import agent_choices
from web.console.exports import add_exports, exports_of
from web.console.formats import instant
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.once import once
from web.console.paging import Column, Table
from web.console.queue_filter import one_of
from web.console.refusals import done, led_back
from web.console.scopes_of_cards import find_card, is_covered
from web.console.services import ConsoleServices
from web.console.states import state_text
from web.console.visitor import present_operator, request_instant

READERS = (Role.CLERK, Role.APPROVER, Role.ISSUER)
_DECIDERS = (Role.APPROVER, Role.ISSUER)
_CODE_STATES = (UnblockState.DONE, UnblockState.SHOWN)
_COLUMNS = (
    Column(Text("Chủ thẻ", "Holder")),
    Column(Text("Người đề nghị", "Requested by")),
    Column(Text("Thời điểm", "When")),
    Column(Text("Người quyết định", "Decided by")),
)


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of unblockings."""
    views = Blueprint("unblocking", __name__, url_prefix="/unblocking")
    _reading_pages(views, services)
    _deciding_pages(views, services)
    return views


def _reading_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("")
    @needs(*READERS)
    def listing() -> str:
        state = _state()
        table = Table(
            Text("Đề nghị mở khóa PIN", "Requests to unblock a PIN"),
            _COLUMNS,
            _rows(services),
            Text(
                "Không có đề nghị nào. Đề nghị mở khóa được lập ở trang của thẻ.",
                "There are none. A request is made on the card's page.",
            ),
            exports=exports_of("unblocking"),
        )
        tabs = [
            (state_text(one), url_for("console.unblocking.listing", state=one.value), one is state)
            for one in UnblockState
        ]
        return render_template("unblocking/listing.html", table=table, tabs=tabs)

    add_exports(views, "unblocking", READERS, _COLUMNS, lambda: _lines(services))

    @views.get("/<request_id>")
    @needs(*READERS)
    def show(request_id: str) -> str:
        return _page(services, *_find(services, request_id), Form())


def _state() -> UnblockState:
    return one_of(UnblockState, request.args.get("state", "")) or UnblockState.REQUESTED


def _rows(services: ConsoleServices) -> list[tuple[UnblockRequest, str]]:
    """Return the requests asked for that are in scope, each with its holder's name."""
    rows = []
    for one in services.issuing.unblocks.in_state(_state()):
        holder = _holder_in_scope(services, one)
        if holder is not None:
            rows.append((one, holder.name.value))
    return rows


def _lines(services: ConsoleServices) -> list[tuple[str, ...]]:
    return [
        (name, one.requested_by, instant(one.requested_at), one.decided_by or "")
        for one, name in _rows(services)
    ]


def _deciding_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.post("/<request_id>/approve")
    @needs(*_DECIDERS, grave=True)
    def approve(request_id: str) -> Response:
        one, holder = _find(services, request_id)
        form = FormReader(request.form)
        choices = [value for value, _ in agent_choices(services)]
        agent = form.choice("agent", Text("Bàn cấp thẻ", "Issuing desk"), choices)

        def act() -> Response:
            if agent is None:
                return Response(_page(services, one, holder, form), 422, mimetype="text/html")
            issuing, by, at = services.issuing, present_operator().id, request_instant(services)
            return _tried(
                services,
                one,
                lambda: unblock.approve_unblock(
                    issuing.unblocks, issuing.store, issuing.jobs, one.id,
                    agent=agent, operator=by, at=at,
                ),
                Text("Đã phê duyệt, bàn cấp thẻ đang chờ thẻ", "Approved; the desk waits"),
            )  # fmt: skip

        return once(services, act)

    @views.post("/<request_id>/refuse")
    @needs(*_DECIDERS)
    def refuse(request_id: str) -> Response:
        one, _ = _find(services, request_id)
        by, at = present_operator().id, request_instant(services)
        told = Text("Đã từ chối mở khóa PIN", "The unblocking was refused")
        return once(services, lambda: _tried(
            services, one,
            lambda: unblock.refuse_unblock(services.issuing.unblocks, one.id, operator=by, at=at),
            told,
        ))  # fmt: skip

    @views.post("/<request_id>/withdraw")
    @needs(*READERS)
    def withdraw(request_id: str) -> Response:
        one, _ = _find(services, request_id)
        by, at, issuing = present_operator().id, request_instant(services), services.issuing
        told = Text("Đã rút đề nghị mở khóa PIN", "The unblocking was taken back")
        return once(services, lambda: _tried(
            services, one,
            lambda: unblock.withdraw_unblock(
                issuing.unblocks, issuing.jobs, one.id, operator=by, at=at
            ),
            told,
        ))  # fmt: skip

    @views.post("/<request_id>/code")
    @needs(*_DECIDERS, grave=True)
    def code(request_id: str) -> Response:
        one, _ = _find(services, request_id)
        again = FormReader(request.form).ticked("again")

        def act() -> Response:
            try:
                shown = unblock.show_unblock_code(
                    services.issuing.unblocks,
                    services.issuing.secrets,
                    one.id,
                    operator=present_operator().id,
                    at=request_instant(services),
                    again=again,
                )
            except IssuanceError as error:
                return led_back(services, error, str(one.guid), _page_of(one))
            card, _ = find_card(services, str(one.guid))
            page = render_template("cards/code_once.html", card=card, code=shown)
            return Response(page, mimetype="text/html")

        return once(services, act, then=_page_of(one))


def _tried(
    services: ConsoleServices, one: UnblockRequest, act: Callable[[], object], told: Text
) -> Response:
    try:
        act()
    except (IssuanceError, StoreError) as error:
        return led_back(services, error, str(one.guid), _page_of(one))
    return done(told, _page_of(one))


def _page(services: ConsoleServices, one: UnblockRequest, holder: Holder, form: Form) -> str:
    operator = present_operator()
    why_not = None
    if not operator.roles & set(_DECIDERS):
        why_not = Text("Người phê duyệt hoặc người cấp thẻ quyết định.", "An officer decides.")
    elif operator.id == one.requested_by:
        why_not = _OWN
    return render_template(
        "unblocking/show.html",
        one=one,
        holder=holder,
        form=form,
        why_not=why_not,
        agents=agent_choices(services),
        may_see_desk=bool(operator.roles & set(_DECIDERS)),
        may_withdraw=one.state in OPEN_STATES,
        may_show_code=one.state in _CODE_STATES and one.decided_by == operator.id,
    )


_OWN = Text(
    "Bạn là người đề nghị: một người khác quyết định.",
    "You asked for it: somebody else decides.",
)


def _page_of(one: UnblockRequest) -> str:
    return url_for("console.unblocking.show", request_id=one.id)


def _find(services: ConsoleServices, request_id: str) -> tuple[UnblockRequest, Holder]:
    one = services.issuing.unblocks.find(request_id)
    if one is None:
        abort(404)
    return one, find_card(services, str(one.guid))[1]


def _holder_in_scope(services: ConsoleServices, one: UnblockRequest) -> Holder | None:
    card = services.issuing.queue.card(one.guid)
    holder = services.issuing.queue.holder(card.holder_id) if card else None
    return holder if holder is not None and is_covered(holder) else None
