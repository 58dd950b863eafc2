"""The audit log: who did what to which card; proofs, a check of the whole, files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.audit import AuditAction
from cardsvc.audit_reading import AuditPlace, AuditSearch, LoggedEvent
from cardsvc.errors import ReasonCode, StoreError
from web.console.access import needs
from web.console.audit_texts import ACTION_TEXTS, action_text
from web.console.day_span import read_days
from web.console.exports import Cell, send_csv, send_xlsx
from web.console.formats import instant
from web.console.forms import FormReader
from web.console.languages import Text
from web.console.once import once
from web.console.paging import PAGE_ROWS, Column, Table, encode_cursor, read_cursor
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

MOST_EXPORTED = 20_000
_AT_ONCE = 1_000
_AT = Text("Thời điểm", "Time")
_ACTOR = Text("Người thực hiện", "Who")
_ACTION = Text("Việc đã làm", "What")
_SUBJECT = Text("Đối tượng", "To what")
_REQUEST = Text("Mã yêu cầu (X-Request-Id)", "Request (X-Request-Id)")
_COLUMNS = (
    Column(Text("Số", "No."), numeric=True), Column(_AT), Column(_ACTOR), Column(_ACTION),
    Column(_SUBJECT),
)  # fmt: skip
_READERS = (Role.AUDITOR, Role.ADMINISTRATOR)


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of the audit log."""
    views = Blueprint("audit", __name__, url_prefix="/audit")
    _reading_pages(views, services)
    _export_pages(views, services)
    _check_pages(views, services)
    return views


def _reading_pages(views: Blueprint, services: ConsoleServices) -> None:
    desk = services.oversight.audit

    @views.get("")
    @needs(*_READERS)
    def listing() -> str | tuple[str, int]:
        form = FormReader(request.args)
        search = _read_search(form)
        found = desk.finder.find(search, _read_place(), PAGE_ROWS) if not form.errors else None
        place = found.next_place if found else None
        table = Table(
            Text("Nhật ký, mới nhất trước", "Log, newest first"),
            _COLUMNS,
            found.events if found else (),
            Text(
                "Không có việc nào khớp với điều kiện lọc.",
                "Nothing in the log matches the filter.",
            ),
            encode_cursor(place.at.isoformat(), str(place.seq)) if place else "",
            exports={"CSV": "console.audit.csv", "XLSX": "console.audit.xlsx"},
        )
        page = render_template(
            "audit/listing.html",
            form=form,
            table=table,
            actions=sorted(((one.value, str(text)) for one, text in ACTION_TEXTS.items()),
                           key=lambda pair: pair[1].casefold()),
            action_text=action_text,
            head=desk.latest_head(),
        )  # fmt: skip
        return (page, 422) if form.errors else page

    @views.get("/<int:seq>")
    @needs(*_READERS)
    def show(seq: int) -> str:
        found = desk.finder.entry(seq, present_operator().agencies)
        if found is None:
            abort(404)
        return render_template(
            "audit/show.html",
            one=found,
            action=action_text(found.event.action),
            proof=desk.proof(seq),
            head=desk.latest_head(),
        )


def _export_pages(views: Blueprint, services: ConsoleServices) -> None:
    def rows() -> Iterator[list[Cell]]:
        form = FormReader(request.args)
        search = _read_search(form)
        if form.errors:
            abort(400)
        for entry in _all(services, search):
            event = entry.event
            facts = " ".join(f"{name}={value}" for name, value in sorted(event.facts.items()))
            action = str(action_text(event.action))
            yield [
                entry.seq, instant(event.at), event.actor, action, event.action.value,
                event.subject, facts,
            ]  # fmt: skip

    def head() -> list[str]:
        code, details = Text("Mã việc", "Action code"), Text("Chi tiết", "Details")
        return [str(one) for one in ("seq", _AT, _ACTOR, _ACTION, code, _SUBJECT, details)]

    @views.get("/export.csv")
    @needs(*_READERS)
    def csv() -> Response:
        return send_csv("audit", head(), rows())

    @views.get("/export.xlsx")
    @needs(*_READERS)
    def xlsx() -> Response:
        return send_xlsx("audit", head(), rows())


def _check_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/check")
    @needs(*_READERS)
    def ask() -> str:
        head = services.oversight.audit.latest_head()
        return render_template("audit/check.html", head=head)

    @views.post("/check")
    @needs(*_READERS)
    def check() -> Response:
        def act() -> Response:
            try:
                found = services.oversight.audit.check(request_instant(services))
            except StoreError as error:
                if error.reason is not ReasonCode.AUDIT_BROKEN:
                    raise
                page = render_template("audit/broken.html", where=str(error))
                return Response(page, 500, mimetype="text/html")
            return Response(render_template("audit/sound.html", found=found), mimetype="text/html")

        return once(services, act, then=url_for("console.audit.ask"))


def _read_search(form: FormReader) -> AuditSearch:
    actor = form.text("actor", _ACTOR, required=False, longest=64)
    subject = form.text("subject", _SUBJECT, required=False, longest=100)
    request_id = form.text("request", _REQUEST, required=False, longest=64)
    since, before = read_days(form)
    action = None
    if request.args.get("action", ""):
        chosen = form.choice("action", _ACTION, [one.value for one in AuditAction])
        action = AuditAction(chosen) if chosen else None
    return AuditSearch(
        actor=actor,
        action=action,
        subject=subject,
        since=since,
        before=before,
        request_id=request_id,
        agencies=present_operator().agencies,
    )


def _read_place() -> AuditPlace | None:
    keys = read_cursor(2)
    if keys is None:
        return None
    try:
        at = datetime.fromisoformat(keys[0])
        seq = int(keys[1])
    except ValueError:
        return None
    if at.tzinfo is None or not 0 <= seq < 2**63:
        return None
    return AuditPlace(at, seq)


def _all(services: ConsoleServices, search: AuditSearch) -> Iterator[LoggedEvent]:
    """Yield what was found, page by page, up to a bound."""
    place, given = None, 0
    while given < MOST_EXPORTED:
        found = services.oversight.audit.finder.find(search, place, _AT_ONCE)
        yield from found.events
        given += len(found.events)
        place = found.next_place
        if place is None:
            return
