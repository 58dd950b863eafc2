"""Cards that misbehave: decorators over a ``PoweredCard`` for testers.

Each counts APDUs from 1 over the card's whole life in the reader, not per power-on.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from enum import Enum, auto

from cardsvc.errors import CardError, ReasonCode

from .card import PoweredCard


class Tear(Enum):
    """When a torn card loses its power, seen from the n-th command."""

    BEFORE = auto()
    AFTER = auto()


class FaultyCard:
    """A card that passes everything on; faults override what they spoil.

    Args:
        card: the card underneath.
    """

    def __init__(self, card: PoweredCard) -> None:
        self.card = card
        self.apdus = 0

    @property
    def atr(self) -> bytes:
        """The answer to reset of the card underneath."""
        return self.card.atr

    def power_on(self) -> None:
        """Power the card underneath."""
        self.card.power_on()

    def power_off(self) -> None:
        """Power the card underneath down."""
        self.card.power_off()

    def transmit(self, command: bytes) -> bytes:
        """Count the APDU and answer it.

        Raises:
            CardError: the card is gone.
        """
        self.apdus += 1
        return self.answer(command)

    def answer(self, command: bytes) -> bytes:
        """Answer one APDU; this is what faults override."""
        return self.card.transmit(command)


class TornCard(FaultyCard):
    """Loses power at the n-th APDU, once, and is gone until it is powered again.

    Args:
        card: the card underneath.
        at: which APDU, from 1.
        tear: before the card executes it, or after (the response is lost).
    """

    def __init__(self, card: PoweredCard, at: int, tear: Tear = Tear.BEFORE) -> None:
        super().__init__(card)
        self._at = at
        self._tear = tear

    @property
    def torn(self) -> bool:
        """True once it has happened."""
        return self.apdus >= self._at

    def answer(self, command: bytes) -> bytes:
        """Answer, until the n-th command.

        Raises:
            CardError: the card is gone.
        """
        if self.apdus != self._at:
            return self.card.transmit(command)
        if self._tear is Tear.AFTER:
            self.card.transmit(command)
        self.card.power_off()
        raise CardError(ReasonCode.CARD_REMOVED, f"torn at APDU {self._at}")


class RemovedCard(FaultyCard):
    """Is pulled out at the n-th APDU and never comes back.

    Args:
        card: the card underneath.
        at: which APDU, from 1.
    """

    def __init__(self, card: PoweredCard, at: int = 1) -> None:
        super().__init__(card)
        self._at = at

    def answer(self, command: bytes) -> bytes:
        """Answer, until it is gone.

        Raises:
            CardError: the card is gone.
        """
        if self.apdus < self._at:
            return self.card.transmit(command)
        self.card.power_off()
        raise CardError(ReasonCode.CARD_REMOVED, f"removed at APDU {self._at}")


class SlowCard(FaultyCard):
    """Takes its time over each command.

    Args:
        card: the card underneath.
        delay_seconds: how long, before each answer.
        sleep: how time passes.
    """

    def __init__(
        self,
        card: PoweredCard,
        delay_seconds: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        super().__init__(card)
        self._delay_seconds = delay_seconds
        self._sleep = sleep

    def answer(self, command: bytes) -> bytes:
        """Answer late."""
        self._sleep(self._delay_seconds)
        return self.card.transmit(command)


class GarbageCard(FaultyCard):
    """Answers random octets from the n-th APDU on, the same for the same seed.

    Args:
        card: the card underneath.
        at: from which APDU, from 1.
        seed: chooses the octets.
        claim_success: let the garbage end in 9000, so that it is read and not refused.
        max_octets: most octets of garbage, 0 to 255.
    """

    def __init__(
        self,
        card: PoweredCard,
        at: int = 1,
        *,
        seed: int = 0,
        claim_success: bool = True,
        max_octets: int = 64,
    ) -> None:
        super().__init__(card)
        self._at = at
        self._random = random.Random(seed)  # noqa: S311 - repeatable garbage, not a secret
        self._ending = b"\x90\x00" if claim_success else b""
        self._max_octets = max_octets

    def answer(self, command: bytes) -> bytes:
        """Answer, then rave."""
        if self.apdus < self._at:
            return self.card.transmit(command)
        return self._random.randbytes(self._random.randint(0, self._max_octets)) + self._ending


class EndlessCard(FaultyCard):
    """Says 61xx for ever from the n-th APDU on: there is always more to fetch.

    Args:
        card: the card underneath.
        at: from which APDU, from 1.
        octets: how many octets each part gives, 0 to 256.
    """

    def __init__(self, card: PoweredCard, at: int = 1, *, octets: int = 0) -> None:
        super().__init__(card)
        self._at = at
        self._part = bytes(octets) + b"\x61\x00"

    def answer(self, command: bytes) -> bytes:
        """Answer, then never end."""
        return self.card.transmit(command) if self.apdus < self._at else self._part
