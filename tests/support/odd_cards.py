"""Cards that differ from the emulator in one respect, or lie: decorators over its octets."""

from __future__ import annotations

from collections.abc import Callable

from cardsvc.card.apdu import CHAINING_BIT, CommandApdu, ResponseApdu
from cardsvc.card.status import StatusWord
from reader_agent.virtual.card import PoweredCard
from reader_agent.virtual.faults import FaultyCard

Refusal = Callable[[CommandApdu], StatusWord | None]
Lie = Callable[[CommandApdu, ResponseApdu], ResponseApdu | None]


class RefusingCard(FaultyCard):
    """Refuses some commands before they reach the card underneath.

    Args:
        card: the card underneath.
        refuse: the status word for a command, None to let it through. Of a chained command
            the last part is asked about, with the data of all.
    """

    def __init__(self, card: PoweredCard, refuse: Refusal) -> None:
        super().__init__(card)
        self._refuse = refuse
        self._chained = b""

    def answer(self, command: bytes) -> bytes:
        apdu = CommandApdu.parse(command)
        if apdu.cla & CHAINING_BIT:
            self._chained += apdu.data
            return self.card.transmit(command)
        data, self._chained = self._chained + apdu.data, b""
        status = self._refuse(CommandApdu(apdu.cla, apdu.ins, apdu.p1, apdu.p2, data, apdu.ne))
        if status is None:
            return self.card.transmit(command)
        return ResponseApdu(b"", status).encode()


class LyingCard(FaultyCard):
    """Answers otherwise than the card underneath.

    Args:
        card: the card underneath.
        lie: the answer to give instead, None to be honest.
    """

    def __init__(self, card: PoweredCard, lie: Lie) -> None:
        super().__init__(card)
        self._lie = lie

    def answer(self, command: bytes) -> bytes:
        octets = self.card.transmit(command)
        lie = self._lie(CommandApdu.parse(command), ResponseApdu.parse(octets))
        return octets if lie is None else lie.encode()
