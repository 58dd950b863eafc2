"""A reader with a PIN pad in this process: part 10 to the client, and somebody who types."""

from __future__ import annotations

import struct
from queue import SimpleQueue

from cardsvc.errors import CardError, ReasonCode
from reader_agent.virtual.connection import InProcessConnection, VirtualReader

_FEATURE_REQUEST, _VERIFY = 0x42000D48, 0x42330001
_FEATURES = bytes([0x06, 4]) + _VERIFY.to_bytes(4, "big")
_HEADER = struct.calcsize("<BBBBBHBBHB3sI")
_APDU_HEADER = 5


class PadReader(VirtualReader):
    """Takes a PIN at its pad.

    Args:
        name: as it is shown to people.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.typed: SimpleQueue[str] = SimpleQueue()
        self.asked = 0

    def connect(self) -> PadConnection:
        if self.card is None:
            raise CardError(ReasonCode.NO_CARD, f"no card in {self.name}")
        self.card.power_on()
        connection = PadConnection(self, self.card)
        connection.pad = self
        self._connection = connection
        return connection


class PadConnection(InProcessConnection):
    """A ``CardConnection`` that reaches the reader, too."""

    pad: PadReader
    feature_request = _FEATURE_REQUEST

    def control(self, code: int, octets: bytes, seconds: float) -> bytes:
        if code == _FEATURE_REQUEST:
            return _FEATURES
        assert code == _VERIFY
        self.pad.asked += 1
        digits = self.pad.typed.get(timeout=seconds).encode("ascii")
        command = bytearray(octets[_HEADER:])
        command[_APDU_HEADER : _APDU_HEADER + len(digits)] = digits
        return self.transmit(bytes(command))
