"""The register of operators, for administrators."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.access_records import Operator, Role, require_operator_id, require_scope
from cardsvc.errors import Malformed, ReasonCode
from web.console.access import needs
from web.console.exports import add_exports, exports_of
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.navigation import ROLE_TEXTS
from web.console.notices import notice
from web.console.once import once
from web.console.paging import Column, Table
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant
from web.operators.register import OperatorEntry, OperatorRefused, roles_of

_SEE_OTHER = 303
_ID = Text("Tên đăng nhập", "Sign-in name")
_NAME = Text("Họ và tên", "Full name")
_UNIT = Text("Đơn vị công tác", "Employing unit")
_ROLES = Text("Vai trò", "Role")
_AGENCIES = Text("Phạm vi cơ quan", "Scope of agencies")
_COLUMNS = (
    Column(_ID), Column(_NAME), Column(_ROLES), Column(_AGENCIES),
    Column(Text("Trạng thái", "State")),
)  # fmt: skip


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of the register."""
    views = Blueprint("operators", __name__, url_prefix="/operators")
    _listing_pages(views, services)
    _adding_pages(views, services)
    _changing_pages(views, services)
    _grave_pages(views, services)
    return views


def _listing_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("")
    @needs(Role.ADMINISTRATOR)
    def listing() -> str:
        table = Table(
            Text("Người dùng của hệ thống", "Operators of the system"),
            _COLUMNS,
            services.register.all(),
            Text("Chưa có người dùng nào", "There are no operators yet"),
            exports=exports_of("operators"),
        )
        return render_template("operators/listing.html", table=table)

    add_exports(
        views, "operators", (Role.ADMINISTRATOR,), _COLUMNS,
        lambda: [_line(one) for one in services.register.all()],
    )  # fmt: skip

    @views.get("/<operator_id>")
    @needs(Role.ADMINISTRATOR)
    def show(operator_id: str) -> str:
        found = _find(services, operator_id)
        sessions = services.sessions.of_operator(found.id, request_instant(services))
        return render_template("operators/show.html", one=found, open_sessions=len(sessions))


def _line(one: Operator) -> tuple[str, ...]:
    roles = ", ".join(str(ROLE_TEXTS[role]) for role in sorted(one.roles))
    state = Text("Đang hoạt động", "Active") if one.enabled else Text("Đã khóa", "Shut")
    return one.id, one.name, roles, " ".join(sorted(one.agencies)), str(state)


def _adding_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/new")
    @needs(Role.ADMINISTRATOR, grave=True)
    def new() -> str:
        return render_template("operators/edit.html", form=Form(), one=None)

    @views.post("/new")
    @needs(Role.ADMINISTRATOR, grave=True)
    def add() -> Response:
        form = FormReader(request.form)
        operator_id = form.text("id", _ID).casefold()
        if not form.error("id"):
            _check_id(form, operator_id)
        entry = _read_entry(form)

        def act() -> Response:
            if form.errors:
                return _page("operators/edit.html", 422, form=form, one=None)
            by, at = present_operator().id, request_instant(services)
            try:
                password = services.register.add(operator_id, entry, by=by, at=at)
            except OperatorRefused:
                form.refuse("id", "Tên đăng nhập này đã có người dùng", "This name is taken")
                return _page("operators/edit.html", 422, form=form, one=None)
            added = _find(services, operator_id)
            return _page("operators/password_once.html", 200, one=added, password=password)

        return once(services, act, then=url_for("console.operators.listing"))


def _changing_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<operator_id>/edit")
    @needs(Role.ADMINISTRATOR, grave=True)
    def edit(operator_id: str) -> str:
        one = _find(services, operator_id)
        form = Form.of(
            {
                "name": one.name,
                "unit": one.unit,
                "agencies": " ".join(sorted(one.agencies)),
                "roles": [role.value for role in one.roles],
            }
        )
        return render_template("operators/edit.html", form=form, one=one)

    @views.post("/<operator_id>/edit")
    @needs(Role.ADMINISTRATOR, grave=True)
    def change(operator_id: str) -> Response:
        one = _find(services, operator_id)
        form = FormReader(request.form)
        entry = _read_entry(form)

        def act() -> Response:
            if form.errors:
                return _page("operators/edit.html", 422, form=form, one=one)
            by, at = present_operator().id, request_instant(services)
            try:
                services.register.change(one.id, entry, by=by, at=at)
            except OperatorRefused:
                form.refuse("roles", *_LAST_ADMINISTRATOR)
                return _page("operators/edit.html", 422, form=form, one=one)
            return _done(one.id, Text("Đã lưu thay đổi", "The changes were saved"))

        return once(services, act)


def _grave_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/<operator_id>/<any(disable,enable,password,second_factor):deed>")
    @needs(Role.ADMINISTRATOR, grave=True)
    def ask(operator_id: str, deed: str) -> str:
        one = _find(services, operator_id)
        return render_template("operators/confirm.html", one=one, deed=deed, form=Form())

    @views.post("/<operator_id>/<any(disable,enable,password,second_factor):deed>")
    @needs(Role.ADMINISTRATOR, grave=True)
    def do(operator_id: str, deed: str) -> Response:
        one = _find(services, operator_id)
        then = url_for("console.operators.show", operator_id=one.id)
        return once(services, lambda: _do(services, one, deed), then=then)


def _do(services: ConsoleServices, one: Operator, deed: str) -> Response:
    by, at, register = present_operator().id, request_instant(services), services.register
    if deed == "password":
        password = register.reset_password(one.id, by=by, at=at)
        return _page("operators/password_once.html", 200, one=one, password=password)
    if deed == "second_factor":
        register.reset_second_factor(one.id, by=by, at=at)
        return _done(one.id, Text(
            "Đã đặt lại xác thực hai lớp", "The second factor was reset"
        ))  # fmt: skip
    try:
        register.set_enabled(one.id, enabled=deed == "enable", by=by, at=at)
    except OperatorRefused as error:
        if error.reason is not ReasonCode.ACCESS_DENIED:
            raise
        form = Form()
        form.refuse("confirm", *_LAST_ADMINISTRATOR)
        return _page("operators/confirm.html", 422, one=one, deed=deed, form=form)
    return _done(one.id, _ENABLED if deed == "enable" else _DISABLED)


_ENABLED = Text("Đã mở lại tài khoản", "The account was opened again")
_DISABLED = Text("Đã khóa tài khoản", "The account was shut")
_LAST_ADMINISTRATOR = (
    "Phải còn ít nhất một quản trị viên đang hoạt động",
    "At least one enabled administrator must remain",
)


def _read_entry(form: FormReader) -> OperatorEntry:
    name = form.text("name", _NAME)
    unit = form.text("unit", _UNIT, required=False)
    roles = roles_of(form.choices("roles", _ROLES, [role.value for role in Role]))
    typed = form.text("agencies", _AGENCIES, required=False, longest=2000)
    agencies = frozenset(typed.replace(",", " ").split())
    try:
        require_scope(agencies)
    except Malformed:
        form.refuse(
            "agencies",
            "Nhập mã định danh cơ quan, ví dụ H57.12, hoặc * cho mọi cơ quan",
            "Enter agency codes such as H57.12, or * for every agency",
        )
    return OperatorEntry(name, roles, agencies, unit)


def _check_id(form: Form, operator_id: str) -> None:
    try:
        require_operator_id(operator_id)
    except Malformed:
        form.refuse(
            "id",
            "Tên đăng nhập gồm 2 đến 32 ký tự a–z, 0–9, dấu chấm, gạch nối; bắt đầu bằng chữ",
            "The name has 2 to 32 of a–z, 0–9, dot and hyphen, and begins with a letter",
        )


def _find(services: ConsoleServices, operator_id: str) -> Operator:
    found = services.register.find(operator_id)
    if found is None:
        abort(404)
    return found


def _done(operator_id: str, text: Text) -> Response:
    notice(text)
    return redirect(url_for("console.operators.show", operator_id=operator_id), _SEE_OTHER)


def _page(template: str, status: int, **values: object) -> Response:
    return Response(render_template(template, **values), status, mimetype="text/html")
