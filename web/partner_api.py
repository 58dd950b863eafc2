"""The partners' API: a partner's own reader, the state of a card, a decision again."""

from __future__ import annotations

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from cardsvc.card.guid import CardGuid
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.wire.fields import encode_instant, encode_object
from cardsvc.wire.tap import ChallengeRequest, PresentationMessage
from web import taps
from web.agent_api import json_response
from web.auth import bearer
from web.services import Services


def partner_api(services: Services) -> Blueprint:
    """Return the blueprint of /api/v1."""
    views = Blueprint("partner_api", __name__, url_prefix="/api/v1")

    def partner() -> str:
        return bearer(services.access.relying_party_by_token)

    @views.post("/challenges")
    def open_challenge() -> Response:
        caller = partner()
        asked = ChallengeRequest.parse(request.get_data())
        if asked.relying_party != caller:
            raise CardsvcError(ReasonCode.ACCESS_DENIED, "another partner's service")
        now = services.clock.now()
        return json_response(taps.ask(services, asked, _reader_of(caller), now).encode())

    @views.post("/presentations")
    def present() -> Response:
        caller = partner()
        message = PresentationMessage.parse(request.get_data())
        now = services.clock.now()
        return json_response(taps.settle(services, message, _reader_of(caller), now).encode())

    @views.get("/cards/<guid>/status")
    def card_status(guid: str) -> Response:
        partner()
        card = CardGuid.parse(guid)
        state, place = services.history.card_state(card), services.places.place(card)
        if state is None or place is None:
            raise CardsvcError(ReasonCode.CARD_UNKNOWN)
        # as a token that refers to a status list has it (draft-ietf-oauth-status-list section 6.2)
        listed = {"idx": place.index, "uri": services.status.list_uri(place.list_number)}
        status = {"status_list": listed}
        body = {"card": card.urn, "state": state.value, "status": status}
        return json_response(encode_object(body))

    @views.get("/decisions/<decision_id>")
    def decision(decision_id: str) -> Response:
        caller = partner()
        found = services.history.decision(decision_id)
        if found is None or found.relying_party != caller:
            raise NotFound  # another partner's decision is told from none by nobody
        return json_response(
            encode_object(
                {
                    "id": found.id,
                    "at": encode_instant(found.at),
                    "service": found.service,
                    "granted": found.granted,
                    "level": found.level.name if found.level is not None else None,
                    "receipt": found.receipt,
                }
            )
        )

    return views


def _reader_of(partner: str) -> str:
    """Name the partner's own readers as one agent; the prefix keeps them apart from ours."""
    return f"partner:{partner}"
