"""Puts the console's areas together and under ``/console`` of an application."""

from __future__ import annotations

from flask import Flask, redirect
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response

from web.console.blueprint import make_blueprint
from web.console.cookies import PREFIX, ConsoleCookies
from web.console.pages import (
    agencies,
    agent_settings,
    agents,
    applications,
    attendance,
    audit,
    batches,
    cards,
    components,
    desk,
    door_orders,
    doors,
    holders,
    home,
    imports,
    losses,
    offline_report,
    operations,
    operators,
    partners,
    policies,
    privacy,
    profile,
    publishing,
    sign_in,
    stock,
    unblocking,
    visitor_passes,
    webhooks,
)
from web.console.services import ConsoleServices
from web.console.visitor import manage_visitors

_AREAS = (
    home,
    sign_in,
    profile,
    holders,
    imports,
    applications,
    cards,
    batches,
    desk,
    stock,
    losses,
    unblocking,
    attendance,
    agencies,
    operators,
    agents,
    agent_settings,
    doors,
    door_orders,
    offline_report,
    visitor_passes,
    partners,
    webhooks,
    policies,
    audit,
    privacy,
    publishing,
    operations,
    components,
)


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
