"""A witness over HTTP: two addresses, no state but the witness's own."""

from __future__ import annotations

import logging

from flask import Flask, Response, request

from cardsvc.checkpoint import MAX_NOTE_OCTETS
from cardsvc.clock import Clock
from cardsvc.errors import CardsvcError
from web.witness.witness import Witness, WitnessAnswer

_LOG = logging.getLogger(__name__)


def create_witness_app(witness: Witness, clock: Clock) -> Flask:
    """Return the application of a witness."""
    app = Flask("witness", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_NOTE_OCTETS

    @app.post("/add-checkpoint")
    def add_checkpoint() -> Response:
        return _response(witness.add_checkpoint(request.get_data(), clock.now()))

    @app.get("/checkpoint/<path:origin>")
    def checkpoint(origin: str) -> Response:
        return _response(witness.latest(origin, clock.now()))

    @app.errorhandler(CardsvcError)
    @app.errorhandler(OSError)
    def failed(error: Exception) -> Response:
        _LOG.error("witness: %s", type(error).__name__)
        return _response(WitnessAnswer(500))

    return app


def _response(answer: WitnessAnswer) -> Response:
    response = Response(answer.body, answer.status, content_type=answer.content_type)
    response.headers["Cache-Control"] = "no-store"
    return response
