"""Cases of loss: what is open, and how one ends."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.errors import IssuanceError
from cardsvc.loss_records import LossCase, LossState
from cardsvc.records import Holder
from issuance.losses.settle import close_as_found, confirm_loss
from web.console.access import needs
from web.console.audit_texts import action_text
from web.console.exports import add_exports, exports_of
from web.console.formats import instant
from web.console.forms import Form, FormReader
from web.console.issuing_texts import CALLER_CHECKS, LOSS_CHANNELS
from web.console.languages import Text
from web.console.once import once
from web.console.paging import Column, Table
from web.console.queue_filter import one_of
from web.console.refusals import done, led_back
from web.console.scopes_of_cards import find_holder, is_covered
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

READERS = (Role.CLERK, Role.APPROVER, Role.ISSUER, Role.AUDITOR)
_CLOSERS = (Role.CLERK, Role.APPROVER)
_MOST, _MOST_EXPORTED = 200, 10_000
_COLUMNS = (
    Column(Text("Chủ thẻ", "Holder")),
    Column(Text("Cách báo", "How")),
    Column(Text("Người ghi nhận", "Taken by")),
    Column(Text("Thời điểm", "When")),
    Column(Text("Số thẻ", "Cards"), numeric=True),
)


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of loss cases."""
    views = Blueprint("losses", __name__, url_prefix="/losses")
    _reading_pages(views, services)
    _closing_pages(views, services)
    return views


def _reading_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("")
    @needs(*READERS)
    def listing() -> str:
        state = _state()
        table = Table(
            Text("Các vụ báo mất thẻ, lâu nhất ở trên", "Cases of loss, the oldest first"),
            _COLUMNS,
            _rows(services, _MOST),
            Text("Không có vụ nào.", "There are none."),
            exports=exports_of("losses"),
        )
        return render_template(
            "losses/listing.html", table=table, state=state.value, channels=LOSS_CHANNELS
        )

    add_exports(views, "losses", READERS, _COLUMNS, lambda: _lines(services))

    @views.get("/<case_id>")
    @needs(*READERS)
    def show(case_id: str) -> str:
        case, holder = _find(services, case_id)
        operator, issuing = present_operator(), services.issuing
        found = [issuing.queue.card(one.guid) for one in case.cards]
        events = issuing.log.events(subject=case.id, limit=50)
        return render_template(
            "losses/show.html",
            case=case,
            holder=holder,
            form=Form(),
            cards=[card for card in found if card is not None],
            channels=LOSS_CHANNELS,
            checks=[CALLER_CHECKS[check] for check in sorted(case.checks)],
            is_open=case.state is LossState.OPEN,
            may_close=bool(operator.roles & set(_CLOSERS)),
            own=case.reported_by == operator.id,
            events=[(one.event.at, action_text(one.event.action), one.event.actor, "")
                    for one in events],
        )  # fmt: skip


def _closing_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.post("/<case_id>/found")
    @needs(*_CLOSERS)
    def found(case_id: str) -> Response:
        case, _ = _find(services, case_id)
        by, at, to = present_operator().id, request_instant(services), _page_of(case)

        def act() -> Response:
            try:
                close_as_found(services.issuing.store, case.id, operator=by, at=at)
            except IssuanceError as error:
                return led_back(services, error, case.id, to)
            return done(Text("Đã mở khóa thẻ", "The cards were unlocked"), to)

        return once(services, act)

    @views.post("/<case_id>/confirm")
    @needs(*_CLOSERS)
    def confirm(case_id: str) -> Response:
        case, _ = _find(services, case_id)
        form = FormReader(request.form)
        stolen, again = form.ticked("stolen"), form.ticked("again")
        by, at, to = present_operator().id, request_instant(services), _page_of(case)

        def act() -> Response:
            new_id = services.issuing.new_id if again else None
            try:
                confirm_loss(
                    services.issuing.store, case.id, operator=by, at=at, stolen=stolen,
                    new_id=new_id,
                )  # fmt: skip
            except IssuanceError as error:
                return led_back(services, error, case.id, to)
            return done(Text("Đã thu hồi thẻ bị mất", "The lost cards were withdrawn"), to)

        return once(services, act)


def _state() -> LossState:
    return one_of(LossState, request.args.get("state", "")) or LossState.OPEN


def _rows(services: ConsoleServices, limit: int) -> list[tuple[LossCase, str]]:
    """Return the cases asked for that are in scope, each with its holder's name."""
    rows = []
    for case in services.issuing.losses.loss_cases(_state(), limit=limit):
        holder = services.issuing.queue.holder(case.holder_id)
        if holder is not None and is_covered(holder):
            rows.append((case, holder.name.value))
    return rows


def _lines(services: ConsoleServices) -> list[tuple[str | int, ...]]:
    return [
        (name, str(LOSS_CHANNELS[case.channel]), case.reported_by, instant(case.reported_at),
         len(case.cards))
        for case, name in _rows(services, _MOST_EXPORTED)
    ]  # fmt: skip


def _page_of(case: LossCase) -> str:
    return url_for("console.losses.show", case_id=case.id)


def _find(services: ConsoleServices, case_id: str) -> tuple[LossCase, Holder]:
    case = services.issuing.queue.loss_case(case_id)
    if case is None:
        abort(404)
    return case, find_holder(services, case.holder_id)
