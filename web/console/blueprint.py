"""The frame of all console pages: who may see them, what every answer's headers say."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, redirect, request, send_from_directory, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response

from web.console import formats, paging
from web.console.access import Access, Audience, anybody, declared
from web.console.cookies import PREFIX
from web.console.errors import register_error_pages
from web.console.languages import COOKIE, Language, present_language, t
from web.console.navigation import ROLE_TEXTS, sections_of
from web.console.once import FIELD, submit_token
from web.console.services import ConsoleServices
from web.console.states import state_text, state_tone
from web.console.visitor import request_instant, visitor
from web.fonts import FONT_FILES, FONT_FOLDER

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Nothing inline and nothing from elsewhere (CSP Level 3)."""
_YEAR_SECONDS = 365 * 24 * 3600


def make_blueprint(services: ConsoleServices, csrf: CSRFProtect) -> Blueprint:
    """Return the blueprint that the areas are registered on."""
    console = Blueprint(
        "console",
        __name__,
        url_prefix=PREFIX,
        template_folder="templates",
        static_folder="static",
        static_url_path="/static",
    )
    register_error_pages(console)
    _add_common_views(console)
    _add_template_names(console)

    @console.before_request
    def guard() -> Response | None:
        if request.endpoint == "console.static":
            return None
        access = declared(current_app.view_functions[request.endpoint or ""])
        if access is None:
            abort(403)
        request.max_content_length = access.body_octets
        csrf.protect()
        return _turned_away(services, access)

    @console.after_request
    def harden(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = _POLICY
        # forms are checked by it where the browser came by TLS; nobody else is told
        response.headers["Referrer-Policy"] = "same-origin"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        if "Cache-Control" not in response.headers:
            response.headers["Cache-Control"] = "no-store"
        return response

    return console


def _turned_away(services: ConsoleServices, access: Access) -> Response | None:
    """Return where somebody has to go first, None for whoever may see the page."""
    if access.audience is Audience.ANYBODY:
        return None
    who = visitor()
    if who is None:
        return redirect(url_for("console.sign_in.password", next=_wanted()))
    if access.audience is Audience.PASSWORD_GIVEN:
        return redirect(PREFIX) if who.is_open else None
    if not who.is_open:
        return redirect(url_for("console.sign_in.code"))
    if who.operator.must_change_password and not access.with_temporary_password:
        return redirect(url_for("console.profile.password"))
    if access.roles and not access.roles & who.operator.roles:
        abort(403)
    if access.grave and not services.sessions.is_proved(who.session, request_instant(services)):
        return redirect(url_for("console.sign_in.prove", next=_wanted()))
    return None


def _wanted() -> str:
    """Return the page to come back to; after a form that was sent too late, the form's page."""
    return request.full_path.rstrip("?")


def safe_next(wanted: str) -> str:
    """Return a page of the console to go on to; its start where the address is none of ours."""
    ours = wanted == PREFIX or wanted.startswith((f"{PREFIX}/", f"{PREFIX}?"))
    plain = wanted.isprintable() and "\\" not in wanted and "//" not in wanted
    return wanted if ours and plain else PREFIX


def _add_common_views(console: Blueprint) -> None:
    @console.get("/language/<language>")
    @anybody
    def language(language: str) -> Response:
        response = redirect(safe_next(request.args.get("next", "")))
        if language in set(Language):
            response.set_cookie(
                COOKIE,
                language,
                max_age=_YEAR_SECONDS,
                path=PREFIX,
                secure=request.is_secure,
                httponly=True,
                samesite="Lax",
            )
        return response

    @console.get("/fonts/<name>")
    @anybody
    def font(name: str) -> Response:
        if name not in FONT_FILES:
            abort(404)
        return send_from_directory(FONT_FOLDER, name, max_age=_YEAR_SECONDS)

    @console.get("/<path:unknown>")
    @anybody
    def unknown(unknown: str) -> Response:
        del unknown
        abort(404)


def _add_template_names(console: Blueprint) -> None:
    functions = {
        "t": t,
        "day": formats.day,
        "instant": formats.instant,
        "number": formats.number,
        "this_page": paging.this_page,
        "page_of": paging.page_of,
        "submit_token": submit_token,
        "submit_field": FIELD,
        "role_texts": ROLE_TEXTS,
        "state_text": state_text,
        "state_tone": state_tone,
    }
    # globals, not context: macros that are imported see no context
    console.record_once(lambda state: state.app.jinja_env.globals.update(functions))

    @console.context_processor
    def names() -> dict[str, object]:
        who = visitor()
        operator = who.operator if who is not None and who.is_open else None
        return {
            "language": present_language().value,
            "operator": operator,
            "sections": sections_of(operator) if operator else [],
        }
