"""Sessions at counters, for partners and for the agents that tap on their behalf."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, request

from cardsvc.counter_records import CounterSession
from cardsvc.partner_records import Scope
from cardsvc.wire.counter import (
    AgentSessionRequest,
    PhotoMatchMessage,
    SessionMessage,
    SessionQuestion,
    SessionRequest,
    SessionState,
)
from cardsvc.wire.kinds import Text
from cardsvc.wire.tap import ChallengeMessage, DecisionMessage, PresentationMessage
from verification.flows.counter_session import Caller, PhotoMatch
from web import taps
from web.agent_api import json_response
from web.auth import calling_agent
from web.decision_id import decision_id
from web.openapi import operation as told
from web.openapi.operation import Tag, operation
from web.partner_flows.caller import partner, reader_of
from web.request_id import request_id
from web.services import Services

_PATH = {"session_id": Text(36, about="the session's identifier")}


def add_views(views: Blueprint, services: Services) -> None:
    """Add the partners' addresses."""

    def caller() -> Caller:
        relying_party = partner(services, Scope.SESSION)
        return Caller(reader_of(relying_party), relying_party, request_id())

    @views.post("/sessions")
    @operation(
        "Mở phiên tại quầy", "Open a session at a counter",
        caller=told.Caller.PARTNER, tag=Tag.SESSIONS, body=SessionRequest, answer=SessionMessage,
        refusals=(403, 404, 409), scope=Scope.SESSION,
    )  # fmt: skip
    def open_session() -> Response:
        who = caller()
        asked = SessionRequest.parse(request.get_data())
        at = services.clock.now()
        session = services.flows.sessions.open(
            who,
            relying_party=who.relying_party or "",
            service=asked.service,
            agent=asked.agent or who.agent,
            at=at,
        )
        return _session(session, at)

    _add_steps(views, services, caller, told.Caller.PARTNER)


def agent_sessions(services: Services) -> Blueprint:
    """Return the blueprint of the agents' part, /agent/v1/sessions."""
    views = Blueprint("agent_sessions", __name__, url_prefix="/agent/v1")

    def caller() -> Caller:
        return Caller(calling_agent(services), request_id=request_id())

    @views.post("/sessions")
    @operation(
        "Mở phiên tại quầy thay cho đơn vị", "Open a session on behalf of a partner",
        caller=told.Caller.AGENT, tag=Tag.SESSIONS, body=AgentSessionRequest,
        answer=SessionMessage, refusals=(404, 409),
    )  # fmt: skip
    def open_session() -> Response:
        who = caller()
        asked = AgentSessionRequest.parse(request.get_data())
        at = services.clock.now()
        session = services.flows.sessions.open(
            who,
            relying_party=asked.relying_party,
            service=asked.service,
            agent=who.agent,
            at=at,
        )
        return _session(session, at)

    _add_steps(views, services, caller, told.Caller.AGENT)
    return views


def _add_steps(
    views: Blueprint, services: Services, caller: Callable[[], Caller], kind: told.Caller
) -> None:
    desk = services.flows.sessions
    scope = Scope.SESSION if kind is told.Caller.PARTNER else ""

    @views.get("/sessions/<session_id>")
    @operation(
        "Xem phiên", "Look at a session",
        caller=kind, tag=Tag.SESSIONS, answer=SessionMessage, path=_PATH,
        refusals=(403, 404), scope=scope,
    )  # fmt: skip
    def find_session(session_id: str) -> Response:
        return _session(desk.find(session_id, caller()), services.clock.now())

    @views.post("/sessions/<session_id>/challenges")
    @operation(
        "Hỏi thẻ của phiên", "Open a challenge to the session's card",
        caller=kind, tag=Tag.SESSIONS, body=SessionQuestion, answer=ChallengeMessage, path=_PATH,
        refusals=(403, 404, 409), scope=scope,
    )  # fmt: skip
    def ask(session_id: str) -> Response:
        who = caller()
        asked = SessionQuestion.parse(request.get_data())
        at = services.clock.now()
        challenge = desk.ask(session_id, who, asked.level, at)
        return json_response(taps.challenge_message(services, challenge, at).encode())

    @views.post("/sessions/<session_id>/presentations")
    @operation(
        "Nộp câu trả lời của thẻ", "Bring the card's answer as the next step",
        caller=kind, tag=Tag.SESSIONS, body=PresentationMessage, answer=DecisionMessage,
        path=_PATH, refusals=(403, 404, 409), scope=scope,
    )  # fmt: skip
    def answer(session_id: str) -> Response:
        who = caller()
        message = PresentationMessage.parse(request.get_data())
        at = services.clock.now()
        identifier = decision_id(at, services.random_octets)
        shown = taps.unverified(message, who.agent, request_id())
        settled = desk.answer(session_id, who, shown, decision_id=identifier, at=at)
        return json_response(taps.decision_message(settled).encode())

    @views.post("/sessions/<session_id>/photo-match")
    @operation(
        "Cán bộ xác nhận đã đối chiếu ảnh (mức X3)", "An officer matched the photo (X3)",
        caller=kind, tag=Tag.SESSIONS, body=PhotoMatchMessage, answer=DecisionMessage,
        path=_PATH, refusals=(403, 404, 409), scope=scope,
    )  # fmt: skip
    def confirm_photo(session_id: str) -> Response:
        who = caller()
        message = PhotoMatchMessage.parse(request.get_data())
        at = services.clock.now()
        identifier = decision_id(at, services.random_octets)
        match = PhotoMatch(message.officer, message.asked)
        settled = desk.confirm_photo(session_id, who, match, decision_id=identifier, at=at)
        return json_response(taps.decision_message(settled).encode())

    @views.post("/sessions/<session_id>/close")
    @operation(
        "Đóng phiên", "Close a session",
        caller=kind, tag=Tag.SESSIONS, answer=SessionMessage, path=_PATH,
        refusals=(403, 404), scope=scope,
    )  # fmt: skip
    def close(session_id: str) -> Response:
        who, at = caller(), services.clock.now()
        return _session(desk.close(session_id, who, at), at)


def _session(session: CounterSession, at: datetime) -> Response:
    state = SessionState.OPEN if session.is_open(at) else SessionState.ENDED
    if session.closed_at is not None:
        state = SessionState.CLOSED
    message = SessionMessage(
        id=session.id,
        relying_party=session.relying_party,
        service=session.service,
        agent=session.agent,
        state=state,
        steps=session.steps,
        level=None if session.level is None else session.level.name,
        expires_at=session.expires_at,
    )
    return json_response(message.encode())
