"""The JSON API of issuing desks: work, reports, presence. Parse, one use case, render."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cardsvc.access_records import PersonalisationJob
from cardsvc.desk_records import AgentPresence
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.wire.desk import (
    MAX_WAIT_SECONDS,
    DeskJob,
    NextJobMessage,
    PresenceMessage,
    ReportedMessage,
    ReportMessage,
    SeenMessage,
)
from cardsvc.wire.kinds import Number
from web.agent_api import json_response
from web.auth import calling_agent
from web.job_waiting import JobWaiting
from web.openapi.operation import Caller, Parameter, Tag, operation
from web.services import Services

_WAIT = Parameter("wait", Number(0, 99, about="seconds; more than 8 are 8"))


def desk_api(services: Services) -> Blueprint:
    """Return the blueprint of the desks' part of /agent/v1."""
    views = Blueprint("desk_api", __name__, url_prefix="/agent/v1")
    waiting = JobWaiting()

    def agent() -> str:
        return calling_agent(services)

    @views.get("/jobs/next")
    @operation(
        "Hỏi việc tiếp theo, chờ nếu chưa có", "Ask for work, and wait for it a while",
        caller=Caller.AGENT, tag=Tag.DESK, answer=NextJobMessage, parameters=(_WAIT,),
    )  # fmt: skip
    def next_job() -> Response:
        wait_seconds = _wait_seconds()

        def look() -> PersonalisationJob | None:
            # whoever was shut out while waiting gets nothing
            return services.jobs.next_job(agent())

        found, again = waiting.wait(look, wait_seconds)
        job = None if found is None else DeskJob(found.id, found.kind, found.guid)
        return json_response(NextJobMessage(job, again).encode())

    @views.post("/jobs/<job_id>/reports")
    @operation(
        "Báo tình hình một việc", "Say how a job stands at the readers",
        caller=Caller.AGENT, tag=Tag.DESK, body=ReportMessage, answer=ReportedMessage,
        refusals=(409,),
    )  # fmt: skip
    def report(job_id: str) -> Response:
        caller = agent()
        told = ReportMessage.parse(request.get_data())
        state = services.jobs.report(job_id, caller, told.stage, told.reason)
        return json_response(ReportedMessage(state.value).encode())

    @views.post("/presence")
    @operation(
        "Báo tác tử và các đầu đọc đang hoạt động", "Tell of the agent and its readers",
        caller=Caller.AGENT, tag=Tag.AGENTS, body=PresenceMessage, answer=SeenMessage,
    )  # fmt: skip
    def presence() -> Response:
        caller = agent()
        told = PresenceMessage.parse(request.get_data())
        at = services.clock.now()
        health = None if told.health is None else told.health.as_object()
        services.presence(AgentPresence(caller, told.version, told.pcsc, told.readers, at, health))
        wanted = services.agent_settings.wanted(caller)
        return json_response(SeenMessage(seen=True, settings=wanted).encode())

    return views


def _wait_seconds() -> int:
    text = request.args.get("wait", "0")
    if not (text.isascii() and text.isdecimal() and len(text) <= 2):
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "wait is a number of seconds")
    return min(int(text), MAX_WAIT_SECONDS)
