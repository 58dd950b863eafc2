"""Signing in: password, code, a first authenticator app; proving oneself again; signing out."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response

from web.console.access import after_password, anybody, everyone_signed_in
from web.console.blueprint import safe_next
from web.console.cookies import PREFIX
from web.console.forms import Form, FormReader
from web.console.languages import Text
from web.console.qr_code import qr_path
from web.console.services import ConsoleServices
from web.console.visitor import address, forget, present_visitor, remember, request_instant, visitor
from web.operators import totp
from web.operators.sign_in import Refused

_NAME = Text("Tên đăng nhập", "Sign-in name")
_PASSWORD = Text("Mật khẩu", "Password")
_CODE = Text("Mã xác thực", "Security code")
_SEE_OTHER = 303
_NEXT = "next"
_A_MINUTE = 60


def pages(services: ConsoleServices) -> Blueprint:
    """Return the pages of signing in and out."""
    views = Blueprint("sign_in", __name__)
    _password_pages(views, services)
    _code_pages(views, services)
    _enrolment_pages(views, services)
    _later_pages(views, services)
    return views


def _password_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/sign-in")
    @anybody
    def password() -> str | Response:
        who = visitor()
        if who is not None and who.is_open:
            return redirect(PREFIX)
        return render_template("sign_in/password.html", form=Form())

    @views.post("/sign-in")
    @anybody
    def give_password() -> tuple[str, int] | Response:
        form = FormReader(request.form)
        name = form.text("name", _NAME)
        typed = form.secret("password", _PASSWORD)
        if not form.errors:
            at = request_instant(services)
            answer = services.sign_in.give_password(name, typed, address(), at)
            if not isinstance(answer, Refused):
                wanted = safe_next(request.args.get(_NEXT, ""))
                remember(services, answer)
                session[_NEXT] = wanted
                return redirect(url_for("console.sign_in.code"), _SEE_OTHER)
            _say_refused(form, "name", answer, Text(
                "Tên đăng nhập hoặc mật khẩu không đúng",
                "The sign-in name or the password is not right",
            ))  # fmt: skip
        return render_template("sign_in/password.html", form=form), 422


def _code_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/sign-in/code")
    @after_password
    def code() -> str | Response:
        if not services.sign_in.second_factor(present_visitor().session).confirmed:
            return redirect(url_for("console.sign_in.enrol"))
        return render_template("sign_in/code.html", form=Form())

    @views.post("/sign-in/code")
    @after_password
    def give_code() -> tuple[str, int] | Response:
        form = FormReader(request.form)
        typed = form.secret("code", _CODE)
        if not form.errors:
            at = request_instant(services)
            answer = services.sign_in.give_code(present_visitor().session, typed, address(), at)
            if not isinstance(answer, Refused):
                wanted = safe_next(session.get(_NEXT, ""))
                remember(services, answer)
                return redirect(wanted, _SEE_OTHER)
            _say_refused(form, "code", answer, _WRONG_CODE)
        return render_template("sign_in/code.html", form=form), 422


_WRONG_CODE = Text(
    "Mã xác thực không đúng hoặc đã dùng; chờ mã mới rồi nhập lại",
    "The code is not right, or was used; wait for the next one and enter it",
)


def _enrolment_pages(views: Blueprint, services: ConsoleServices) -> None:
    def page(form: Form) -> str:
        who = present_visitor()
        factor = services.sign_in.second_factor(who.session)
        uri = totp.provisioning_uri(factor.secret, who.operator.id, services.issuer)
        return render_template(
            "sign_in/enrol.html", form=form, secret=_grouped(factor.secret), qr=qr_path(uri)
        )

    @views.get("/sign-in/enrol")
    @after_password
    def enrol() -> str | Response:
        # the secret is shown only until a first code of it was given
        if services.sign_in.second_factor(present_visitor().session).confirmed:
            return redirect(url_for("console.sign_in.code"))
        return page(Form())

    @views.post("/sign-in/enrol")
    @after_password
    def confirm() -> str | tuple[str, int] | Response:
        who = present_visitor()
        if services.sign_in.second_factor(who.session).confirmed:
            return redirect(url_for("console.sign_in.code"))
        form = FormReader(request.form)
        typed = form.secret("code", _CODE)
        if not form.errors:
            at = request_instant(services)
            answer = services.sign_in.confirm_factor(who.session, typed, address(), at)
            if not isinstance(answer, Refused):
                token, codes = answer
                remember(services, token)
                return render_template("sign_in/recovery_codes.html", codes=codes)
            _say_refused(form, "code", answer, _WRONG_CODE)
        return page(form), 422


def _later_pages(views: Blueprint, services: ConsoleServices) -> None:
    @views.get("/prove")
    @everyone_signed_in()
    def prove() -> str:
        return render_template("sign_in/prove.html", form=Form())

    @views.post("/prove")
    @everyone_signed_in()
    def give_proof() -> tuple[str, int] | Response:
        form = FormReader(request.form)
        typed = form.secret("code", _CODE)
        if not form.errors:
            at = request_instant(services)
            refused = services.sign_in.prove_again(present_visitor().session, typed, address(), at)
            if refused is None:
                return redirect(safe_next(request.args.get(_NEXT, "")), _SEE_OTHER)
            _say_refused(form, "code", refused, _WRONG_CODE)
        return render_template("sign_in/prove.html", form=form), 422

    @views.post("/sign-out")
    @anybody
    def sign_out() -> Response:
        who = visitor()
        if who is not None:
            services.sessions.end(who.session, request_instant(services))
        forget()
        return redirect(url_for("console.sign_in.signed_out"), _SEE_OTHER)

    @views.get("/signed-out")
    @anybody
    def signed_out() -> str:
        return render_template("sign_in/signed_out.html")


def _say_refused(form: Form, name: str, refused: Refused, wrong: Text) -> None:
    if not refused.wait_seconds:
        form.refuse(name, wrong.vi, wrong.en)
        return
    minutes = -(-refused.wait_seconds // _A_MINUTE)
    form.refuse(
        name,
        f"Đã thử sai quá nhiều lần. Chờ {minutes} phút rồi thử lại",
        f"There were too many attempts. Wait {minutes} min and try again",
    )


def _grouped(secret: str) -> str:
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
