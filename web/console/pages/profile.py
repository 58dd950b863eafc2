"""One's own account: password, recovery codes, sessions."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from cardsvc.errors import ReasonCode
from web.console.access import everyone_signed_in
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.notices import notice
from web.console.once import once
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, present_visitor, request_instant
from web.operators.passwords import MAX_CHARACTERS, MIN_CHARACTERS, PasswordFault
from web.operators.register import OperatorRefused

_SEE_OTHER = 303
_PRESENT = Text("Mật khẩu hiện tại", "Present password")
_NEW = Text("Mật khẩu mới", "New password")
_REPEATED = Text("Mật khẩu mới, nhập lại", "New password again")
_FAULTS = {
    PasswordFault.TOO_SHORT: Text(
        f"Mật khẩu mới phải có ít nhất {MIN_CHARACTERS} ký tự",
        f"The new password must have {MIN_CHARACTERS} characters or more",
    ),
    PasswordFault.TOO_LONG: Text(
        f"Mật khẩu mới có nhiều nhất {MAX_CHARACTERS} ký tự",
        f"The new password must have {MAX_CHARACTERS} characters or fewer",
    ),
    PasswordFault.COMMON: Text(
        "Mật khẩu này quá phổ biến hoặc dễ đoán; chọn mật khẩu khác",
        "This password is too common or too easy to guess; choose another",
    ),
    PasswordFault.HOLDS_NAME: Text(
        "Mật khẩu mới không được chứa tên của bạn",
        "The new password must not hold your name",
    ),
    PasswordFault.NOT_NEW: Text(
        "Mật khẩu mới phải khác mật khẩu hiện tại",
        "The new password must differ from the present one",
    ),
    PasswordFault.MISREPEATED: Text(
        "Hai lần nhập mật khẩu mới không giống nhau",
        "The new password and its repetition differ",
    ),
}


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of one's own account."""
    views = Blueprint("profile", __name__, url_prefix="/profile")
    _account_pages(views, services)
    _password_pages(views, services)
    return views


def _account_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("")
    @everyone_signed_in()
    def profile() -> str:
        at = request_instant(services)
        operator = present_operator()
        return render_template(
            "profile/profile.html",
            present=present_visitor().session,
            open_sessions=services.sessions.of_operator(operator.id, at),
            codes_left=services.register.recovery_codes_left(operator.id),
        )

    @views.post("/sessions/end-others")
    @everyone_signed_in()
    def end_others() -> Response:
        ended = services.sessions.end_others(present_visitor().session, request_instant(services))
        notice(Text(
            f"Đã đăng xuất {ended} phiên làm việc khác", f"Signed {ended} other sessions out"
        ))  # fmt: skip
        return redirect(url_for("console.profile.profile"), _SEE_OTHER)

    @views.get("/recovery-codes")
    @everyone_signed_in(grave=True)
    def recovery_codes() -> str:
        return render_template("profile/recovery_codes.html")

    @views.post("/recovery-codes")
    @everyone_signed_in(grave=True)
    def renew_recovery_codes() -> Response:
        def act() -> Response:
            codes = services.register.renew_recovery_codes(
                present_operator().id, request_instant(services)
            )
            return Response(
                render_template("sign_in/recovery_codes.html", codes=codes), mimetype="text/html"
            )

        return once(services, act, then=url_for("console.profile.profile"))


def _password_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/password")
    @everyone_signed_in(with_temporary_password=True)
    def password() -> str:
        return render_template("profile/password.html", form=Form())

    @views.post("/password")
    @everyone_signed_in(with_temporary_password=True)
    def change_password() -> tuple[str, int] | Response:
        form = FormReader(request.form)
        present = form.secret("present", _PRESENT)
        new = form.secret("new", _NEW)
        repeated = form.secret("repeated", _REPEATED)
        if not form.errors and _is_changed(services, form, present, new, repeated):
            notice(Text("Đã đổi mật khẩu", "The password was changed"))
            return redirect(url_for("console.profile.profile"), _SEE_OTHER)
        return render_template("profile/password.html", form=form), 422


def _is_changed(
    services: ConsoleServices, form: Form, present: str, new: str, repeated: str
) -> bool:
    session, at = present_visitor().session, request_instant(services)
    try:
        fault = services.register.change_password(session, present, new, repeated, at)
    except OperatorRefused as error:
        if error.reason is not ReasonCode.ACCESS_DENIED:
            raise
        form.refuse("present", "Mật khẩu hiện tại không đúng", "The present password is not right")
        return False
    if fault is not None:
        field = "repeated" if fault is PasswordFault.MISREPEATED else "new"
        form.refuse(field, _FAULTS[fault].vi, _FAULTS[fault].en)
    return fault is None
