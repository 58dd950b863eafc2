"""The one place of the agent that runs a tap: kiosk, counter and door call it.

A card is asked online where the service answers; where it is away, the same card is asked again
on behalf of the offline judge, if there is one. Who was refused by the service stays refused.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cardsvc.card.connection import CardConnection
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import CERTIFICATE_OBJECT, KeySlot
from cardsvc.clock import Clock
from cardsvc.errors import CardError, CardsvcError, ReasonCode
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.tap import ChallengeMessage, DecisionMessage
from reader_agent.known_cards import KnownCards
from reader_agent.pin_entry import PinEntry
from reader_agent.run.happenings import TapDecided, TapFailed, TapStarted
from reader_agent.run.hub import Hub
from reader_agent.run.network import Network
from reader_agent.run.pin_asking import TapStep, Watch, asking_once
from reader_agent.run.stages import Stage, StageTimes
from reader_agent.tap import TapCost, tap_card
from verification.card_certificate import read_card_certificate
from verification.presentation import UnverifiedPresentation

_BY_KEY = ""
"""The service knows an agent by how it signs in; the message names none."""


class Judge(Protocol):
    """Who asks a card and decides: the service (``ServiceClient``), or a bundle of its."""

    def open_challenge(
        self, relying_party: str, service: str, level: AssuranceLevel
    ) -> ChallengeMessage:
        """Return a question to put to a card."""
        ...

    def present(self, unverified: UnverifiedPresentation) -> DecisionMessage:
        """Decide on a card's answer."""
        ...


@dataclass(frozen=True, slots=True)
class TapOutcome:
    """A tap that has ended in a decision.

    Args:
        decision: granted or denied, and what may be shown.
        offline: whether it was made here, without the service.
        guid: the card that the judge has looked at; only a grant proves that it is that card.
        at: when the decision came.
        cost: what went over the wire to the card.
    """

    decision: DecisionMessage
    offline: bool
    guid: CardGuid | None
    at: datetime
    cost: TapCost


@dataclass(frozen=True, slots=True)
class _Question:
    service: str
    level: AssuranceLevel
    ask_pin: PinEntry | None
    progress: Callable[[TapStep], None]
    watch: Watch
    consent: str | None


class Tapper:
    """Runs taps, one at a time on each reader. Safe to share between threads.

    Args:
        relying_party: on whose behalf.
        open_reader: connects to the card in a reader, by its name in agent.toml.
        online: the service.
        offline: decides while the service is away; None where nobody does.
        network: whether the service answers.
        hub: is told of each tap.
        clock: tells when.
        stages: is told how long each tap took.
        monotonic: seconds that no clock change moves.
        granted: is told of each grant, before anybody else is: the service, the card, when.
        known: the cards that need not be read again; shared between those who run taps.
    """

    def __init__(
        self,
        relying_party: str,
        *,
        open_reader: Callable[[str], CardConnection],
        online: Judge,
        offline: Judge | None,
        network: Network,
        hub: Hub,
        clock: Clock,
        stages: StageTimes | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        granted: Callable[[str, CardGuid, datetime], None] = lambda *_: None,
        known: KnownCards | None = None,
    ) -> None:
        self._known = KnownCards() if known is None else known
        self._granted = granted
        self._stages = StageTimes() if stages is None else stages
        self._monotonic = monotonic
        self._relying_party = relying_party
        self._open_reader = open_reader
        self._online = online
        self._offline = offline
        self._network = network
        self._hub = hub
        self._clock = clock
        self._guard = threading.Lock()
        self._busy: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def tap(
        self,
        reader: str,
        service: str,
        level: AssuranceLevel = AssuranceLevel.X1,
        *,
        ask_pin: PinEntry | None = None,
        consent: str | None = None,
        progress: Callable[[TapStep], None] = lambda _: None,
        order: str = "",
    ) -> TapOutcome:
        """Ask the card in a reader, and have somebody decide.

        The hub hears of the start and of exactly one end.

        Args:
            reader: its name in agent.toml.
            service: what the card is asked for.
            level: X1, or X2 which needs the PIN.
            ask_pin: asks the holder, here or at the reader; at most once a tap.
            consent: names the text that the holder was shown before.
            progress: is told how far it is.
            order: names what it is run for to who hears of its end.

        Raises:
            CardError: the card or the reader; READER_BUSY while another tap is under way there.
            ServiceError: the service refused, or is away and nobody decides offline.
            Malformed: the card or the service answered with what is none.
        """
        with self._guard:
            turn = self._busy[reader]
        if not turn.acquire(blocking=False):
            raise CardError(ReasonCode.READER_BUSY, f"{reader}: another tap is under way")
        failure = ReasonCode.READER_FAILED
        outcome: TapOutcome | None = None
        watch = Watch(self._monotonic)
        question = _Question(
            service, level, asking_once(ask_pin, watch, progress), progress, watch, consent
        )
        try:
            self._hub.publish(TapStarted(self._clock.now(), reader, service))
            outcome = self._tap(reader, question)
            if outcome.decision.granted and outcome.guid is not None:
                self._granted(service, outcome.guid, outcome.at)
        except CardsvcError as error:
            failure = error.reason
            raise
        finally:
            turn.release()
            self._stages.note(Stage.TAP, watch.seconds)
            if outcome is None:
                self._hub.publish(TapFailed(self._clock.now(), reader, service, failure, order))
            else:
                decision, offline = outcome.decision, outcome.offline
                told = TapDecided(outcome.at, reader, service, decision, offline, order)
                self._hub.publish(told)
        return outcome

    def _tap(self, reader: str, question: _Question) -> TapOutcome:
        question.progress(TapStep.READING)
        with closing(self._open_reader(reader)) as connection:
            if self._network.reachable or self._offline is None:
                try:
                    outcome = self._ask(self._online, connection, question)
                except CardError:
                    raise
                except CardsvcError as error:
                    if not self._network.failed(error) or self._offline is None:
                        raise
                else:
                    self._network.answered()
                    return outcome
            return self._ask(self._offline, connection, question)

    def _ask(self, judge: Judge, connection: CardConnection, question: _Question) -> TapOutcome:
        challenge = judge.open_challenge(self._relying_party, question.service, question.level)
        before = question.watch.seconds
        tapped = tap_card(
            connection,
            message=challenge.message,
            nonce=challenge.nonce,
            agent=_BY_KEY,
            level=question.level,
            ask_pin=question.ask_pin,
            consent=question.consent,
            known=self._known,
        )
        self._stages.note(Stage.CARD, question.watch.seconds - before)
        question.progress(TapStep.ASKING)
        decision = judge.present(tapped.presentation)
        self._learn(connection.atr, tapped.presentation, decision)
        return TapOutcome(
            decision,
            judge is self._offline,
            _guid(tapped.presentation),
            self._clock.now(),
            tapped.cost,
        )

    def _learn(
        self, atr: bytes, presented: UnverifiedPresentation, decision: DecisionMessage
    ) -> None:
        """Know the card by its signature the next time; one that was refused is read again."""
        certificate = presented.objects[CERTIFICATE_OBJECT[KeySlot.CARD_AUTHENTICATION]]
        if decision.granted:
            self._known.remember(atr, certificate)
        else:
            self._known.forget(certificate)


def _guid(unverified: UnverifiedPresentation) -> CardGuid | None:
    octets = unverified.objects.get(CERTIFICATE_OBJECT[KeySlot.CARD_AUTHENTICATION])
    try:
        return None if octets is None else read_card_certificate(octets).guid
    except CardsvcError:
        return None  # the judge has seen the same octets and refuses them
