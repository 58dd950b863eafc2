"""The QR code on a card's face, in one call; the answer's level is X0."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cardsvc.partner_records import Scope
from cardsvc.wire.tap import DecisionMessage
from cardsvc.wire.verification import CredentialMessage
from verification.flows.credential_check import CredentialShown
from web import taps
from web.agent_api import json_response
from web.decision_id import decision_id
from web.openapi.operation import Caller, Tag, operation
from web.partner_flows.caller import partner, reader_of
from web.request_id import request_id
from web.services import Services


def add_views(views: Blueprint, services: Services) -> None:
    """Add the flow's addresses."""

    @views.post("/credentials:verify")
    @operation(
        "Kiểm tra mã QR trên mặt thẻ (mức X0)", "Check the QR code on a card's face (X0)",
        caller=Caller.PARTNER, tag=Tag.CREDENTIALS, body=CredentialMessage,
        answer=DecisionMessage, refusals=(403,), scope=Scope.CREDENTIAL,
    )  # fmt: skip
    def verify_credential() -> Response:
        caller = partner(services, Scope.CREDENTIAL)
        message = CredentialMessage.parse(request.get_data())
        shown = CredentialShown(
            caller, message.service, reader_of(caller), message.text, message.asked, request_id()
        )
        at = services.clock.now()
        identifier = decision_id(at, services.random_octets)
        settled = services.flows.credentials.settle(shown, decision_id=identifier, at=at)
        return json_response(taps.decision_message(settled).encode())
