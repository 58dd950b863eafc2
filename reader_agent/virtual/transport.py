"""The card's end of ISO/IEC 7816-4 transport: chaining, GET RESPONSE, Le, short and extended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cardsvc.card.apdu import (
    CHAINING_BIT,
    EXTENDED_DATA_LIMIT,
    SHORT_NE_LIMIT,
    CommandApdu,
    ResponseApdu,
)
from cardsvc.card.piv import Ins
from cardsvc.card.status import StatusWord
from cardsvc.errors import Malformed

SECURE_MESSAGING_BITS = 0x0C
"""CLA bits 4 and 3 in the first interindustry class (ISO/IEC 7816-4 table 2)."""
CHAINABLE = frozenset(
    {
        Ins.VERIFY,
        Ins.CHANGE_REFERENCE_DATA,
        Ins.GENERAL_AUTHENTICATE,
        Ins.PUT_DATA,
        Ins.GENERATE_ASYMMETRIC,
        Ins.IMPORT_KEY,
        Ins.SET_MANAGEMENT_KEY,
    }
)
"""SP 800-73-5 Part 2 table 2, and the vendors' instructions that carry keys."""

Execute = Callable[[CommandApdu], ResponseApdu]


@dataclass(slots=True)
class _Chain:
    header: bytes
    data: bytearray


def is_extended(octets: bytes) -> bool:
    """Tell whether an APDU uses extended length fields (ISO/IEC 7816-3 section 12.1.3)."""
    return len(octets) >= 7 and octets[4] == 0


def _class_refusal(cla: int) -> StatusWord | None:
    base = cla & ~CHAINING_BIT
    if base == 0:
        return None
    if base & ~SECURE_MESSAGING_BITS == 0:
        return StatusWord.SECURE_MESSAGING_UNSUPPORTED
    return StatusWord.CLA_UNSUPPORTED


class CardTransport:
    """Turns octets into whole commands, and whole responses into octets that fit.

    Args:
        execute: runs one whole command.
        interrupted: told when an APDU comes that is no whole command of its own.
        short_apdus_only: refuse extended APDUs with 6700.
        exact_le: answer 6Cxx where Le asks for more than there is.
    """

    def __init__(
        self,
        execute: Execute,
        interrupted: Callable[[], None],
        *,
        short_apdus_only: bool = False,
        exact_le: bool = False,
    ) -> None:
        self._execute = execute
        self._interrupted = interrupted
        self._short_apdus_only = short_apdus_only
        self._exact_le = exact_le
        self._chain: _Chain | None = None
        self._waiting = b""
        self._final = StatusWord.SUCCESS

    def reset(self) -> None:
        """Drop half-received commands and half-sent responses."""
        self._chain = None
        self._waiting = b""

    def exchange(self, octets: bytes) -> bytes:
        """Answer one APDU; any octets get a well-formed response."""
        try:
            command = CommandApdu.parse(octets)
        except Malformed:
            return self._refuse(StatusWord.WRONG_LENGTH)
        if self._short_apdus_only and is_extended(octets):
            return self._refuse(StatusWord.WRONG_LENGTH)
        refusal = _class_refusal(command.cla)
        if refusal is not None:
            return self._refuse(refusal)
        if command.ins == Ins.GET_RESPONSE:
            return self._get_response(command)
        self._waiting = b""
        if command.cla & CHAINING_BIT:
            return self._link(command)
        whole = self._whole(command)
        if whole is None:
            return self._refuse(StatusWord.WRONG_LENGTH)
        response = self._execute(whole)
        # Cards on T=1 give what they have where Le is absent, and tools in the field count on it;
        # one that insists on Le asks for GET RESPONSE, as on T=0 (ISO/IEC 7816-3 section 12.2).
        implied_ne = 0 if self._exact_le else SHORT_NE_LIMIT
        return self._send(response.data, response.status, command.ne or implied_ne)

    def _refuse(self, status: StatusWord) -> bytes:
        self.reset()
        self._interrupted()
        return ResponseApdu(b"", status).encode()

    def _link(self, command: CommandApdu) -> bytes:
        if command.ins not in CHAINABLE:
            return self._refuse(StatusWord.CHAINING_UNSUPPORTED)
        header = command.header[1:]
        if self._chain is None or self._chain.header != header:
            if self._chain is not None:
                self._interrupted()
            self._chain = _Chain(header, bytearray())
        self._chain.data += command.data
        if len(self._chain.data) > EXTENDED_DATA_LIMIT:
            return self._refuse(StatusWord.WRONG_LENGTH)
        return ResponseApdu(b"", StatusWord.SUCCESS).encode()

    def _whole(self, command: CommandApdu) -> CommandApdu | None:
        chain, self._chain = self._chain, None
        if chain is None:
            return command
        if chain.header != command.header[1:]:
            self._interrupted()
            return command
        data = bytes(chain.data) + command.data
        if len(data) > EXTENDED_DATA_LIMIT:
            return None
        return CommandApdu(command.cla, command.ins, command.p1, command.p2, data, command.ne)

    def _get_response(self, command: CommandApdu) -> bytes:
        if self._chain is not None:
            self._chain = None
            self._interrupted()
        if command.cla & CHAINING_BIT or command.p1 or command.p2:
            return self._refuse(StatusWord.WRONG_P1P2)
        if not self._waiting:
            return self._refuse(StatusWord.CONDITIONS_NOT_SATISFIED)
        return self._send(self._waiting, self._final, command.ne or SHORT_NE_LIMIT)

    def _send(self, data: bytes, final: StatusWord, ne: int) -> bytes:
        """Give at most Ne octets; the rest waits for GET RESPONSE (61xx, section 5.3.4)."""
        if self._exact_le and data and len(data) < ne < SHORT_NE_LIMIT:
            self._waiting, self._final = data, final
            return ResponseApdu(b"", StatusWord(0x6C00 | len(data))).encode()
        part, self._waiting = data[:ne], data[ne:]
        self._final = final
        if self._waiting:
            more = min(len(self._waiting), SHORT_NE_LIMIT) & 0xFF
            return ResponseApdu(part, StatusWord(0x6100 | more)).encode()
        return ResponseApdu(part, final).encode()
