"""Putting holders on record, correcting their facts, ending their employment."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Role
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.records import Holder
from cardsvc.terms import CardType
from issuance.registry.holders import add_holders, correct_holder, end_employment
from web.console.access import needs
from web.console.forms import Form, FormReader
from web.console.holder_form import (
    ReadHolder,
    asked_kind,
    edit_page,
    filled_form,
    kind_of,
    read_holder_form,
)
from web.console.languages import Text
from web.console.notices import notice
from web.console.once import once
from web.console.pages.holder_record import find_holder
from web.console.pages.holder_scan import filled_by_scan
from web.console.scopes import present_day
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

_SEE_OTHER = 303
_LAST_DAY = Text("Ngày làm việc cuối cùng", "Last day of work")


def add_pages(views: Blueprint, services: ConsoleServices) -> None:
    """Add the pages that change holders."""
    _adding_pages(views, services)
    _correcting_pages(views, services)
    _ending_pages(views, services)


def _adding_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/new")
    @needs(Role.CLERK)
    def new() -> Response:
        return edit_page(Form(), asked_kind(), None)

    @views.post("/new")
    @needs(Role.CLERK)
    def add() -> Response:
        kind, form = asked_kind(), FormReader(request.form)
        if "qr" in request.form:
            return filled_by_scan(request.form, kind)
        operator = present_operator()
        read = read_holder_form(
            form, kind, operator, known=None, new_id=services.registry.new_id(),
            on=present_day(services),
        )  # fmt: skip

        def act() -> Response:
            if read.holder is None or _wants_a_look(form, read):
                return edit_page(form, kind, None, warnings=read.warnings, status=422)
            try:
                add_holders(
                    services.registry.holders, [read.holder],
                    operator=operator.id, at=request_instant(services),
                )  # fmt: skip
            except IssuanceError as error:
                return _number_taken(error, form, kind, None)
            notice(Text("Đã lập hồ sơ chủ thẻ", "The holder was put on record"))
            return _to(read.holder.id)

        return once(services, act)


def _correcting_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<holder_id>/edit")
    @needs(Role.CLERK)
    def edit(holder_id: str) -> Response:
        one = find_holder(services, holder_id)
        return edit_page(filled_form(one), asked_kind(kind_of(one)), one)

    @views.post("/<holder_id>/edit")
    @needs(Role.CLERK)
    def correct(holder_id: str) -> Response:
        one = find_holder(services, holder_id)
        kind, form = asked_kind(kind_of(one)), FormReader(request.form)
        operator = present_operator()
        form.text("version", Text("Phiên bản", "Version"))
        read = read_holder_form(
            form, kind, operator, known=one, new_id="", on=present_day(services)
        )

        def act() -> Response:
            if form.value("version") != str(one.version):
                # kept in the form, so that sending it again says the same until it is opened anew
                form.refuse(
                    "name",
                    "Người khác vừa sửa hồ sơ này. Mở lại hồ sơ rồi sửa tiếp.",
                    "Somebody else has just changed this record. Open it again.",
                )
                return edit_page(form, kind, one, status=409)
            if read.holder is None or _wants_a_look(form, read):
                return edit_page(form, kind, one, warnings=read.warnings, status=422)
            try:
                correct_holder(
                    services.registry.holders, read.holder,
                    operator=operator.id, at=request_instant(services),
                )  # fmt: skip
            except IssuanceError as error:
                return _number_taken(error, form, kind, one)
            notice(Text("Đã lưu thay đổi", "The changes were saved"))
            return _to(one.id)

        return once(services, act)


def _ending_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<holder_id>/end")
    @needs(Role.CLERK)
    def ask_to_end(holder_id: str) -> str:
        one = _employed(services, holder_id)
        return render_template(
            "holders/end.html", one=one, form=Form.of({"version": str(one.version)})
        )

    @views.post("/<holder_id>/end")
    @needs(Role.CLERK)
    def end(holder_id: str) -> Response:
        one = _employed(services, holder_id)
        form = FormReader(request.form)
        last_day = form.day("last_day", _LAST_DAY)
        version = form.whole_number("version", Text("Phiên bản", "Version"), least=0, most=10**9)

        def act() -> Response:
            if last_day is None or version is None:
                page = render_template("holders/end.html", one=one, form=form)
                return Response(page, 422, mimetype="text/html")
            end_employment(
                services.registry.holders, one.id, last_day=last_day, expected_version=version,
                operator=present_operator().id, at=request_instant(services),
            )  # fmt: skip
            notice(Text("Đã ghi ngày làm việc cuối cùng", "The last day was recorded"))
            return _to(one.id)

        return once(services, act)


def _employed(services: ConsoleServices, holder_id: str) -> Holder:
    one = find_holder(services, holder_id)
    if one.employment is None:
        abort(404)
    return one


def _wants_a_look(form: FormReader, read: ReadHolder) -> bool:
    return bool(read.warnings) and not form.ticked("looked")


def _number_taken(error: IssuanceError, form: Form, kind: CardType, one: Holder | None) -> Response:
    if error.reason is not ReasonCode.HOLDER_EXISTS:
        raise error
    form.refuse(
        "personal_number",
        "Đã có hồ sơ mang số định danh này: tìm theo số để mở hồ sơ đó",
        "A holder with this number is on record: search for the number to open it",
    )
    return edit_page(form, kind, one, status=422)


def _to(holder_id: str) -> Response:
    return redirect(url_for("console.holders.show", holder_id=holder_id), _SEE_OTHER)
