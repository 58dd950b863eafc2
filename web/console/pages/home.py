"""The first page after signing in: what this operator can do here."""

from __future__ import annotations

from flask import Blueprint, render_template

from web.console.access import everyone_signed_in
from web.console.services import ConsoleServices


def pages(services: ConsoleServices) -> Blueprint:
    """Return the overview."""
    del services
    views = Blueprint("home", __name__)

    @views.get("")
    @everyone_signed_in()
    def home() -> str:
        return render_template("home/home.html")

    return views
