"""The console: server-rendered pages for the people who work with cards.

How to add a page:

1. Name what it needs in ``services.py``: a port (Protocol) or a use case; fit it in
   ``web/console_wiring.py``. Pages hold no SQL, no cryptography and no rule.
2. Write the views into ``pages/<area>.py`` with ``pages(services) -> Blueprint`` and add it to
   ``_AREAS`` below. Every view declares who may see it (``access.needs``); one that does not is
   refused, and a test fails.
3. A view parses (``forms.FormReader``), calls one use case, renders. A POST that changes something
   goes through ``once.once``; its form holds ``{{ form_tokens() }}``. Grave acts say
   ``needs(..., grave=True)``. A confirmation is a page of its own, not a dialog.
4. Scope: lists take ``present_operator().agencies`` down to the store (``store.scope.in_scope``);
   a single record that ``Operator.covers`` does not cover is ``abort(404)``.
5. Templates go to ``templates/<area>/``, extend ``layout.html`` and are put together from the
   macros in ``templates/components``; /console/components shows all of them with their states.
   Every text is a pair: ``{{ t("Đăng nhập", "Sign in") }}``, ``Text(vi=..., en=...)`` in Python.
6. Put the area into ``navigation.SECTIONS``. The tests find the page by itself: they open it in
   both languages and let axe judge it; one with a parameter is named in ``tests/support/console``.
"""

from __future__ import annotations

from flask import Flask, redirect
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from web.console.blueprint import make_blueprint
from web.console.cookies import PREFIX, ConsoleCookies
from web.console.pages import agents, components, home, operators, profile, sign_in
from web.console.services import ConsoleServices
from web.console.visitor import manage_visitors

_AREAS = (home, sign_in, profile, operators, agents, components)


def register_console(app: Flask, services: ConsoleServices) -> None:
    """Put the console under ``/console`` of an application."""
    app.secret_key = services.secret_key
    app.session_interface = ConsoleCookies()
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # tokens of the APIs are not cookies
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # a session's end is the form's end
    if services.proxy_hops:
        hops = services.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops)  # type: ignore[method-assign]
    csrf = CSRFProtect(app)
    manage_visitors(app, services)
    console = make_blueprint(services, csrf)
    for area in _AREAS:
        console.register_blueprint(area.pages(services))
    app.register_blueprint(console)

    @app.get("/")
    def start() -> Response:
        return redirect(PREFIX)
