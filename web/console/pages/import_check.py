"""A list that was uploaded: read, looked at, and taken in when somebody says so."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.errors import Malformed
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.terms import CardType
from issuance.importing.check import CheckedRow, CheckSummary, summarise
from issuance.importing.encodings import TextEncoding
from issuance.importing.fields import COLUMNS, HEADINGS, Field
from issuance.importing.finding_texts import say
from issuance.importing.findings import BULK_CONFIRMABLE, Finding, ImportCode, Severity
from issuance.importing.refusals import RefusedFile
from issuance.importing.scope import rows_outside
from issuance.importing.source import ListOptions, ReadList, parse_list
from issuance.importing.table import MAX_FILE_OCTETS
from web.console.access import FORM_OCTETS, needs
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.once import once
from web.console.registry_texts import CARD_TYPES
from web.console.services import ConsoleServices
from web.console.uploads import Upload, UploadsFull
from web.console.visitor import present_operator, request_instant

_SEE_OTHER = 303
_SHOWN_ROWS = 200
_PURPOSE = "list"
_KIND, _AGENCY = Text("Loại danh sách", "Kind of list"), Text("Mã cơ quan", "Agency code")
_NO_FILE = Text("Chọn tệp danh sách", "Choose the list's file")
_TOO_MANY = Text(
    "Đang có quá nhiều tệp chờ xác nhận. Thử lại sau ít phút.",
    "Too many files wait to be confirmed. Try again in a few minutes.",
)
_NO_LIST = Text(
    "Không đọc được danh sách này: có thể chọn trang tính, bảng mã hoặc cột ở dưới.",
    "The list can't be read: sheet, encoding and columns can be chosen below.",
)


@dataclass(frozen=True, slots=True)
class Looked:
    """What a list holds and would do."""

    read: ReadList
    checked: list[CheckedRow]
    summary: CheckSummary
    outside: list[int]


def add_pages(views: Blueprint, services: ConsoleServices) -> None:
    """Add the pages on which lists are uploaded and looked at."""
    _uploading_pages(views, services)
    _checking_pages(views, services)


def _uploading_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/new")
    @needs(Role.CLERK)
    def new() -> str:
        form = Form.of({"kind": CardType.CIVIL_SERVANT.value})
        return render_template("imports/new.html", form=form, card_types=CARD_TYPES)

    @views.post("/new")
    @needs(Role.CLERK, body_octets=MAX_FILE_OCTETS + FORM_OCTETS)
    def upload() -> Response:
        form = FormReader(request.form)
        kind = form.choice("kind", _KIND, [one.value for one in CardType])
        agency = form.text("agency", _AGENCY, required=False).upper()
        if agency and _agency(agency) is None:
            form.refuse("agency", "Mã cơ quan không đúng, ví dụ H57.12", "Such as H57.12")
        sent = request.files.get("file")
        octets = sent.read() if sent else b""
        if not octets:
            form.refuse("file", _NO_FILE.vi, _NO_FILE.en)
        if not form.errors:
            try:
                key = services.registry.uploads.hold(
                    octets, (sent.filename or "") if sent else "",
                    operator=present_operator().id, purpose=_PURPOSE,
                    at=request_instant(services),
                )  # fmt: skip
                where = url_for("console.imports.look", upload_id=key, kind=kind, agency=agency)
                return redirect(where, _SEE_OTHER)
            except UploadsFull:
                form.refuse("file", _TOO_MANY.vi, _TOO_MANY.en)
        page = render_template("imports/new.html", form=form, card_types=CARD_TYPES)
        return Response(page, 422, mimetype="text/html")


def _checking_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/check/<upload_id>")
    @needs(Role.CLERK)
    def look(upload_id: str) -> Response:
        upload, options = _held(services, upload_id), _options()
        try:
            looked = _look(services, upload, options)
        except RefusedFile as error:
            page = _page(upload_id, upload, options, None, fault=Text(error.vi, f"{error}."))
            return Response(page, 422, mimetype="text/html")
        return Response(_page(upload_id, upload, options, looked), mimetype="text/html")

    @views.post("/check/<upload_id>")
    @needs(Role.CLERK)
    def start(upload_id: str) -> Response:
        form = FormReader(request.form)
        allowed = sorted(code.value for code in BULK_CONFIRMABLE)
        chosen = form.choices("codes", Text("Xác nhận", "Confirm"), allowed, required=False)

        def act() -> Response:
            upload, options = _held(services, upload_id), _options()
            looked = _look(services, upload, options)
            if looked.outside:
                page = _page(upload_id, upload, options, looked)
                return Response(page, 422, mimetype="text/html")
            operator = present_operator().id
            desk = services.registry.imports
            codes = [ImportCode(code) for code in chosen]
            started = desk.start(looked.read, options, operator=operator, confirmed=codes)
            services.registry.uploads.forget(upload_id)
            services.registry.runner.submit(started.record.id, operator)
            where = url_for("console.imports.show", import_id=started.record.id)
            return redirect(where, _SEE_OTHER)

        return once(services, act)


def _held(services: ConsoleServices, upload_id: str) -> Upload:
    found = services.registry.uploads.find(
        upload_id,
        operator=present_operator().id,
        purpose=_PURPOSE,
        at=request_instant(services),
    )
    if found is None:
        abort(404)
    return found


def _options() -> ListOptions:
    """Return how the list is to be read; choices that there are not are left out."""
    asked = request.args
    kind, encoding = asked.get("kind", ""), asked.get("encoding", "")
    mapping = {
        field: asked[f"column-{field.value}"].strip()[:60]
        for field in Field
        if asked.get(f"column-{field.value}", "").strip()
    }
    return ListOptions(
        card_type=CardType(kind) if kind in set(CardType) else CardType.CIVIL_SERVANT,
        sheet=asked.get("sheet", "").strip()[:60],
        encoding=TextEncoding(encoding) if encoding in set(TextEncoding) else None,
        mapping=mapping,
        agency=_agency(asked.get("agency", "")),
    )


def _agency(text: str) -> AgencyCode | None:
    try:
        return AgencyCode.parse(text)
    except Malformed:
        return None


def _look(services: ConsoleServices, upload: Upload, options: ListOptions) -> Looked:
    key = repr(options)
    known = upload.findings.get(key)
    if isinstance(known, Looked):
        return known
    desk, covers = services.registry.imports, present_operator().covers
    read = parse_list(upload.octets, options)
    checked = desk.check(read, options)
    looked = Looked(
        read, checked, summarise(checked, frozenset()), rows_outside(checked, desk.store, covers)
    )
    upload.findings.clear()
    upload.findings[key] = looked
    return looked


def _page(
    upload_id: str,
    upload: Upload,
    options: ListOptions,
    looked: Looked | None,
    *,
    fault: Text | None = None,
) -> str:
    only = request.args.get("code", "")
    rows: list[tuple[int, Finding, Text]] = []
    codes: list[tuple[ImportCode, Text, int, Severity]] = []
    bulk: list[tuple[str, Text]] = []
    if looked is not None:
        rows = _shown(looked, only)
        for code, count in looked.summary.codes.items():
            text = Text(*say(Finding(code)))
            codes.append((code, text, count, Finding(code).severity))
            if code in BULK_CONFIRMABLE:
                bulk.append((code.value, text))
    wanted = Form.of({name: request.args.get(name, "") for name in request.args})
    wanted.values["kind"] = [options.card_type.value]
    return render_template(
        "imports/check.html",
        upload_id=upload_id, upload=upload, looked=looked, fault=fault, advice=_NO_LIST,
        rows=rows, codes=codes, bulk=bulk, only=only, wanted=wanted, form=Form(),
        notices=[Text(*say(one)) for one in looked.read.notices] if looked else [],
        columns=[(one, HEADINGS[one][0], HEADINGS[one][1]) for one in COLUMNS[options.card_type]],
        encodings=[(one.value, one.value) for one in TextEncoding],
        headings=HEADINGS, card_types=CARD_TYPES, shown=_SHOWN_ROWS,
    )  # fmt: skip


def _shown(looked: Looked, only: str) -> list[tuple[int, Finding, Text]]:
    found = [
        (row.row.number, one, Text(*say(one)))
        for row in looked.checked
        for one in row.findings
        if not only or one.code.value == only
    ]
    if not only:
        order = list(Severity)
        found.sort(key=lambda one: order.index(one[1].severity))
    return found[:_SHOWN_ROWS]
