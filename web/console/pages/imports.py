"""Lists of people: taken in, looked at before anything is written, applied in the background."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Operator, Role
from cardsvc.import_records import ImportProgress, ImportRecord
from cardsvc.photo_records import PhotoFinding
from cardsvc.terms import CardType
from issuance.importing.finding_texts import say
from issuance.importing.findings import BULK_CONFIRMABLE, Finding, ImportCode
from issuance.importing.workbooks import template
from web.console.access import needs
from web.console.exports import add_exports, exports_of
from web.console.formats import instant
from web.console.forms import FormReader
from web.console.issuing_texts import refusal
from web.console.languages import Text
from web.console.notices import notice
from web.console.once import once
from web.console.pages import import_check, import_photos, import_rows
from web.console.paging import Column, Table
from web.console.registry_texts import CARD_TYPES
from web.console.services import ConsoleServices
from web.console.visitor import present_operator

_SEE_OTHER = 303
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_COLUMNS = (
    Column(Text("Bắt đầu", "Started")),
    Column(Text("Loại danh sách", "Kind of list")),
    Column(Text("Người nhập", "Operator")),
    Column(Text("Số dòng", "Rows"), numeric=True),
    Column(Text("Chờ sửa", "To be corrected"), numeric=True),
    Column(Text("Trạng thái", "State")),
)


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of imports."""
    views = Blueprint("imports", __name__, url_prefix="/imports")
    _listing_pages(views, services)
    import_check.add_pages(views, services)
    _progress_pages(views, services)
    _request_pages(views, services)
    import_photos.add_pages(views, services, find_import)
    import_rows.add_pages(views, services, find_import)
    return views


def find_import(services: ConsoleServices, import_id: str) -> ImportRecord:
    """Return an import that the operator may see; a page that is not found otherwise."""
    found = services.registry.imports.store.find_import(import_id)
    if found is None or not _may_see(present_operator(), found):
        abort(404)
    return found


def _may_see(operator: Operator, record: ImportRecord) -> bool:
    return record.operator == operator.id or operator.covers(record.agency or None)


def _listing_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("")
    @needs(Role.CLERK)
    def listing() -> str:
        table = Table(
            Text("Các lần nhập danh sách", "Imports"),
            _COLUMNS,
            _rows(services),
            Text(
                "Chưa nhập danh sách nào. Tải mẫu, điền rồi tải lên.",
                "No list was imported yet. Download a template, fill it in, upload it.",
            ),
            exports=exports_of("imports"),
        )
        return render_template("imports/listing.html", table=table, card_types=CARD_TYPES)

    add_exports(views, "imports", (Role.CLERK,), _COLUMNS[:-1], lambda: _lines(services))

    @views.get("/template/<any(civil_servant,individual,business):kind>.xlsx")
    @needs(Role.CLERK)
    def download_template(kind: str) -> Response:
        return send_workbook(template(CardType(kind)), f"mau-{kind.replace('_', '-')}.xlsx")


def _rows(services: ConsoleServices) -> list[tuple[ImportRecord, ImportProgress]]:
    store = services.registry.imports.store
    seen = [one for one in store.imports() if _may_see(present_operator(), one)]
    return [(one, store.progress(one.id)) for one in seen]


def _lines(services: ConsoleServices) -> list[tuple[str | int, ...]]:
    return [
        (instant(one.started_at), str(CARD_TYPES[one.card_type]), one.operator, one.rows,
         progress.held)
        for one, progress in _rows(services)
    ]  # fmt: skip


def send_workbook(octets: bytes, name: str) -> Response:
    """Return a workbook as a file to be kept."""
    response = make_response(octets)
    response.headers["Content-Type"] = _XLSX
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _progress_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<import_id>")
    @needs(Role.CLERK)
    def show(import_id: str) -> str:
        record = find_import(services, import_id)
        registry = services.registry
        held_codes = _bulk_codes(services, record)
        return render_template(
            "imports/show.html",
            one=record,
            progress=registry.imports.store.progress(import_id),
            is_running=registry.runner.is_running(import_id),
            notices=[_notice_text(one) for one in record.notices],
            bulk={code: Text(*say(Finding(code))) for code in held_codes},
            card_types=CARD_TYPES,
            work=registry.runner.work(import_id),
            refusal=refusal,
            skipped=import_photos.SKIPPED,
            photo_findings={one.value: Text(one.vi, one.en) for one in PhotoFinding},
        )

    @views.post("/<import_id>/continue")
    @needs(Role.CLERK)
    def go_on(import_id: str) -> Response:
        record = find_import(services, import_id)

        def act() -> Response:
            services.registry.runner.submit(record.id, present_operator().id)
            return _to(record.id)

        return once(services, act)

    @views.post("/<import_id>/confirm")
    @needs(Role.CLERK)
    def confirm(import_id: str) -> Response:
        record = find_import(services, import_id)
        form = FormReader(request.form)
        allowed = sorted(code.value for code in BULK_CONFIRMABLE)
        chosen = form.choices("codes", Text("Mục cần xác nhận", "What to confirm"), allowed)

        def act() -> Response:
            if not chosen:
                notice(Text("Chưa chọn mục nào để xác nhận", "Nothing was chosen"), good=False)
                return _to(record.id)
            operator = present_operator().id
            codes = [ImportCode(code) for code in chosen]
            services.registry.imports.confirm(record.id, codes, operator=operator)
            services.registry.runner.submit(record.id, operator)
            return _to(record.id)

        return once(services, act)


def _request_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<import_id>/cards")
    @needs(Role.CLERK)
    def ask_for_cards(import_id: str) -> str:
        record = find_import(services, import_id)
        progress = services.registry.imports.store.progress(import_id)
        return render_template("imports/cards.html", one=record, progress=progress)

    @views.post("/<import_id>/cards")
    @needs(Role.CLERK)
    def request_cards(import_id: str) -> Response:
        record = find_import(services, import_id)

        def act() -> Response:
            services.registry.runner.request_cards(record.id, present_operator().id)
            return _to(record.id)

        return once(services, act)


def _bulk_codes(services: ConsoleServices, record: ImportRecord) -> list[ImportCode]:
    """Return what holds rows back and may be confirmed for the whole list."""
    confirmable = {code.value: code for code in BULK_CONFIRMABLE}
    found: Mapping[str, int] = import_rows.held_codes(services, record)
    return [confirmable[code] for code in found if code in confirmable]


def _notice_text(stored: str) -> Text:
    code, _, detail = stored.partition(":")
    return Text(*say(Finding(ImportCode(code), detail=detail)))


def _to(import_id: str) -> Response:
    return redirect(url_for("console.imports.show", import_id=import_id), _SEE_OTHER)
