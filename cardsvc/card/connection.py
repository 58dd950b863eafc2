"""The tiny protocol behind every card, and the transport rules stacked on it.

A ``CardConnection`` carries raw octets. ``ApduTransport`` sends logical commands over it:
command chaining, GET RESPONSE and the 6Cxx repeat (ISO/IEC 7816-4 section 5.3), with bounds
so that a hostile card can't hold a reader for ever.
"""

from __future__ import annotations

from typing import Protocol

from cardsvc.card.apdu import (
    CHAINING_BIT,
    SHORT_DATA_LIMIT,
    SHORT_NE_LIMIT,
    CommandApdu,
    ResponseApdu,
)
from cardsvc.card.piv import Ins
from cardsvc.card.status import StatusWord
from cardsvc.errors import CardError, ReasonCode

MAX_RESPONSE_OCTETS = 0x10000
"""A response longer than this is an attack: the largest PIV object is far smaller."""
MAX_EMPTY_RESPONSES = 4
"""How often a card may answer 61xx without giving an octet."""

MAX_PARTS = 0x4000
"""How many GET RESPONSE one response may take: some transports give an octet at a time, and the
largest PIV object, the facial image, has 12,704 (NIST SP 800-73-5 part 1, appendix A)."""


class CardConnection(Protocol):
    """A card in a reader, from power-on to removal; one caller at a time."""

    @property
    def atr(self) -> bytes:
        """The answer to reset, 2 to 33 octets (ISO/IEC 7816-3 section 8)."""
        ...

    def transmit(self, command: bytes) -> bytes:
        """Send one APDU's octets and return the response's.

        Raises:
            CardError: the card is gone, was reset, or does not answer.
        """
        ...

    def close(self) -> None:
        """Let go of the card; closing twice is harmless."""
        ...


class ApduTransport:
    """Sends logical commands; counts what went over the wire.

    Args:
        connection: the card.
        extended: use extended-length APDUs; only where the card is known to take them.
    """

    def __init__(self, connection: CardConnection, *, extended: bool = False) -> None:
        self.connection = connection
        self.extended = extended
        self.apdu_count = 0
        self.octet_count = 0

    def send(self, command: CommandApdu) -> ResponseApdu:
        """Send one logical command and return its whole response.

        Raises:
            CardError: the connection failed, or the card kept sending without end.
            Malformed: a response is not an APDU.
        """
        response = self._send_chained(command)
        expected_le = response.status.correct_le
        if expected_le is not None and not response.data:
            again = CommandApdu(
                command.cla, command.ins, command.p1, command.p2, command.data,
                expected_le or SHORT_NE_LIMIT,
            )  # fmt: skip
            response = self._send_chained(again)
        return self._collect(response, command.cla)

    def _exchange(self, octets: bytes) -> ResponseApdu:
        answer = self.connection.transmit(octets)
        self.apdu_count += 1
        self.octet_count += len(octets) + len(answer)
        return ResponseApdu.parse(answer)

    def _send_chained(self, command: CommandApdu) -> ResponseApdu:
        if self.extended and (len(command.data) > SHORT_DATA_LIMIT or command.ne > SHORT_NE_LIMIT):
            return self._exchange(command.encode(extended=True))
        ne = min(command.ne, SHORT_NE_LIMIT)
        data = command.data
        while len(data) > SHORT_DATA_LIMIT:
            part, data = data[:SHORT_DATA_LIMIT], data[SHORT_DATA_LIMIT:]
            link = CommandApdu(
                command.cla | CHAINING_BIT, command.ins, command.p1, command.p2, part
            )
            response = self._exchange(link.encode())
            if not response.status.ok:
                return response
        last = CommandApdu(command.cla, command.ins, command.p1, command.p2, data, ne)
        return self._exchange(last.encode())

    def _collect(self, response: ResponseApdu, cla: int) -> ResponseApdu:
        gathered = bytearray(response.data)
        empty = parts = 0
        while (more := response.status.more_octets) is not None:
            get_response = CommandApdu(
                cla & ~CHAINING_BIT, Ins.GET_RESPONSE, 0, 0, ne=more or SHORT_NE_LIMIT
            )
            response = self._exchange(get_response.encode())
            expected_le = response.status.correct_le
            if expected_le is not None and not response.data:
                again = CommandApdu(
                    cla & ~CHAINING_BIT, Ins.GET_RESPONSE, 0, 0, ne=expected_le or SHORT_NE_LIMIT
                )
                response = self._exchange(again.encode())
            empty = 0 if response.data else empty + 1
            parts += 1
            gathered += response.data
            too_long = len(gathered) > MAX_RESPONSE_OCTETS or parts > MAX_PARTS
            if too_long or empty > MAX_EMPTY_RESPONSES:
                raise CardError(ReasonCode.CARD_SILENT, "the card never ends its response")
        return ResponseApdu(bytes(gathered), StatusWord(response.status))

    def close(self) -> None:
        """Let go of the card."""
        self.connection.close()
