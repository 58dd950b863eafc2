"""A card that lets something happen at its n-th APDU, once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from reader_agent.virtual.card import PoweredCard
from reader_agent.virtual.faults import FaultyCard


class TriggeredCard(FaultyCard):
    """Does something to the world in the middle of a job, then answers as ever.

    Args:
        card: the card underneath.
        at: which APDU, from 1.
        happen: what; runs in a thread of its own, and the APDU is answered only when it is over.
    """

    def __init__(self, card: PoweredCard, at: int, happen: Callable[[], object]) -> None:
        super().__init__(card)
        self._at = at
        self._happen = happen
        self.happened = threading.Event()

    def answer(self, command: bytes) -> bytes:
        if self.apdus == self._at:
            thread = threading.Thread(target=self._happen)
            thread.start()
            thread.join(2.0)
            self.happened.set()
        return self.card.transmit(command)
