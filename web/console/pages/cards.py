"""Cards: the list with its filters, and one card with certificates, status, faces and history."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, abort, make_response, render_template, request
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.errors import Malformed
from cardsvc.lifecycle import CardState
from cardsvc.queue_records import CardFilter, QueuedCard
from cardsvc.records import CardRecord, Holder
from cardsvc.terms import CardType
from web.console.access import needs
from web.console.audit_texts import action_text
from web.console.card_deeds import deeds_of
from web.console.exports import add_exports, exports_of
from web.console.formats import day
from web.console.forms import Form
from web.console.issuing_texts import KINDS, SUSPENSION_CAUSES
from web.console.languages import Text
from web.console.pages import card_acts, card_papers
from web.console.paging import PAGE_ROWS, Column, Table, encode_cursor, read_cursor
from web.console.portraits import has_photo, send_portrait
from web.console.queue_filter import one_of, read_agency
from web.console.registry_texts import CARD_TYPES
from web.console.scopes_of_cards import find_card
from web.console.services import ConsoleServices
from web.console.states import state_text
from web.console.visitor import present_operator, request_instant

READERS = (Role.CLERK, Role.APPROVER, Role.ISSUER, Role.AUDITOR)
_EXPORT_ROWS = 100_000
_HISTORY = 50
_SOON_DAYS = (30, 60, 90)
_SLOTS = {
    KeySlot.AUTHENTICATION: Text("Xác thực (9A)", "Authentication (9A)"),
    KeySlot.SIGNATURE: Text("Ký số (9C)", "Signature (9C)"),
    KeySlot.KEY_MANAGEMENT: Text("Mã hóa (9D)", "Key management (9D)"),
    KeySlot.CARD_AUTHENTICATION: Text("Xác thực thẻ (9E)", "Card authentication (9E)"),
}
_COLUMNS = (
    Column(Text("Họ và tên", "Name")),
    Column(Text("Loại thẻ", "Card")),
    Column(Text("Cơ quan", "Agency")),
    Column(Text("Trạng thái", "State")),
    Column(Text("Hết hạn", "Valid until")),
    Column(Text("Số hiệu thẻ", "Card number")),
)


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of cards."""
    views = Blueprint("cards", __name__, url_prefix="/cards")
    _listing_pages(views, services)
    card_papers.add_pages(views, services)
    _record_pages(views, services)
    card_acts.add_pages(views, services)
    return views


def _listing_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("")
    @needs(*READERS)
    def listing() -> str:
        asked, form = _read_filter(services)
        found = services.issuing.queue.cards(asked, after=_read_place(), limit=PAGE_ROWS + 1)
        shown = found[:PAGE_ROWS]
        table = Table(
            Text("Thẻ đã cấp", "Cards"),
            _COLUMNS,
            shown,
            Text(
                "Không có thẻ nào như vậy. Bỏ bớt điều kiện lọc.",
                "There are no such cards. Filter less.",
            ),
            next_cursor=encode_cursor(str(shown[-1].guid)) if len(found) > PAGE_ROWS else "",
            exports=exports_of("cards"),
        )
        return render_template(
            "cards/listing.html", table=table, form=form, types=CARD_TYPES, soon=_SOON_DAYS,
            states=[(state.value, state_text(state)) for state in CardState],
            may_print=Role.ISSUER in present_operator().roles,
        )  # fmt: skip

    add_exports(views, "cards", READERS, _COLUMNS, lambda: _lines(services))

    @views.get("/returns")
    @needs(*READERS)
    def returns() -> str:
        table = Table(
            Text("Thẻ khóa có ngày mở lại", "Cards that are unlocked by themselves"),
            (*_COLUMNS[:3], Column(Text("Ngày mở lại", "Day of return")), *_COLUMNS[5:]),
            services.issuing.queue.returns(present_operator().agencies),
            Text(
                "Không có thẻ nào đang chờ ngày mở lại.",
                "No card waits for its day of return.",
            ),
        )
        at = request_instant(services)
        return render_template("cards/returns.html", table=table, types=CARD_TYPES, at=at)


def _record_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<guid>")
    @needs(*READERS)
    def show(guid: str) -> str:
        return _record(services, *find_card(services, guid))

    @views.get("/<guid>/photo.jpg")
    @needs(*READERS)
    def photo(guid: str) -> Response:
        return send_portrait(services, find_card(services, guid)[1].id)

    @views.get("/<guid>/certificates/<slot>.cer")
    @needs(*READERS)
    def certificate(guid: str, slot: str) -> Response:
        card, _ = find_card(services, guid)
        key = next((one for one in card.keys if f"{one.slot:X}" == slot), None)
        if key is None:
            abort(404)
        response = make_response(key.certificate_der)
        response.headers["Content-Type"] = "application/pkix-cert"
        name = f"{card.guid}-{slot}.cer"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


def _record(services: ConsoleServices, card: CardRecord, holder: Holder) -> str:
    issuing, operator = services.issuing, present_operator()
    application = issuing.queue.application(card.application_id)
    if application is None:
        abort(404)
    certificates = Table(
        Text("Chứng thư trên thẻ", "Certificates on the card"),
        (
            Column(Text("Ngăn khóa", "Slot")),
            Column(Text("Số sê-ri", "Serial number")),
            Column(Text("Thuật toán", "Algorithm")),
            Column(Text("Hết hạn", "Valid until")),
            Column(Text("Tệp", "File")),
        ),
        [(f"{key.slot:X}", _SLOTS.get(key.slot, f"{key.slot:X}"), key) for key in card.keys],
        Text("Thẻ chưa có chứng thư.", "There are none yet."),
    )
    events = issuing.log.events(subject=str(card.guid), limit=_HISTORY)
    return render_template(
        "cards/show.html",
        card=card,
        holder=holder,
        application=application,
        card_type=CARD_TYPES[card.card_type],
        kind=KINDS[application.kind],
        cause=SUSPENSION_CAUSES[card.suspension.cause] if card.suspension else None,
        certificates=certificates,
        place=issuing.places.place(card.guid),
        deeds=deeds_of(card, application, operator),
        may_activate=Role.ISSUER in operator.roles and card.state is CardState.ISSUED,
        may_replace=Role.CLERK in operator.roles and card_papers.may_be_replaced(card),
        may_print=Role.ISSUER in operator.roles and card_papers.may_be_printed(card),
        has_photo=has_photo(services, holder.id),
        events=[
            (seen.event.at, action_text(seen.event.action), seen.event.actor, "") for seen in events
        ],
    )


def _read_filter(services: ConsoleServices) -> tuple[CardFilter, Form]:
    given = request.args
    form = Form.of(
        {name: given.get(name, "").strip() for name in ("state", "card_type", "agency", "within")}
    )
    days = int(form.value("within")) if form.value("within") in map(str, _SOON_DAYS) else None
    asked = CardFilter(
        state=one_of(CardState, form.value("state")),
        card_type=one_of(CardType, form.value("card_type")),
        agency=read_agency(form),
        expires_before=request_instant(services) + timedelta(days=days) if days else None,
        scope=present_operator().agencies,
    )
    return asked, form


def _read_place() -> CardGuid | None:
    keys = read_cursor(1)
    try:
        return CardGuid.parse(keys[0]) if keys else None
    except Malformed:
        return None


def _lines(services: ConsoleServices) -> list[tuple[str, ...]]:
    asked, _ = _read_filter(services)
    return [_line(one) for one in services.issuing.queue.cards(asked, limit=_EXPORT_ROWS)]


def _line(one: QueuedCard) -> tuple[str, ...]:
    return (
        one.holder_name,
        str(CARD_TYPES[one.card_type]),
        one.agency_name,
        str(state_text(one.state)),
        day(one.expires_at),
        str(one.guid),
    )
