"""A partner's own program and reader, calling the application as its documentation says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask import Flask

from cardsvc.terms import AssuranceLevel
from cardsvc.wire.fields import encode_object
from cardsvc.wire.tap import ChallengeMessage, PresentationMessage
from reader_agent.virtual.card import VirtualCard
from tests.support.conformance import Conformance
from tests.support.http_probe import Probe, reason_of
from tests.support.installations import RELYING_PARTY, ServiceUnderTest
from tests.support.taps import answer_to
from web.app import create_app

X1, X2 = AssuranceLevel.X1, AssuranceLevel.X2
OTHER = "benh-vien"


def answer(
    card: VirtualCard,
    challenge: ChallengeMessage,
    level: AssuranceLevel = X1,
    *,
    asked: tuple[str, ...] | None = None,
) -> PresentationMessage:
    """Let a card answer; its holder has read the consent, if there is one."""
    shown = answer_to(challenge, card, level, asked=asked).presentation
    return PresentationMessage(shown.nonce, shown.objects, shown.proofs, shown.asked, shown.consent)


@dataclass
class Partner:
    """One partner (or, with ``base`` /agent/v1, one agent) with its token."""

    app: Flask
    id: str
    token: str

    def __post_init__(self) -> None:
        self.probe = Probe(self.app, (self.token,))

    def call(self, path: str, body: dict[str, Any], *, method: str = "POST") -> Any:
        """Call and return the answer, which must be 200."""
        sent = encode_object(body) if method == "POST" else b""
        response = self.probe.send(method, path, sent, token=self.token)
        assert response.status_code == 200, response.get_data()
        return json.loads(response.get_data())

    def refused(self, path: str, body: dict[str, Any], *, method: str = "POST") -> str:
        """Call and return status and reason; the answer must be a problem document."""
        sent = encode_object(body) if method == "POST" else b""
        response = self.probe.send(method, path, sent, token=self.token)
        assert response.status_code >= 400, response.get_data()
        return f"{response.status_code} {reason_of(response)}"

    def challenge(self, service: str, level: AssuranceLevel = X1) -> ChallengeMessage:
        """Ask for a question to put to a card at our own reader."""
        body = {"relying_party": self.id, "service": service, "level": level.name}
        return ChallengeMessage.parse(encode_object(self.call("/api/v1/challenges", body)))


@contextmanager
def conforming_partner(service: ServiceUnderTest) -> Iterator[Partner]:
    """Lend the service's partner; every answer is held to the OpenAPI document."""
    app = create_app(service.installation.services)
    conformance = Conformance(app)
    yield Partner(app, RELYING_PARTY, service.partner_token)
    assert conformance.faults == []


def other_partner(service: ServiceUnderTest, partner: Partner) -> Partner:
    """Enrol another partner, who calls the same application."""
    access, at = service.installation.access, service.clock.now()
    token = access.enrol_relying_party(OTHER, "Bệnh viện", operator="admin", at=at)
    return Partner(partner.app, OTHER, token)
