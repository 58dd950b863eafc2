"""A reader that answers control codes as it is told, with a true virtual card in it."""

from __future__ import annotations

from cardsvc.errors import CardError, ReasonCode
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.state import CardState


class ScriptedReader:
    """A card in a reader whose own answers are given.

    Args:
        answers: control code to answer; what is not there is refused.
    """

    feature_request = 0x42000D48

    def __init__(self, answers: dict[int, bytes]) -> None:
        self._answers = answers
        state = CardState.factory()
        state.set_pin("123456", 3)
        self._card = connect_in_process(VirtualCard(state))
        self.asked: list[tuple[int, bytes]] = []

    @property
    def atr(self) -> bytes:
        return self._card.atr

    def transmit(self, command: bytes) -> bytes:
        return self._card.transmit(command)

    def close(self) -> None:
        self._card.close()

    def control(self, code: int, octets: bytes, seconds: float) -> bytes:
        assert seconds > 0
        self.asked.append((code, octets))
        if code not in self._answers:
            raise CardError(ReasonCode.READER_FAILED, "not supported")
        return self._answers[code]
