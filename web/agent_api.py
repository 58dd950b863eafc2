"""The reader agents' API: parse, call one use case, render."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cardsvc.card.batch import ApduBatch
from cardsvc.wire.batch import encode_batch, parse_answer
from cardsvc.wire.fields import encode_object
from cardsvc.wire.loss import LossReportMessage
from cardsvc.wire.tap import ChallengeRequest, PresentationMessage
from issuance.job_end import JobEnd
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

    @views.post("/loss-reports")
    def report_loss() -> Response:
        caller = agent()
        message = LossReportMessage.parse(request.get_data())
        return json_response(services.report_loss(message, caller, services.clock.now()).encode())

    @views.post("/jobs/<job_id>/start")
    def start_job(job_id: str) -> Response:
        caller = agent()
        return _step(services.jobs.start(job_id, caller))

    @views.post("/jobs/<job_id>/answers")
    def answer_job(job_id: str) -> Response:
        caller = agent()
        return _step(services.jobs.answer(job_id, caller, parse_answer(request.get_data())))

    return views


def _step(step: ApduBatch | JobEnd) -> Response:
    if isinstance(step, ApduBatch):
        return json_response(encode_batch(step))
    reason = None if step.reason is None else step.reason.value
    return json_response(encode_object({"finished": step.state, "reason": reason}))
