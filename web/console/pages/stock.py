"""The stock of blanks: what lies where, one blank's movements, deliveries and bookings."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.errors import IssuanceError, Malformed
from cardsvc.stock_records import Blank, BlankState, MovementKind, StockKeeper
from issuance.stock.keeping import move_blanks, put_keeper, receive
from issuance.stock.serials import parse_serials
from web.console.access import needs
from web.console.exports import add_exports, exports_of
from web.console.forms import Form, FormReader
from web.console.issuing_texts import MOVEMENTS, refusal
from web.console.languages import Text
from web.console.once import once
from web.console.pages import stock_days
from web.console.pages.card_forms import refuse_witness
from web.console.paging import PAGE_ROWS, Column, Table, encode_cursor, read_cursor
from web.console.queue_filter import one_of
from web.console.refusals import done
from web.console.services import ConsoleServices
from web.console.states import state_text
from web.console.visitor import present_operator, request_instant

KEEPER = Role.STOCK_KEEPER
READERS = (KEEPER, Role.ISSUER, Role.AUDITOR)
LIST_OCTETS = 2 * 1024 * 1024
"""Of a list of serials: twenty thousand of forty characters, as a file."""
_LIST_CHARACTERS = 1_000_000
_SERIALS = Text("Số phôi", "Serials")
_KEEPER = Text("Nơi giữ", "Keeper")
_BOOKED_HERE = (
    MovementKind.ISSUE, MovementKind.HOLD, MovementKind.RELEASE, MovementKind.SPOIL,
    MovementKind.RETURN, MovementKind.DESTROY, MovementKind.LOSE, MovementKind.FIND,
)  # fmt: skip
_WITNESSED = (MovementKind.DESTROY, MovementKind.RETURN, MovementKind.LOSE, MovementKind.FIND)
_TOTALS = (
    Column(Text("Nơi giữ", "Keeper")),
    Column(Text("Loại phôi", "Product")),
    Column(Text("Hộp", "Box")),
    Column(Text("Trạng thái", "State")),
    Column(Text("Số lượng", "Quantity"), numeric=True),
)
_MOST_EXPORTED = 100_000
_BLANKS = (
    Column(Text("Số phôi", "Serial")),
    Column(Text("Loại phôi", "Product")),
    Column(Text("Hộp", "Box")),
    Column(Text("Nơi giữ", "Keeper")),
    Column(Text("Trạng thái", "State")),
)
_MOVES = (
    Column(Text("Thời điểm", "When")),
    Column(Text("Việc", "Movement")),
    Column(Text("Từ", "From")),
    Column(Text("Đến", "To")),
    Column(Text("Người ghi", "Operator")),
    Column(Text("Chứng từ, lý do", "Record, reason")),
)


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of the stock."""
    views = Blueprint("stock", __name__, url_prefix="/stock")
    _reading_pages(views, services)
    _receiving_pages(views, services)
    _booking_pages(views, services)
    _keeper_pages(views, services)
    stock_days.add_pages(views, services)
    return views


def keeper_choices(services: ConsoleServices) -> list[tuple[str, str]]:
    """Return the keepers as the options of a form."""
    return [(one.id, f"{one.name} ({one.id})") for one in services.issuing.stock.keepers()]


def _reading_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("")
    @needs(*READERS)
    def overview() -> str:
        keepers = services.issuing.stock.keepers()
        table = Table(
            Text("Phôi theo nơi giữ, loại, hộp và trạng thái", "Blanks by keeper, box and state"),
            _TOTALS,
            services.issuing.stock.totals(),
            Text("Kho chưa có phôi nào. Ghi nhận lô đầu tiên.", "No blanks yet: receive some."),
        )
        return render_template(
            "stock/overview.html", table=table, keepers=keepers, may_keep=_may_keep()
        )

    @views.get("/blanks")
    @needs(*READERS)
    def blanks() -> str:
        form, after = _filter(), read_cursor(1)
        found = _found(services, form, after=after[0] if after else "", limit=PAGE_ROWS + 1)
        shown = found[:PAGE_ROWS]
        more = len(found) > PAGE_ROWS
        table = Table(
            Text("Phôi thẻ", "Blanks"),
            _BLANKS,
            shown,
            Text("Không có phôi nào như vậy.", "There are no such blanks."),
            next_cursor=encode_cursor(shown[-1].serial) if more else "",
            exports=exports_of("stock"),
        )
        return render_template(
            "stock/blanks.html", table=table, form=form, keepers=keeper_choices(services),
            states=[(state.value, state_text(state)) for state in BlankState],
        )  # fmt: skip

    add_exports(views, "blanks", READERS, _BLANKS, lambda: _lines(services), path="/blanks")

    @views.get("/blanks/<serial>")
    @needs(*READERS)
    def blank(serial: str) -> str:
        moves = services.issuing.stock.movements(serial)
        if not moves:
            abort(404)
        table = Table(Text("Các lần di chuyển", "Movements"), _MOVES, moves, Text("–", "–"))
        return render_template(
            "stock/blank.html", table=table, serial=serial, last=moves[-1], moves=MOVEMENTS
        )


def _filter() -> Form:
    given = request.args
    return Form.of({name: given.get(name, "").strip() for name in ("keeper", "state", "box")})


def _found(services: ConsoleServices, form: Form, *, after: str, limit: int) -> Sequence[Blank]:
    return services.issuing.stock.blanks(
        keeper=form.value("keeper") or None,
        state=one_of(BlankState, form.value("state")),
        box=form.value("box") or None,
        after=after,
        limit=limit,
    )


def _lines(services: ConsoleServices) -> list[tuple[str, ...]]:
    return [
        (one.serial, one.product, one.box, one.keeper, str(state_text(one.state)))
        for one in _found(services, _filter(), after="", limit=_MOST_EXPORTED)
    ]


def _receiving_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/receive")
    @needs(KEEPER)
    def ask_receive() -> str:
        return _receive_page(services, Form())

    @views.post("/receive")
    @needs(KEEPER, body_octets=LIST_OCTETS)
    def take_in() -> Response:
        form = FormReader(request.form)
        keeper = form.choice("keeper", _KEEPER, [one for one, _ in keeper_choices(services)])
        product = form.text("product", Text("Loại phôi", "Product"))
        box = form.text("box", Text("Số hộp", "Box"))
        note = form.text("delivery_note", Text("Số phiếu giao", "Delivery note"))
        serials = read_serials(services, form)

        def act() -> Response:
            if not form.errors and keeper is not None:
                try:
                    taken = receive(
                        services.issuing.store, serials, product=product, box=box,
                        keeper=keeper, delivery_note=note,
                        operator=present_operator().id, at=request_instant(services),
                    )  # fmt: skip
                except (IssuanceError, Malformed) as error:
                    _refuse(form, error, "product")
                else:
                    told = Text(f"Đã nhập {len(taken)} phôi", f"{len(taken)} blanks were received")
                    return done(told, url_for("console.stock.overview"))
            return Response(_receive_page(services, form), 422, mimetype="text/html")

        return once(services, act)


def _booking_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/move")
    @needs(KEEPER)
    def ask_move() -> str:
        given = {name: request.args.get(name, "") for name in ("kind", "serials")}
        return _move_page(services, Form.of(given))

    @views.post("/move")
    @needs(KEEPER, body_octets=LIST_OCTETS)
    def move() -> Response:
        form = FormReader(request.form)
        chosen = form.choice("kind", Text("Việc", "Movement"), [one.value for one in _BOOKED_HERE])
        kind = MovementKind(chosen) if chosen else None
        serials = read_serials(services, form)
        to_keeper = None
        if kind is MovementKind.ISSUE:
            allowed = [one for one, _ in keeper_choices(services)]
            to_keeper = form.choice("to_keeper", Text("Giao cho", "Issue to"), allowed)
        reference = form.text("reference", Text("Số chứng từ", "Record"), required=False)
        reason = form.text("reason", Text("Lý do", "Reason"), required=False)
        witness = form.text("witness", _WITNESS, required=kind in _WITNESSED).casefold()
        if witness:
            refuse_witness(services, form, witness)

        def act() -> Response:
            if not form.errors and kind is not None:
                try:
                    moved = move_blanks(
                        services.issuing.store, serials, kind,
                        operator=present_operator().id, at=request_instant(services),
                        to_keeper=to_keeper, reference=reference, reason=reason,
                        witness=witness or None,
                    )  # fmt: skip
                except (IssuanceError, Malformed) as error:
                    _refuse(form, error, "reference")
                else:
                    name = MOVEMENTS[kind]
                    told = Text(f"{name.vi}: {len(moved)} phôi", f"{name.en}: {len(moved)} blanks")
                    return done(told, url_for("console.stock.overview"))
            return Response(_move_page(services, form), 422, mimetype="text/html")

        return once(services, act)


def _keeper_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/keepers/new")
    @needs(KEEPER)
    def ask_keeper() -> str:
        return render_template("stock/keeper.html", form=Form())

    @views.post("/keepers/new")
    @needs(KEEPER)
    def add_keeper() -> Response:
        form = FormReader(request.form)
        one = StockKeeper(
            form.text("id", Text("Mã nơi giữ", "Keeper's identifier")),
            form.text("name", Text("Tên", "Name")),
            form.text("site", Text("Địa điểm", "Site")),
        )

        def act() -> Response:
            if not form.errors:
                by, at = present_operator().id, request_instant(services)
                try:
                    put_keeper(services.issuing.store, one, operator=by, at=at)
                except Malformed:
                    form.refuse(
                        "id",
                        "Mã và địa điểm gồm chữ không dấu, chữ số và các dấu . _ -",
                        "Identifier and site have plain letters, digits and . _ -",
                    )
                else:
                    told = Text("Đã lưu nơi giữ phôi", "The keeper was saved")
                    return done(told, url_for("console.stock.overview"))
            page = render_template("stock/keeper.html", form=form)
            return Response(page, 422, mimetype="text/html")

        return once(services, act)


_WITNESS = Text("Người chứng kiến", "Witness")


def read_serials(services: ConsoleServices, form: FormReader) -> tuple[str, ...]:
    """Return the serials of a text area and of a file beside it, ranges written out."""
    typed = form.text("serials", _SERIALS, required=False, longest=_LIST_CHARACTERS)
    sent = request.files.get("list")
    if sent is not None and sent.filename:
        typed = f"{typed} {sent.read(LIST_OCTETS).decode('utf-8-sig', 'replace')}"
    try:
        found = parse_serials(typed, services.issuing.serials) if typed.strip() else ()
    except Malformed:
        form.refuse(
            "serials",
            "Nhập số phôi cách nhau bằng dấu cách hoặc xuống dòng, không lặp; dãy viết là "
            "A0001..A0100",
            "Enter serials separated by spaces or lines, none twice; a range as A0001..A0100",
        )
        return ()
    if not found and not form.error("serials"):
        form.refuse("serials", "Nhập ít nhất một số phôi", "Enter at least one serial")
    return found


def _refuse(form: Form, error: IssuanceError | Malformed, code_field: str) -> None:
    if isinstance(error, Malformed):
        form.refuse(
            code_field,
            "Mã gồm 1 đến 64 chữ không dấu, chữ số và các dấu . _ / -",
            "A code has 1 to 64 plain letters, digits and . _ / -",
        )
        return
    why = refusal(error.reason)
    form.refuse("serials", f"{why.vi} ({error})", f"{why.en} ({error})")


def _may_keep() -> bool:
    return KEEPER in present_operator().roles


def _receive_page(services: ConsoleServices, form: Form) -> str:
    return render_template("stock/receive.html", form=form, keepers=keeper_choices(services))


def _move_page(services: ConsoleServices, form: Form) -> str:
    return render_template(
        "stock/move.html",
        form=form,
        kinds=[(kind.value, MOVEMENTS[kind]) for kind in _BOOKED_HERE],
        keepers=keeper_choices(services),
    )
