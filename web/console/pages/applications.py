"""Applications: the queue with its filters, and one application with facts, photo and history."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, render_template
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.clock import VIETNAM_TIME
from cardsvc.lifecycle import ApplicationState
from cardsvc.queue_records import QueuedApplication
from cardsvc.records import Application
from issuance.completeness import missing_facts
from web.console.access import needs
from web.console.application_deeds import deeds_of
from web.console.audit_texts import action_text
from web.console.exports import add_exports, exports_of
from web.console.formats import instant
from web.console.issuing_texts import FACTS, KINDS, NOTE_CODES
from web.console.languages import Text
from web.console.pages import (
    application_decisions,
    application_papers,
    application_request,
    batch_approval,
)
from web.console.paging import PAGE_ROWS, Column, Table, encode_cursor, read_cursor
from web.console.portraits import has_photo, send_portrait
from web.console.queue_filter import read_filter
from web.console.registry_texts import CARD_TYPES
from web.console.scopes_of_cards import find_application
from web.console.services import ConsoleServices
from web.console.states import state_text
from web.console.visitor import present_operator, request_instant

READERS = (Role.CLERK, Role.APPROVER, Role.ISSUER, Role.AUDITOR)
_EXPORT_ROWS = 100_000
_HISTORY = 50
_COLUMNS = (
    Column(Text("Họ và tên", "Name")),
    Column(Text("Loại thẻ", "Card")),
    Column(Text("Lý do cấp", "Kind")),
    Column(Text("Cơ quan", "Agency")),
    Column(Text("Trạng thái", "State")),
    Column(Text("Người đề nghị", "Requested by")),
    Column(Text("Ngày đề nghị", "Requested")),
)


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of applications."""
    views = Blueprint("applications", __name__, url_prefix="/applications")
    _listing_pages(views, services)
    application_request.add_pages(views, services)
    batch_approval.add_pages(views, services)
    _record_pages(views, services)
    application_decisions.add_pages(views, services)
    application_papers.add_pages(views, services)
    return views


def _listing_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("")
    @needs(*READERS)
    def listing() -> str:
        asked, form = read_filter()
        found = services.issuing.queue.applications(asked, after=_read_place(), limit=PAGE_ROWS + 1)
        shown = found[:PAGE_ROWS]
        more = len(found) > PAGE_ROWS
        table = Table(
            Text("Đề nghị cấp thẻ", "Applications"),
            _COLUMNS,
            shown,
            Text(
                "Không có đề nghị nào như vậy. Bỏ bớt điều kiện lọc, hoặc lập đề nghị mới.",
                "There are no such applications. Filter less, or make a new one.",
            ),
            next_cursor=(
                encode_cursor(shown[-1].requested_at.isoformat(), shown[-1].id) if more else ""
            ),
            exports=exports_of("applications"),
        )
        return render_template(
            "applications/listing.html",
            table=table,
            form=form,
            kinds=KINDS,
            types=CARD_TYPES,
            states=[(state.value, state_text(state)) for state in ApplicationState],
            may_approve=Role.APPROVER in present_operator().roles,
            waiting=asked.state is ApplicationState.REQUESTED,
            approver=present_operator().id,
        )

    add_exports(views, "applications", READERS, _COLUMNS, lambda: _lines(services))


def _record_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<application_id>")
    @needs(*READERS)
    def show(application_id: str) -> str:
        return _record(services, find_application(services, application_id))

    @views.get("/<application_id>/photo.jpg")
    @needs(*READERS)
    def photo(application_id: str) -> Response:
        return send_portrait(services, find_application(services, application_id).holder.id)


def _record(services: ConsoleServices, one: Application) -> str:
    issuing, at = services.issuing, request_instant(services)
    events = issuing.log.events(subject=one.id, limit=_HISTORY)
    decision = issuing.queue.decision(one.decision_id) if one.decision_id else None
    return render_template(
        "applications/show.html",
        one=one,
        holder=one.holder,
        kind=KINDS[one.kind],
        card_type=CARD_TYPES[one.card_type],
        cards=issuing.queue.cards_of_application(one.id),
        warnings=_warnings(services, one, at),
        deeds=deeds_of(one, present_operator()),
        decision=decision,
        note=None if one.note is None else NOTE_CODES.get(one.note.code, one.note.code),
        note_fields=[FACTS.get(name, name) for name in one.note.fields] if one.note else [],
        has_photo=has_photo(services, one.holder.id),
        events=[
            (seen.event.at, action_text(seen.event.action), seen.event.actor, "") for seen in events
        ],
    )


def _warnings(services: ConsoleServices, one: Application, at: datetime) -> list[Text]:
    found = [
        Text(f"Thiếu hoặc hết hạn: {fact.vi}", f"Missing or ended: {fact.en}")
        for fact in (
            FACTS.get(name, Text(name, name))
            for name in missing_facts(one.card_type, one.holder, at.astimezone(VIETNAM_TIME).date())
        )
    ]
    if not has_photo(services, one.holder.id):
        found.append(Text("Chưa có ảnh chân dung trong hồ sơ.", "There is no portrait on record."))
    return found


def _read_place() -> tuple[datetime, str] | None:
    keys = read_cursor(2)
    if keys is None:
        return None
    try:
        at = datetime.fromisoformat(keys[0])
    except ValueError:
        return None
    return None if at.tzinfo is None else (at, keys[1])


def _lines(services: ConsoleServices) -> list[tuple[str, ...]]:
    asked, _ = read_filter()
    found = services.issuing.queue.applications(asked, limit=_EXPORT_ROWS)
    return [_line(one) for one in found]


def _line(one: QueuedApplication) -> tuple[str, ...]:
    return (
        one.holder_name,
        str(CARD_TYPES[one.card_type]),
        str(KINDS[one.kind]),
        one.agency_name,
        str(state_text(one.state)),
        one.requested_by,
        instant(one.requested_at),
    )
