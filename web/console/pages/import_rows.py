"""The error queue of an import: rows that wait are corrected or left out, one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.errors import Malformed
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.import_records import ImportRecord, RowState, SkipReason
from issuance.importing.export import export_held
from issuance.importing.fields import COLUMNS, HEADINGS, Field
from issuance.importing.finding_texts import say
from issuance.importing.findings import Finding, ImportCode, Severity
from issuance.importing.queue import ErrorQueue, HeldRow
from issuance.importing.scope import is_outside
from web.console.access import needs
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.notices import notice
from web.console.once import once
from web.console.paging import PAGE_ROWS, Column, Table, encode_cursor, read_cursor
from web.console.registry_texts import SKIP_REASONS
from web.console.services import ConsoleServices
from web.console.visitor import present_operator

_SEE_OTHER = 303
_COUNTED = 5_000
"""Held rows whose findings are counted for the filter; more are worked off first."""
_VERSION = Text("Phiên bản", "Version")
_COLUMNS = (
    Column(Text("Dòng", "Row"), numeric=True),
    Column(Text("Họ và tên", "Full name")),
    Column(Text("Cần sửa", "What is wrong")),
)
Finder = Callable[[ConsoleServices, str], ImportRecord]


def held_codes(services: ConsoleServices, record: ImportRecord) -> Mapping[str, int]:
    """Return what holds rows back, with how many rows each, most frequent first."""
    if record.forgotten_at is not None:
        return {}
    rows = services.registry.imports.store.rows(record.id, [RowState.HELD], limit=_COUNTED)
    found = Counter(code.partition(":")[0] for row in rows for code in row.codes)
    return dict(found.most_common())


def add_pages(views: Blueprint, services: ConsoleServices, find: Finder) -> None:
    """Add the pages of the error queue."""
    _listing_pages(views, services, find)
    _row_pages(views, services, find)


def _listing_pages(views: Blueprint, services: ConsoleServices, find: Finder) -> None:
    queue = ErrorQueue(services.registry.imports)

    @views.get("/<import_id>/rows")
    @needs(Role.CLERK)
    def rows(import_id: str) -> str:
        record = find(services, import_id)
        only = request.args.get("code", "")
        cursor = read_cursor(1)
        after = int(cursor[0]) if cursor and cursor[0].isdecimal() and len(cursor[0]) < 9 else 0
        shown, following = _page_of_rows(queue, import_id, after, only)
        table = Table(
            Text("Dòng chờ sửa", "Rows to be corrected"),
            _COLUMNS,
            [(one, _name(one), _texts(one)) for one in shown],
            Text("Không còn dòng nào chờ sửa.", "No row is left to be corrected."),
            next_cursor=encode_cursor(str(following)) if following else "",
        )
        codes = [
            (code, Text(*say(Finding(ImportCode(code)))), count)
            for code, count in held_codes(services, record).items()
        ]
        return render_template("imports/rows.html", one=record, table=table, codes=codes, only=only)

    @views.get("/<import_id>/rows.xlsx")
    @needs(Role.CLERK)
    def rows_file(import_id: str) -> Response:
        record = find(services, import_id)
        desk = services.registry.imports
        octets = export_held(desk, queue, record.id, operator=present_operator().id)
        response = Response(octets)
        response.headers["Content-Type"] = (
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        )
        response.headers["Content-Disposition"] = 'attachment; filename="can-sua.xlsx"'
        return response


def _page_of_rows(
    queue: ErrorQueue, import_id: str, after: int, only: str
) -> tuple[list[HeldRow], int]:
    """Return a page of rows that wait for one thing or any, and after which the next begins."""
    found: list[HeldRow] = []
    while page := queue.held(import_id, after=after, limit=PAGE_ROWS + 1):
        for one in page:
            if not only or any(finding.code.value == only for finding in one.findings):
                if len(found) == PAGE_ROWS:
                    return found, found[-1].row.number
                found.append(one)
        after = page[-1].row.number
    return found, 0


def _row_pages(views: Blueprint, services: ConsoleServices, find: Finder) -> None:
    queue = ErrorQueue(services.registry.imports)

    @views.get("/<import_id>/rows/<int:number>")
    @needs(Role.CLERK)
    def row(import_id: str, number: int) -> Response:
        record = find(services, import_id)
        held = _held(queue, import_id, number)
        return _row_page(record, held, Form.of(_shown_values(held)))

    @views.post("/<import_id>/rows/<int:number>")
    @needs(Role.CLERK)
    def fix(import_id: str, number: int) -> Response:
        record = find(services, import_id)
        form = FormReader(request.form)

        return once(services, lambda: _fix(services, queue, record, number, form))

    @views.post("/<import_id>/rows/<int:number>/skip")
    @needs(Role.CLERK)
    def skip(import_id: str, number: int) -> Response:
        record = find(services, import_id)
        form = FormReader(request.form)
        reason = form.choice(
            "reason", Text("Lý do bỏ qua", "Reason"), [one.value for one in SkipReason]
        )
        version = form.whole_number("version", _VERSION, least=0, most=10**9)

        def act() -> Response:
            if reason is None or version is None:
                held = _held(queue, import_id, number)
                shown = Form.of(_shown_values(held))
                shown.errors = form.errors
                return _row_page(record, held, shown, status=422)
            queue.skip(
                import_id, number, SkipReason(reason),
                expected_version=version, operator=present_operator().id,
            )  # fmt: skip
            notice(Text(f"Đã bỏ qua dòng {number}", f"Row {number} was left out"))
            return _onwards(queue, import_id, number)

        return once(services, act)


def _fix(
    services: ConsoleServices,
    queue: ErrorQueue,
    record: ImportRecord,
    number: int,
    form: FormReader,
) -> Response:
    held = _held(queue, record.id, number)
    values = _sent_values(form, record, held)
    version = form.whole_number("version", _VERSION, least=0, most=10**9)
    asked = [one.code.value for one in _to_confirm(held)]
    codes = form.choices("codes", Text("Xác nhận", "Confirm"), asked, required=False)
    operator = present_operator()
    if is_outside(values, services.registry.imports.store, operator.covers):
        form.refuse(
            Field.PERSONAL_NUMBER.value,
            "Người hoặc cơ quan của dòng này nằm ngoài phạm vi của bạn",
            "This row's person or agency lies outside your scope",
        )
    if form.errors or version is None:
        return _row_page(record, held, form, status=422)
    settled = queue.fix(
        record.id,
        number,
        values,
        confirmed=[ImportCode(code) for code in codes],
        expected_version=version,
        operator=operator.id,
    )
    if settled.state is RowState.HELD:
        form.refuse("findings", "Dòng này vẫn còn lỗi", "This row is still faulty")
        # what is wrong now; the next sending is of the version that this one made
        return _row_page(record, _held(queue, record.id, number), form, status=422)
    notice(Text(f"Đã nhập dòng {number}", f"Row {number} was imported"))
    return _onwards(queue, record.id, number)


def _shown_values(held: HeldRow) -> dict[str, str]:
    values = {field.value: text for field, text in held.values.items()}
    if not _shows_number(held):
        values[Field.PERSONAL_NUMBER.value] = ""
    return values


def _row_page(record: ImportRecord, held: HeldRow, form: Form, *, status: int = 200) -> Response:
    fields = list(dict.fromkeys((*COLUMNS[record.card_type], *held.values)))
    page = render_template(
        "imports/row.html",
        one=record, held=held, form=form, texts=_texts(held), masked=_masked(held),
        fields=[(field, Text(*HEADINGS[field][:2])) for field in fields if field != Field.ORDINAL],
        to_confirm=[(one.code.value, Text(*say(one))) for one in _to_confirm(held)],
        skip_reasons=SKIP_REASONS,
    )  # fmt: skip
    return Response(page, status, mimetype="text/html")


def _held(queue: ErrorQueue, import_id: str, number: int) -> HeldRow:
    found = queue.held(import_id, after=number - 1, limit=1)
    if not found or found[0].row.number != number:
        abort(409)
    return found[0]


def _shows_number(held: HeldRow) -> bool:
    """Tell whether the number itself is to be corrected; one that is right stays masked."""
    return any(one.field is Field.PERSONAL_NUMBER for one in held.findings) or not _masked(held)


def _masked(held: HeldRow) -> str:
    try:
        return PersonalNumber.parse(held.values.get(Field.PERSONAL_NUMBER, "")).masked
    except Malformed:
        return ""


def _sent_values(form: FormReader, record: ImportRecord, held: HeldRow) -> dict[Field, str]:
    fields = dict.fromkeys((*COLUMNS[record.card_type], *held.values))
    sent: dict[Field, str] = {
        field: form.text(field.value, Text(*HEADINGS[field][:2]), required=False, longest=1_000)
        for field in fields
        if field is not Field.ORDINAL
    }
    if not sent.get(Field.PERSONAL_NUMBER) and not _shows_number(held):
        sent[Field.PERSONAL_NUMBER] = held.values[Field.PERSONAL_NUMBER]
    return sent


def _to_confirm(held: HeldRow) -> list[Finding]:
    found = {one.code: one for one in held.findings if one.severity is Severity.CONFIRM}
    return list(found.values())


def _name(held: HeldRow) -> str:
    values = held.values
    parts = (values.get(one, "") for one in (Field.FAMILY_AND_MIDDLE, Field.GIVEN))
    return values.get(Field.NAME) or " ".join(part for part in parts if part)


def _texts(held: HeldRow) -> list[tuple[str, Text, Severity]]:
    return [
        (HEADINGS[one.field][0] if one.field else "", Text(*say(one)), one.severity)
        for one in held.findings
    ]


def _onwards(queue: ErrorQueue, import_id: str, number: int) -> Response:
    """Lead to the next row that waits, or back to the list."""
    following = queue.held(import_id, after=number, limit=1)
    if following:
        there = url_for("console.imports.row", import_id=import_id, number=following[0].row.number)
        return redirect(there, _SEE_OTHER)
    return redirect(url_for("console.imports.rows", import_id=import_id), _SEE_OTHER)
