"""A place where cards are tapped again and again: a true tapper, decisions by the true core."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardsvc.card.certificate_object import encode_certificate_object
from cardsvc.card.connection import CardConnection
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import CERTIFICATE_OBJECT, KeySlot
from cardsvc.clock import SettableClock
from cardsvc.lifecycle import CardState as Standing
from cardsvc.terms import AssuranceLevel, CardType
from cardsvc.wire.tap import ChallengeMessage, DecisionMessage
from reader_agent.known_cards import KnownCards
from reader_agent.run.hub import Hub
from reader_agent.run.network import Network
from reader_agent.run.taps import TapOutcome, Tapper
from reader_agent.virtual.card import PoweredCard, VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.state import CardState
from tests.support.verification_world import (
    AGENT,
    AT,
    PIV_CARD_AUTH,
    RELYING_PARTY,
    SERVICE,
    PrivateKey,
    TestCard,
    World,
)
from verification.challenge import message_of
from verification.decide import decide
from verification.presentation import UnverifiedPresentation
from verification.verdict import Denied, Granted

SLOT = KeySlot.CARD_AUTHENTICATION


def chip(card: TestCard, key: PrivateKey | None = None) -> VirtualCard:
    """Return a chip with what a card of the world holds; with another key it is a clone."""
    state = CardState.factory()
    state.put_key(SLOT, key or card.keys[SLOT])
    state.put_object(CERTIFICATE_OBJECT[SLOT], card.objects[CERTIFICATE_OBJECT[SLOT]])
    return VirtualCard(state)


def card_with_key(
    world: World, label: str, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
) -> TestCard:
    """Issue a card whose 9E key is of another kind, and put it on record."""
    guid, ca = CardGuid(label.encode().ljust(16, b"\x02")), world.cas[CardType.CIVIL_SERVANT]
    certificate = ca.issue(key, guid=guid, ekus=(PIV_CARD_AUTH,))
    objects = {CERTIFICATE_OBJECT[SLOT]: encode_certificate_object(certificate)}
    card = TestCard(guid, {SLOT: key}, {SLOT: certificate}, objects)
    world.put_on_record(card, CardType.CIVIL_SERVANT, Standing.ACTIVE, AT + timedelta(days=800))
    return card


@dataclass
class Place:
    """A reader whose tapper knows cards again; implements ``taps.Judge`` by a world.

    Args:
        world: who decides.
        at: when.
        known: the cards that the place knows.
        presented: what was brought to the judge.
    """

    world: World
    at: datetime = AT
    known: KnownCards = field(default_factory=KnownCards)
    presented: list[UnverifiedPresentation] = field(default_factory=list)

    def open_challenge(
        self, relying_party: str, service: str, level: AssuranceLevel
    ) -> ChallengeMessage:
        asked = self.world.challenge(
            at=self.at, relying_party=relying_party, service=service, level=level
        )
        return ChallengeMessage(asked.nonce, message_of(asked), asked.expires_at)

    def present(self, unverified: UnverifiedPresentation) -> DecisionMessage:
        self.presented.append(unverified)
        name = f"d{len(self.world.log.decisions)}"
        presented = replace(unverified, agent=AGENT)
        decision = decide(self.world.desk, presented, decision_id=name, at=self.at).decision
        match decision:
            case Granted():
                code = "granted"
            case Denied(reasons):
                code = reasons[0].value
        return DecisionMessage(
            granted=isinstance(decision, Granted), code=code, level=None, holder_name=None,
            message_vi="-", message_en="-", receipt="-",
        )  # fmt: skip

    def tap(self, card: PoweredCard) -> TapOutcome:
        """Tap a card once."""
        return self.tap_over(connect_in_process(card))

    def tap_over(self, connection: CardConnection) -> TapOutcome:
        """Tap the card behind a connection once."""
        hub, clock = Hub(), SettableClock(self.at)
        tapper = Tapper(
            RELYING_PARTY, open_reader=lambda _: connection, online=self, offline=None,
            network=Network(hub, clock), hub=hub, clock=clock, known=self.known,
        )  # fmt: skip
        return tapper.tap("cửa", SERVICE)


def told(outcome: TapOutcome) -> tuple[str, int]:
    """Return how a tap ended and how many APDUs it cost."""
    return outcome.decision.code, outcome.cost.apdus
