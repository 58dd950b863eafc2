"""The reader agents' API: parse, call one use case, render."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cardsvc.card.batch import ApduBatch
from cardsvc.lifecycle import CardState
from cardsvc.wire.batch import encode_batch, parse_answer
from cardsvc.wire.fields import encode_object
from cardsvc.wire.tap import ChallengeRequest, PresentationMessage
from web import taps
from web.auth import bearer
from web.services import Services


def json_response(octets: bytes) -> Response:
    """Return JSON that no cache may keep."""
    response = Response(octets, content_type="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response


def agent_api(services: Services) -> Blueprint:
    """Return the blueprint of /agent/v1."""
    views = Blueprint("agent_api", __name__, url_prefix="/agent/v1")

    def agent() -> str:
        return bearer(services.access.agent_by_token)

    @views.post("/challenges")
    def open_challenge() -> Response:
        caller = agent()
        asked = ChallengeRequest.parse(request.get_data())
        return json_response(taps.ask(services, asked, caller, services.clock.now()).encode())

    @views.post("/presentations")
    def present() -> Response:
        caller = agent()
        message = PresentationMessage.parse(request.get_data())
        return json_response(taps.settle(services, message, caller, services.clock.now()).encode())

    @views.post("/activations")
    def activate() -> Response:
        caller = agent()
        message = PresentationMessage.parse(request.get_data())
        settled = services.activate(taps.unverified(message, caller), services.clock.now())
        return json_response(taps.decision_message(settled).encode())

    @views.post("/jobs/<job_id>/start")
    def start_job(job_id: str) -> Response:
        caller = agent()
        return _step(job_id, caller, services.jobs.start(job_id, caller))

    @views.post("/jobs/<job_id>/answers")
    def answer_job(job_id: str) -> Response:
        caller = agent()
        step = services.jobs.answer(job_id, caller, parse_answer(request.get_data()))
        return _step(job_id, caller, step)

    def _step(job_id: str, caller: str, step: ApduBatch | CardState) -> Response:
        if isinstance(step, ApduBatch):
            return json_response(encode_batch(step))
        failure = None if step is CardState.PERSONALISED else services.jobs.failure(job_id, caller)
        reason = None if failure is None else failure.value
        return json_response(encode_object({"finished": step.value, "reason": reason}))

    return views
