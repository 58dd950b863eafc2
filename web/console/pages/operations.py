"""The way from the console to the screen of the operations centre."""

from __future__ import annotations

from flask import Blueprint
from werkzeug.wrappers import Response

from web.console.access import everyone_signed_in
from web.console.services import ConsoleServices
from web.operations.passes import OPERATOR_SECONDS, give_pass


def pages(services: ConsoleServices) -> Blueprint:
    """Return the one address that leads there."""
    views = Blueprint("operations", __name__, url_prefix="/operations")

    @views.get("")
    @everyone_signed_in()
    def lead_there() -> Response:
        return give_pass(services.secret_key, services.watch_token, OPERATOR_SECONDS)

    return views
