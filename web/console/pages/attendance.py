"""Attendance: corrections, asked for by one person and approved by another."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.attendance_records import Absence, Correction, CorrectionKind, CorrectionState
from cardsvc.errors import IssuanceError, Malformed, ReasonCode
from cardsvc.operator_key import is_same_operator
from cardsvc.records import Holder
from issuance.attendance.corrections import correct_tap, decide_correction, report_absence
from web.console.access import needs
from web.console.attendance_texts import STATES, WHAT, what_text, when_text
from web.console.day_span import instant_of
from web.console.exports import add_exports, exports_of
from web.console.formats import instant
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.once import once
from web.console.pages import attendance_sheet
from web.console.paging import PAGE_ROWS, Column, Table, encode_cursor, read_cursor
from web.console.refusals import done, led_back
from web.console.scopes_of_cards import find_holder, is_covered
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

READERS = (Role.CLERK, Role.APPROVER, Role.AUDITOR)
_MOST_EXPORTED = 20_000
_WHAT = Text("Nội dung", "What")
_DAY = Text("Ngày", "Day")
_UNTIL = Text("Đến hết ngày", "Until the end of")
_TIME = Text("Giờ", "Time")
_COLUMNS = (
    Column(Text("Họ và tên", "Name")), Column(Text("Cơ quan", "Agency")), Column(_WHAT),
    Column(Text("Khi nào", "When")), Column(Text("Người đề nghị", "Asked by")),
    Column(Text("Ngày đề nghị", "Asked on")), Column(Text("Người quyết định", "Decided by")),
)  # fmt: skip


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of attendance."""
    views = Blueprint("attendance", __name__, url_prefix="/attendance")
    attendance_sheet.add_pages(views, services)
    _listing_pages(views, services)
    _asking_pages(views, services)
    _deciding_pages(views, services)
    return views


def _listing_pages(views: Blueprint, services: ConsoleServices) -> None:
    store = services.attendance.store

    @views.get("")
    @needs(*READERS)
    def listing() -> str:
        state, after = _state(), read_cursor(1)
        found = store.queue(
            state, present_operator().agencies, after=after[0] if after else "",
            limit=PAGE_ROWS + 1,
        )  # fmt: skip
        shown = found[:PAGE_ROWS]
        table = Table(
            Text("Đề nghị sửa chấm công", "Corrections of attendance"),
            _COLUMNS,
            shown,
            Text(
                "Không có đề nghị nào. Đề nghị được lập ở trang của chủ thẻ.",
                "There are none. They are asked for on the holder's page.",
            ),
            encode_cursor(shown[-1].correction.id) if len(found) > PAGE_ROWS else "",
            exports=exports_of("attendance"),
        )
        return render_template(
            "attendance/listing.html", table=table, state=state, states=STATES,
            what=what_text, when=when_text,
        )  # fmt: skip

    def lines() -> list[tuple[str, ...]]:
        agencies = present_operator().agencies
        return [
            (one.holder_name, one.agency_code or "", str(what_text(each)), when_text(each),
             each.requested_by, instant(each.requested_at), each.decided_by or "")
            for one in store.queue(_state(), agencies, limit=_MOST_EXPORTED)
            for each in (one.correction,)
        ]  # fmt: skip

    add_exports(views, "attendance", READERS, _COLUMNS, lines)

    @views.get("/<correction_id>")
    @needs(*READERS)
    def show(correction_id: str) -> str:
        one, holder = _find(services, correction_id)
        why_not = None
        if Role.APPROVER not in present_operator().roles:
            why_not = Text("Người phê duyệt quyết định.", "An approver decides.")
        elif is_same_operator(present_operator().id, one.requested_by):
            why_not = Text(
                "Bạn là người đề nghị: một người khác duyệt.",
                "You asked for it: somebody else approves.",
            )
        text, tone = STATES[one.state]
        return render_template(
            "attendance/show.html", one=one, holder=holder, why_not=why_not, state=text, tone=tone,
            what=what_text(one), when=when_text(one),
        )  # fmt: skip


def _state() -> CorrectionState:
    asked = request.args.get("state", "")
    return CorrectionState(asked) if asked in set(CorrectionState) else CorrectionState.REQUESTED


def _asking_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/of/<holder_id>/new")
    @needs(Role.CLERK)
    def new(holder_id: str) -> str:
        return _form(_staff(services, holder_id), Form())

    @views.post("/of/<holder_id>/new")
    @needs(Role.CLERK)
    def ask(holder_id: str) -> Response:
        holder = _staff(services, holder_id)
        form = FormReader(request.form)
        wanted = _read(form, services)

        def act() -> Response:
            if wanted is not None and not form.errors:
                try:
                    asked = wanted(holder.id)
                except Malformed:
                    form.refuse(
                        "day",
                        "Lần chấm không ở tương lai; ngày nghỉ không quá một năm",
                        "A tap is not in the future; an absence lasts a year at most",
                    )
                else:
                    told = Text("Đề nghị đang chờ duyệt", "The correction waits for approval")
                    return done(told, _address(asked))
            return Response(_form(holder, form), 422, mimetype="text/html")

        return once(services, act)


def _read(form: FormReader, services: ConsoleServices) -> Callable[[str], Correction] | None:
    """Read what is asked for; None where something is wrong, which is noted in the form."""
    what = form.choice("what", _WHAT, tuple(WHAT))
    first = form.day("day", _DAY)
    last = form.day("until", _UNTIL, required=False)
    form.text("time", _TIME, required=False)  # kept also where it means nothing
    store, new_id = services.attendance.store, services.attendance.new_id
    by, at = present_operator().id, request_instant(services)
    if what is None or first is None:
        return None
    if what in set(CorrectionKind):
        tapped_at = _instant(form, first)
        if tapped_at is None:
            return None
        return lambda holder_id: correct_tap(
            store, holder_id, correction_id=new_id(), kind=CorrectionKind(what),
            tapped_at=tapped_at, operator=by, at=at,
        )  # fmt: skip
    days = first, last or first
    return lambda holder_id: report_absence(
        store, holder_id, correction_id=new_id(), absence=Absence(what), days=days,
        operator=by, at=at,
    )  # fmt: skip


def _instant(form: FormReader, on: date) -> datetime | None:
    clock = form.time_of_day("time", _TIME)
    found = instant_of(on, clock) if clock else None
    if clock and not found:
        form.refuse("day", "Ngày phải là ngày có thật", "The day must be a real one")
    return found


def _deciding_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.post("/<correction_id>/<any(approve,reject):deed>")
    @needs(Role.APPROVER)
    def decide(correction_id: str, deed: str) -> Response:
        one, _ = _find(services, correction_id)
        by, at = present_operator().id, request_instant(services)

        def act() -> Response:
            try:
                decide_correction(
                    services.attendance.store, one.id, approve=deed == "approve",
                    operator=by, at=at,
                )  # fmt: skip
            except IssuanceError as error:
                return led_back(services, error, one.id, _address(one))
            approved = Text("Đã duyệt sửa chấm công", "The correction was approved")
            rejected = Text("Đã từ chối sửa chấm công", "The correction was rejected")
            return done(approved if deed == "approve" else rejected, _address(one))

        return once(services, act)


def _staff(services: ConsoleServices, holder_id: str) -> Holder:
    holder = find_holder(services, holder_id)
    if holder.employment is None:
        abort(404)
    return holder


def _find(services: ConsoleServices, correction_id: str) -> tuple[Correction, Holder]:
    try:
        one = services.attendance.store.find(correction_id)
    except IssuanceError as error:
        if error.reason is not ReasonCode.CORRECTION_UNKNOWN:
            raise
        abort(404)
    holder = services.issuing.queue.holder(one.holder_id)
    if holder is None or not is_covered(holder):
        abort(404)
    return one, holder


def _form(holder: Holder, form: Form) -> str:
    return render_template("attendance/new.html", holder=holder, form=form, what=WHAT)


def _address(one: Correction) -> str:
    return url_for("console.attendance.show", correction_id=one.id)
