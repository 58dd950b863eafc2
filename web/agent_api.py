"""The reader agents' API: parse, call one use case, render."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cardsvc.card.batch import ApduBatch
from cardsvc.wire.batch import (
    BatchAnswerMessage,
    BatchMessage,
    JobEndMessage,
    encode_batch,
    parse_answer,
)
from cardsvc.wire.loss import LossReceivedMessage, LossReportMessage
from cardsvc.wire.tap import (
    ChallengeMessage,
    ChallengeRequest,
    DecisionMessage,
    PresentationMessage,
)
from issuance.job_end import JobEnd
from web import taps
from web.auth import calling_agent
from web.openapi.operation import Caller, Tag, operation
from web.request_id import request_id
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
        return calling_agent(services)

    @views.post("/challenges")
    @operation(
        "Mở thử thách cho một lần chạm thẻ", "Open a challenge",
        caller=Caller.AGENT, tag=Tag.TAP, body=ChallengeRequest, answer=ChallengeMessage,
    )  # fmt: skip
    def open_challenge() -> Response:
        caller = agent()
        asked = ChallengeRequest.parse(request.get_data())
        return json_response(taps.ask(services, asked, caller, services.clock.now()).encode())

    @views.post("/presentations")
    @operation(
        "Nộp câu trả lời của thẻ và nhận quyết định", "Bring a card's answer, get the decision",
        caller=Caller.AGENT, tag=Tag.TAP, body=PresentationMessage, answer=DecisionMessage,
    )  # fmt: skip
    def present() -> Response:
        caller = agent()
        message = PresentationMessage.parse(request.get_data())
        return json_response(taps.settle(services, message, caller, services.clock.now()).encode())

    @views.post("/activations")
    @operation(
        "Kích hoạt thẻ bằng câu trả lời mức X2", "Activate a card by its answer at X2",
        caller=Caller.AGENT, tag=Tag.DESK, body=PresentationMessage, answer=DecisionMessage,
        refusals=(409,),
    )  # fmt: skip
    def activate() -> Response:
        caller = agent()
        message = PresentationMessage.parse(request.get_data())
        settled = services.activate(
            taps.unverified(message, caller, request_id()), services.clock.now()
        )
        return json_response(taps.decision_message(settled).encode())

    @views.post("/loss-reports")
    @operation(
        "Báo mất thẻ tại ki-ốt", "Report a lost card at a kiosk",
        caller=Caller.AGENT, tag=Tag.AGENTS, body=LossReportMessage, answer=LossReceivedMessage,
        refusals=(429,),
    )  # fmt: skip
    def report_loss() -> Response:
        caller = agent()
        message = LossReportMessage.parse(request.get_data())
        return json_response(services.report_loss(message, caller, services.clock.now()).encode())

    @views.post("/jobs/<job_id>/start")
    @operation(
        "Bắt đầu một việc với thẻ", "Begin a job",
        caller=Caller.AGENT, tag=Tag.DESK, answer=(BatchMessage, JobEndMessage), refusals=(409,),
    )  # fmt: skip
    def start_job(job_id: str) -> Response:
        caller = calling_agent(services, is_answer_secret=True)
        return _step(services.jobs.start(job_id, caller))

    @views.post("/jobs/<job_id>/answers")
    @operation(
        "Nộp các phản hồi của thẻ, nhận lô lệnh tiếp theo",
        "Hand over a batch's answer, get the next",
        caller=Caller.AGENT, tag=Tag.DESK, body=BatchAnswerMessage,
        answer=(BatchMessage, JobEndMessage), refusals=(409,),
    )  # fmt: skip
    def answer_job(job_id: str) -> Response:
        caller = calling_agent(services, is_answer_secret=True)
        return _step(services.jobs.answer(job_id, caller, parse_answer(request.get_data())))

    return views


def _step(step: ApduBatch | JobEnd) -> Response:
    if isinstance(step, ApduBatch):
        return json_response(encode_batch(step))
    return json_response(JobEndMessage(step.state, step.reason).encode())
