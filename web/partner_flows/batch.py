"""Many presentations at once: one transaction, an answer for each."""

from __future__ import annotations

from flask import Blueprint, Response, request

from cardsvc.partner_records import Scope
from cardsvc.wire.tap import PresentationMessage
from cardsvc.wire.verification import (
    UnreadableItem,
    VerificationResult,
    VerificationResultsMessage,
    VerificationsMessage,
)
from verification.decide import Asked
from web import taps
from web.agent_api import json_response
from web.decision_id import decision_id
from web.openapi.operation import Caller, Tag, operation
from web.partner_flows.caller import partner, reader_of
from web.request_id import request_id
from web.services import Services


def add_views(views: Blueprint, services: Services) -> None:
    """Add the flow's addresses."""

    @views.post("/verifications:batch")
    @operation(
        "Quyết định nhiều câu trả lời cùng lúc", "Decide many presentations at once",
        caller=Caller.PARTNER, tag=Tag.TAP, body=VerificationsMessage,
        answer=VerificationResultsMessage, refusals=(403,), scope=Scope.BATCH,
    )  # fmt: skip
    def verify_batch() -> Response:
        agent = reader_of(partner(services, Scope.BATCH))
        batch = VerificationsMessage.parse(request.get_data())
        at = services.clock.now()
        items = batch.presentations
        readable = [one for one in items if isinstance(one, PresentationMessage)]
        settled = iter(
            services.counter.decide_batch(
                [
                    Asked(
                        taps.unverified(one, agent, request_id()),
                        decision_id(at, services.random_octets),
                        at,
                    )
                    for one in readable
                ]
            )
            if readable
            else ()
        )
        results = tuple(
            VerificationResult(None, one.reason)
            if isinstance(one, UnreadableItem)
            else VerificationResult(taps.decision_message(next(settled)))
            for one in items
        )
        return json_response(VerificationResultsMessage(results).encode())
