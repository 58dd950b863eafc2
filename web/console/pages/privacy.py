"""Personal data: what people ask about theirs, with due dates; what is kept how long."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, datetime

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.clock import VIETNAM_TIME
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.privacy_records import PrivacyRequest, RequestKind, RequestState
from web.console.access import needs
from web.console.exports import add_exports, exports_of
from web.console.formats import day
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.notices import notice
from web.console.once import once
from web.console.paging import Column, Table
from web.console.privacy_texts import (
    DATA_TEXTS,
    EXTENSION_REASONS,
    KIND_TEXTS,
    REFUSAL_REASONS,
    STATE_TEXTS,
    holds_text,
    reason_text,
)
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

_SEE_OTHER = 303
_MOST_LISTED = 500
_READERS = (Role.CLERK, Role.APPROVER, Role.AUDITOR)
_TAKERS = (Role.CLERK, Role.APPROVER)
_HOLDER = Text("Mã chủ thẻ", "Holder's identifier")
_KIND = Text("Nội dung yêu cầu", "What is asked")
_REASON = Text("Lý do", "Reason")
_FORM = Text("Dạng tệp", "Kind of file")
_COLUMNS = (
    Column(_KIND), Column(_HOLDER), Column(Text("Tiếp nhận", "Received")),
    Column(Text("Hạn giải quyết", "Due")), Column(Text("Trạng thái", "State")),
)  # fmt: skip
_DONE = {
    "acknowledge": Text("Đã xác nhận yêu cầu", "The request was acknowledged"),
    "close": Text("Đã đóng yêu cầu", "The request was closed"),
    "extend": Text("Đã gia hạn yêu cầu", "The request was extended"),
    "grant": Text("Đã chấp nhận yêu cầu", "The request was granted"),
    "refuse": Text("Đã từ chối yêu cầu", "The request was refused"),
}
_TEXTS = {
    "kind_texts": KIND_TEXTS,
    "state_texts": STATE_TEXTS,
    "data_texts": DATA_TEXTS,
    "reason_text": reason_text,
}


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of personal data."""
    views = Blueprint("privacy", __name__, url_prefix="/privacy")
    views.context_processor(lambda: _TEXTS)
    _reading_pages(views, services)
    _taking_pages(views, services)
    _deciding_pages(views, services)
    _export_pages(views, services)
    return views


def _reading_pages(views: Blueprint, services: ConsoleServices) -> None:
    oversight = services.oversight

    @views.get("")
    @needs(*_READERS)
    def listing() -> str:
        today, shown = _today(services), request.args.get("show", "")
        table = Table(
            Text("Yêu cầu, đến hạn trước", "Requests, those due first"),
            _COLUMNS,
            _rows(services),
            Text("Không có yêu cầu nào.", "There are no requests."),
            exports=exports_of("privacy"),
        )
        return render_template("privacy/listing.html", table=table, today=today, shown=shown)

    add_exports(views, "privacy", _READERS, _COLUMNS, lambda: _lines(services))

    @views.get("/<uuid:request_id>")
    @needs(*_READERS)
    def show(request_id: uuid.UUID) -> str:
        one = _find(services, request_id)
        return render_template("privacy/show.html", one=one, today=_today(services))

    @views.get("/retention")
    @needs(Role.APPROVER, Role.AUDITOR, Role.ADMINISTRATOR)
    def retention() -> str:
        counted = oversight.due(request_instant(services))
        return render_template(
            "privacy/retention.html", rules=oversight.retention.rules, counted=counted
        )


def _today(services: ConsoleServices) -> date:
    return request_instant(services).astimezone(VIETNAM_TIME).date()


def _rows(services: ConsoleServices) -> list[PrivacyRequest]:
    """Return the requests asked for that are in scope."""
    shown, queue = request.args.get("show", ""), services.oversight.queue
    overdue = _today(services) if shown == "overdue" else None
    found = queue.requests(overdue_on=overdue, limit=_MOST_LISTED)
    if shown not in {"overdue", "all"}:
        found = [one for one in found if one.state is not RequestState.CLOSED]
    agencies, operator = queue.agencies_of([one.holder_id for one in found]), present_operator()
    return [one for one in found if operator.covers(agencies.get(one.holder_id))]


def _lines(services: ConsoleServices) -> list[tuple[str, ...]]:
    return [
        (str(KIND_TEXTS[one.kind]), one.holder_id, day(one.received_at),
         day(one.acknowledge_by if one.state is RequestState.RECEIVED else one.act_by),
         str(STATE_TEXTS[one.state][0]))
        for one in _rows(services)
    ]  # fmt: skip


def _taking_pages(views: Blueprint, services: ConsoleServices) -> None:
    requests = services.oversight.requests

    @views.get("/new")
    @needs(*_TAKERS)
    def new() -> str:
        form = Form.of({"holder": request.args.get("holder", "")})
        return render_template("privacy/new.html", form=form)

    @views.post("/new")
    @needs(*_TAKERS)
    def receive() -> Response:
        form = FormReader(request.form)
        holder_id = form.text("holder", _HOLDER, longest=64)
        kind = form.choice("kind", _KIND, [one.value for one in RequestKind])

        def act() -> Response:
            agency = services.oversight.queue.agencies_of([holder_id])
            if (
                holder_id
                and not form.error("holder")
                and not (holder_id in agency and present_operator().covers(agency[holder_id]))
            ):
                form.refuse(
                    "holder",
                    "Không có chủ thẻ với mã này trong phạm vi của bạn",
                    "No holder with this identifier is in your scope",
                )
            if form.errors or kind is None:
                return _page("privacy/new.html", 422, form=form)
            made = requests.receive(
                str(uuid.uuid4()),
                holder_id,
                RequestKind(kind),
                operator=present_operator().id,
                at=request_instant(services),
            )
            notice(Text("Đã tiếp nhận yêu cầu", "The request was taken in"))
            return _to(made.id)

        return once(services, act)

    @views.get("/<uuid:request_id>/<any(acknowledge,close):deed>")
    @needs(*_TAKERS)
    def ask(request_id: uuid.UUID, deed: str) -> str:
        one = _find(services, request_id)
        return render_template("privacy/confirm.html", one=one, deed=deed, form=Form(), reasons=())

    @views.post("/<uuid:request_id>/<any(acknowledge,close):deed>")
    @needs(*_TAKERS)
    def do(request_id: uuid.UUID, deed: str) -> Response:
        one = _find(services, request_id)
        act = requests.acknowledge if deed == "acknowledge" else requests.close

        def done() -> Response:
            act(one.id, operator=present_operator().id, at=request_instant(services))
            notice(_DONE[deed])
            return _to(one.id)

        return once(services, done)


def _deciding_pages(views: Blueprint, services: ConsoleServices) -> None:
    requests = services.oversight.requests

    @views.get("/<uuid:request_id>/<any(extend,grant,refuse):deed>")
    @needs(Role.APPROVER, grave=True)
    def weigh(request_id: uuid.UUID, deed: str) -> str:
        one = _find(services, request_id)
        return render_template(
            "privacy/confirm.html", one=one, deed=deed, form=Form(), reasons=_reasons(deed)
        )

    @views.post("/<uuid:request_id>/<any(extend,grant,refuse):deed>")
    @needs(Role.APPROVER, grave=True)
    def decide(request_id: uuid.UUID, deed: str) -> Response:
        one = _find(services, request_id)
        form = FormReader(request.form)
        reasons = _reasons(deed)
        reason = form.choice("reason", _REASON, [code for code, _ in reasons]) if reasons else None
        who, at = present_operator().id, request_instant(services)

        def act() -> None:
            if deed == "grant":
                requests.grant(one.id, operator=who, at=at)
            elif deed == "extend":
                requests.extend(one.id, reason=reason or "", operator=who, at=at)
            else:
                requests.refuse(one.id, reason=reason or "", operator=who, at=at)

        return once(services, lambda: _decided(one, deed, form, act))


def _decided(one: PrivacyRequest, deed: str, form: FormReader, act: Callable[[], None]) -> Response:
    """Do it; what stands against it is said beside the form."""
    if not form.errors:
        try:
            act()
        except IssuanceError as error:
            if error.reason is ReasonCode.SAME_OPERATOR:
                form.refuse(
                    "confirm",
                    "Người tiếp nhận không tự quyết định xóa: cần người thứ hai",
                    "Whoever took an erasure in can't decide it: a second person is needed",
                )
            elif error.reason is ReasonCode.ERASURE_HELD:
                text = holds_text(str(error))
                form.refuse("confirm", text.vi, text.en)
            else:
                raise
    if form.errors:
        values = {"one": one, "deed": deed, "form": form, "reasons": _reasons(deed)}
        return _page("privacy/confirm.html", 422, **values)
    notice(_DONE[deed])
    return _to(one.id)


def _export_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<uuid:request_id>/copy")
    @needs(Role.APPROVER, grave=True)
    def copy(request_id: uuid.UUID) -> str:
        one = _find(services, request_id)
        return render_template("privacy/copy.html", one=one, form=Form.of({"kind": "html"}))

    @views.post("/<uuid:request_id>/copy")
    @needs(Role.APPROVER, grave=True)
    def download(request_id: uuid.UUID) -> Response:
        one = _find(services, request_id)
        form = FormReader(request.form)
        wanted = form.choice("kind", _FORM, ["html", "json"])

        def act() -> Response:
            if one.kind is not RequestKind.ACCESS or one.state not in _COPY_STATES:
                raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, "no open request for a copy")
            if wanted is None:
                return _page("privacy/copy.html", 422, one=one, form=form)
            return _copy(services, one, wanted, request_instant(services))

        return once(services, act, then=url_for("console.privacy.show", request_id=one.id))


_COPY_STATES = frozenset({RequestState.ACKNOWLEDGED, RequestState.GRANTED})


def _copy(services: ConsoleServices, one: PrivacyRequest, wanted: str, at: datetime) -> Response:
    made = services.oversight.export(one.holder_id, present_operator().id, at)
    octets, kind = (made.html, "text/html") if wanted == "html" else (made.json, "application/json")
    response = make_response(octets)
    response.headers["Content-Type"] = f"{kind}; charset=utf-8"
    response.headers["Content-Disposition"] = f'attachment; filename="personal-data.{wanted}"'
    return response


def _reasons(deed: str) -> list[tuple[str, Text]]:
    if deed == "grant":
        return []
    return list((EXTENSION_REASONS if deed == "extend" else REFUSAL_REASONS).items())


def _find(services: ConsoleServices, request_id: uuid.UUID) -> PrivacyRequest:
    """Return a request within the operator's scope."""
    found = services.oversight.queue.find_request(str(request_id))
    if found is None:
        abort(404)
    agency = services.oversight.queue.agencies_of([found.holder_id]).get(found.holder_id)
    if not present_operator().covers(agency):
        abort(404)
    return found


def _to(request_id: str) -> Response:
    return redirect(url_for("console.privacy.show", request_id=request_id), _SEE_OTHER)


def _page(template: str, status: int, **values: object) -> Response:
    return Response(render_template(template, **values), status, mimetype="text/html")
