"""The partners' API: a partner's own reader, the state of a card, a decision again."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from cardsvc.card.guid import CardGuid
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.partner_records import PartnerCaller, Scope
from cardsvc.wire.kinds import Parsed
from cardsvc.wire.lookup import (
    CardStatusMessage,
    KeptDecisionMessage,
    StatusListPlace,
    StatusReference,
)
from cardsvc.wire.tap import (
    ChallengeMessage,
    ChallengeRequest,
    DecisionMessage,
    PresentationMessage,
)
from web import taps
from web.agent_api import json_response
from web.auth import partner_caller
from web.openapi.operation import Caller, Tag, operation
from web.services import Services

_GUID = Parsed(
    CardGuid.parse,
    most=45,
    pattern="(urn:uuid:)?[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}",
    about="the card's GUID, with or without `urn:uuid:`",
)


def partner_api(services: Services) -> Blueprint:
    """Return the blueprint of /api/v1."""
    views = Blueprint("partner_api", __name__, url_prefix="/api/v1")

    def calling(scope: Scope, at: datetime) -> PartnerCaller:
        return partner_caller(services.partners, scope, at)

    def partner(scope: Scope, at: datetime) -> str:
        return calling(scope, at).id

    @views.post("/challenges")
    @operation(
        "Mở thử thách cho đầu đọc của đơn vị", "Open a challenge for the partner's own reader",
        caller=Caller.PARTNER, tag=Tag.TAP, body=ChallengeRequest, answer=ChallengeMessage,
        refusals=(403,), scope=Scope.VERIFY,
    )  # fmt: skip
    def open_challenge() -> Response:
        now = services.clock.now()
        caller = partner(Scope.VERIFY, now)
        asked = ChallengeRequest.parse(request.get_data())
        if asked.relying_party != caller:
            raise CardsvcError(ReasonCode.ACCESS_DENIED, "another partner's service")
        return json_response(taps.ask(services, asked, _reader_of(caller), now).encode())

    @views.post("/presentations")
    @operation(
        "Nộp câu trả lời của thẻ và nhận quyết định", "Bring a card's answer, get the decision",
        caller=Caller.PARTNER, tag=Tag.TAP, body=PresentationMessage, answer=DecisionMessage,
        refusals=(403,), scope=Scope.VERIFY,
    )  # fmt: skip
    def present() -> Response:
        now = services.clock.now()
        caller = partner(Scope.VERIFY, now)
        message = PresentationMessage.parse(request.get_data())
        return json_response(taps.settle(services, message, _reader_of(caller), now).encode())

    @views.get("/cards/<guid>/status")
    @operation(
        "Trạng thái của một thẻ", "The state of a card",
        caller=Caller.PARTNER, tag=Tag.LOOKUP, answer=CardStatusMessage, path={"guid": _GUID},
        refusals=(403,), scope=Scope.STATUS,
    )  # fmt: skip
    def card_status(guid: str) -> Response:
        caller = calling(Scope.STATUS, services.clock.now())
        card = CardGuid.parse(guid)
        state = services.history.card_state_in(card, caller.realm)
        place = services.places.place(card)
        if state is None or place is None:
            raise CardsvcError(ReasonCode.CARD_UNKNOWN)
        # as a token that refers to a status list has it (draft-ietf-oauth-status-list section 6.2)
        listed = StatusListPlace(place.index, services.status.list_uri(place.list_number))
        return json_response(CardStatusMessage(card.urn, state, StatusReference(listed)).encode())

    @views.get("/decisions/<decision_id>")
    @operation(
        "Xem lại một quyết định của đơn vị", "One of the partner's own decisions again",
        caller=Caller.PARTNER, tag=Tag.LOOKUP, answer=KeptDecisionMessage,
        refusals=(403,), scope=Scope.VERIFY,
    )  # fmt: skip
    def decision(decision_id: str) -> Response:
        caller = partner(Scope.VERIFY, services.clock.now())
        found = services.history.decision(decision_id)
        if found is None or found.relying_party != caller:
            raise NotFound  # another partner's decision is told from none by nobody
        return json_response(
            KeptDecisionMessage(
                found.id, found.at, found.service, found.granted, found.level, found.receipt
            ).encode()
        )

    return views


def _reader_of(partner: str) -> str:
    """Name the partner's own readers as one agent; the prefix keeps them apart from ours."""
    return f"partner:{partner}"
