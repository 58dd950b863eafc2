"""The application on loopback: the guard first, then whatever this agent offers."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Flask

from cardsvc.errors import Malformed
from reader_agent.loopback.guard import guard_hosts


def loopback_app(port: int, offered: Iterable[Blueprint]) -> Flask:
    """Return the application.

    Args:
        port: on which it is served; part of the only host names it answers to.
        offered: the pages and interfaces.
    """
    app = Flask("reader_agent", static_folder=None)
    guard_hosts(app, port)
    for views in offered:
        app.register_blueprint(views)

    @app.errorhandler(Malformed)
    def malformed(error: Malformed) -> tuple[dict[str, str], int]:
        return {"reason": error.reason.value}, 400

    return app
