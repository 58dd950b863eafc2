"""Where partners are called, and what did not get there; for administrators."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.errors import Malformed
from cardsvc.event_records import DeliveryState, EventKind, Webhook
from web.console.access import needs
from web.console.exports import add_exports, exports_of
from web.console.formats import instant
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.notices import notice
from web.console.once import once
from web.console.paging import PAGE_ROWS, Column, Table, encode_cursor, read_cursor
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

_SEE_OTHER = 303
_PARTNER = Text("Đơn vị", "Partner")
_URL = Text("Địa chỉ nhận sự kiện", "Address")
_STATE = Text("Trạng thái", "State")
_COLUMNS = (
    Column(_PARTNER), Column(_URL), Column(Text("Gửi được lần cuối", "Last arrived")),
    Column(Text("Đang chờ", "Waiting"), numeric=True),
    Column(Text("Không gửi được", "Given up"), numeric=True), Column(_STATE),
)  # fmt: skip
_QUEUE_COLUMNS = (
    Column(Text("Sự kiện", "Event"), numeric=True), Column(Text("Việc", "What")),
    Column(Text("Xảy ra lúc", "Happened")), Column(Text("Số lần gọi", "Calls"), numeric=True),
    Column(Text("Lần gọi tiếp", "Next call")), Column(Text("Kết quả lần cuối", "Last outcome")),
)  # fmt: skip
_KINDS = {
    EventKind.DECISION_MADE: Text("Thẻ được kiểm tra", "A card was checked"),
    EventKind.CARD_STATUS_CHANGED: Text("Trạng thái thẻ thay đổi", "A card's state changed"),
}
_SHOWN = {
    DeliveryState.DEAD: Text("Không gửi được", "Given up"),
    DeliveryState.WAITING: Text("Đang chờ gửi", "Waiting"),
}
_NOTHING = {
    DeliveryState.DEAD: Text("Mọi sự kiện đã gửi được hoặc đang chờ.", "Nothing was given up."),
    DeliveryState.WAITING: Text("Không có sự kiện nào đang chờ.", "Nothing waits."),
}
_MOST_POSITION = 2**62


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of webhooks."""
    views = Blueprint("webhooks", __name__, url_prefix="/webhooks")
    _reading_pages(views, services)
    _adding_pages(views, services)
    _grave_pages(views, services)
    _sending_pages(views, services)
    return views


def _reading_pages(views: Blueprint, services: ConsoleServices) -> None:
    book = services.integration.webhooks.book

    def found() -> list[Webhook]:
        asked = request.args.get("partner", "")
        return [one for one in book.all() if asked in ("", one.relying_party)]

    @views.get("")
    @needs(Role.ADMINISTRATOR)
    def listing() -> str:
        partner = request.args.get("partner", "")
        table = Table(
            Text("Nơi nhận sự kiện của các đơn vị", "Where partners are called"),
            _COLUMNS,
            [(one, book.backlog(one.id)) for one in found()],
            Text(
                "Chưa có địa chỉ nào. Đơn vị vẫn lấy được sự kiện qua API.",
                "There is none yet. Partners can read their events through the API.",
            ),
            exports=exports_of("webhooks"),
        )
        return render_template(
            "webhooks/listing.html", table=table, form=Form.of({"partner": partner}),
            partners=_partners(services),
        )  # fmt: skip

    def lines() -> list[tuple[str | int, ...]]:
        return [
            (one.relying_party, one.url, instant(one.last_success_at), left.waiting, left.dead,
             str(_state(one)))
            for one in found()
            for left in (book.backlog(one.id),)
        ]  # fmt: skip

    add_exports(views, "webhooks", (Role.ADMINISTRATOR,), _COLUMNS, lines)

    @views.get("/<webhook_id>")
    @needs(Role.ADMINISTRATOR)
    def show(webhook_id: str) -> str:
        one = _find(services, webhook_id)
        asked = request.args.get("state", "")
        state = DeliveryState(asked) if asked in set(DeliveryState) else DeliveryState.DEAD
        rows = book.queued(one.id, state, after=_after(), limit=PAGE_ROWS + 1)
        shown = rows[:PAGE_ROWS]
        table = Table(
            _SHOWN[state],
            _QUEUE_COLUMNS,
            shown,
            _NOTHING[state],
            encode_cursor(str(shown[-1].position)) if len(rows) > PAGE_ROWS else "",
        )
        return render_template(
            "webhooks/show.html", one=one, table=table, left=book.backlog(one.id), state=state,
            states=_SHOWN, kinds=_KINDS, at=request_instant(services),
        )  # fmt: skip


def _state(one: Webhook) -> Text:
    if not one.enabled:
        return Text("Đã ngắt", "Shut off")
    return Text("Đang lỗi", "Failing") if one.failures else Text("Đang gửi", "In use")


def _adding_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/new")
    @needs(Role.ADMINISTRATOR, grave=True)
    def new() -> str:
        return _page(services, Form.of({"partner": request.args.get("partner", ""), "url": ""}))

    @views.post("/new")
    @needs(Role.ADMINISTRATOR, grave=True)
    def add() -> Response:
        form = FormReader(request.form)
        known = [one.id for one in services.partners.partners()]
        partner = form.choice("partner", _PARTNER, known)
        url = form.text("url", _URL, longest=500)
        by, at = present_operator().id, request_instant(services)

        def act() -> Response:
            if partner is not None and not form.errors:
                try:
                    added, secret = services.integration.webhooks.add(
                        partner, url, operator=by, at=at
                    )
                except Malformed:
                    form.refuse(
                        "url",
                        "Nhập địa chỉ bắt đầu bằng https://, không kèm tên và mật khẩu",
                        "Enter an address that begins with https://, without credentials",
                    )
                else:
                    return _secret(added, secret)
            return Response(_page(services, form), 422, mimetype="text/html")

        return once(services, act, then=url_for("console.webhooks.listing"))


def _grave_pages(views: Blueprint, services: ConsoleServices) -> None:
    desk = services.integration.webhooks

    @views.get("/<webhook_id>/<any(disable,enable,rotate):deed>")
    @needs(Role.ADMINISTRATOR, grave=True)
    def ask(webhook_id: str, deed: str) -> str:
        one = _find(services, webhook_id)
        return render_template("webhooks/confirm.html", one=one, deed=deed)

    @views.post("/<webhook_id>/<any(disable,enable,rotate):deed>")
    @needs(Role.ADMINISTRATOR, grave=True)
    def do(webhook_id: str, deed: str) -> Response:
        one = _find(services, webhook_id)
        by, at = present_operator().id, request_instant(services)
        here = url_for("console.webhooks.show", webhook_id=one.id)

        def act() -> Response:
            if deed == "rotate":
                secret = desk.rotate(one.id, operator=by, at=at)
                if secret is None:
                    abort(404)
                return _secret(one, secret)
            desk.book.set_enabled(one.id, enabled=deed == "enable", operator=by, at=at)
            opened = Text("Đã gửi lại cho địa chỉ này", "Events are sent there again")
            shut = Text("Đã ngắt địa chỉ này", "Nothing is sent there any more")
            return _done(one.id, opened if deed == "enable" else shut)

        return once(services, act, then=here if deed == "rotate" else None)


def _sending_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<webhook_id>/redeliver")
    @needs(Role.ADMINISTRATOR)
    def ask_to_redeliver(webhook_id: str) -> str:
        one = _find(services, webhook_id)
        left = services.integration.webhooks.book.backlog(one.id)
        return render_template(
            "webhooks/redeliver.html", one=one, left=left,
            position=request.args.get("position", default=0, type=int),
        )  # fmt: skip

    @views.post("/<webhook_id>/redeliver")
    @needs(Role.ADMINISTRATOR)
    def redeliver(webhook_id: str) -> Response:
        one = _find(services, webhook_id)
        number = request.args.get("position", default=0, type=int)
        position = number if 0 < number < _MOST_POSITION else None
        if position is None and "position" in request.args:
            abort(404)
        by, at = present_operator().id, request_instant(services)

        def act() -> Response:
            again = services.integration.webhooks.book.redeliver(
                one.id, position, operator=by, at=at
            )
            return _done(one.id, Text(f"Gửi lại {again} sự kiện", f"{again} events are sent again"))

        return once(services, act)


def _find(services: ConsoleServices, webhook_id: str) -> Webhook:
    found = services.integration.webhooks.book.find(webhook_id)
    if found is None:
        abort(404)
    return found


def _after() -> int:
    """Return the place behind which the page begins; 0 where the cursor is none of ours."""
    keys = read_cursor(1)
    text = keys[0] if keys else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _partners(services: ConsoleServices) -> list[tuple[str, str]]:
    return [(one.id, f"{one.profile.name} ({one.id})") for one in services.partners.partners()]


def _page(services: ConsoleServices, form: Form) -> str:
    return render_template("webhooks/new.html", form=form, partners=_partners(services))


def _secret(one: Webhook, secret: str) -> Response:
    page = render_template("webhooks/secret.html", one=one, secret=secret)
    return Response(page, mimetype="text/html")


def _done(webhook_id: str, text: Text) -> Response:
    notice(text)
    return redirect(url_for("console.webhooks.show", webhook_id=webhook_id), _SEE_OTHER)
