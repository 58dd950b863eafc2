"""A card that answers from a script: a real CardConnection, for the client's transport rules."""

from __future__ import annotations

from collections.abc import Iterable

from cardsvc.errors import CardError, ReasonCode


class ScriptedCard:
    """Answers each command with the next line of its script and keeps what it was sent."""

    def __init__(self, answers: Iterable[str]) -> None:
        self._answers = iter(answers)
        self.received: list[str] = []

    @property
    def atr(self) -> bytes:
        return bytes.fromhex("3b00")

    def transmit(self, command: bytes) -> bytes:
        self.received.append(command.hex())
        try:
            return bytes.fromhex(next(self._answers))
        except StopIteration:
            raise CardError(ReasonCode.CARD_REMOVED, "the script is over") from None

    def close(self) -> None:
        pass
