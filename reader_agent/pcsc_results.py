"""What the results of PC/SC calls mean.

Spec: PC/SC Workgroup part 5 (resource manager); pcsc-lite's winscard API, whose codes are those of
Windows. Needs no pyscard.
"""

from __future__ import annotations

from enum import IntEnum, unique

from cardsvc.errors import CardError, ReasonCode


@unique
class Result(IntEnum):
    """Results, as unsigned 32-bit numbers."""

    E_INVALID_HANDLE = 0x80100003
    E_UNKNOWN_READER = 0x80100009
    E_TIMEOUT = 0x8010000A
    E_SHARING_VIOLATION = 0x8010000B
    E_NO_SMARTCARD = 0x8010000C
    E_PROTO_MISMATCH = 0x8010000F
    F_COMM_ERROR = 0x80100013
    E_READER_UNAVAILABLE = 0x80100017
    E_CARD_UNSUPPORTED = 0x8010001C
    E_NO_SERVICE = 0x8010001D
    E_SERVICE_STOPPED = 0x8010001E
    E_NO_ACCESS = 0x80100027
    E_NO_READERS_AVAILABLE = 0x8010002E
    W_UNRESPONSIVE_CARD = 0x80100066
    W_UNPOWERED_CARD = 0x80100067
    W_RESET_CARD = 0x80100068
    W_REMOVED_CARD = 0x80100069
    W_SECURITY_VIOLATION = 0x8010006A
    W_CANCELLED_BY_USER = 0x8010006E


_REASONS: dict[int, ReasonCode] = {
    Result.W_REMOVED_CARD: ReasonCode.CARD_REMOVED,
    Result.E_NO_SMARTCARD: ReasonCode.NO_CARD,
    Result.W_RESET_CARD: ReasonCode.CARD_RESET,
    Result.W_UNPOWERED_CARD: ReasonCode.CARD_SILENT,
    Result.W_UNRESPONSIVE_CARD: ReasonCode.CARD_SILENT,
    Result.E_CARD_UNSUPPORTED: ReasonCode.CARD_SILENT,
    Result.E_PROTO_MISMATCH: ReasonCode.CARD_SILENT,
    Result.W_SECURITY_VIOLATION: ReasonCode.ACCESS_DENIED,
    Result.E_NO_ACCESS: ReasonCode.ACCESS_DENIED,
    Result.E_SHARING_VIOLATION: ReasonCode.READER_BUSY,
    Result.E_UNKNOWN_READER: ReasonCode.NO_READER,
    Result.E_READER_UNAVAILABLE: ReasonCode.NO_READER,
    Result.E_NO_READERS_AVAILABLE: ReasonCode.NO_READER,
    Result.E_NO_SERVICE: ReasonCode.SERVICE_UNAVAILABLE,
    Result.E_SERVICE_STOPPED: ReasonCode.SERVICE_UNAVAILABLE,
    Result.E_INVALID_HANDLE: ReasonCode.SERVICE_UNAVAILABLE,
    Result.F_COMM_ERROR: ReasonCode.SERVICE_UNAVAILABLE,
}

_ASKS_PERMISSION = ("SCardEstablishContext", "SCardConnect")
"""Calls that polkit may refuse. pcsc-lite's client gives the code of a refusal for a connection
that the service has closed, too: from any other call it means that the service has ended."""
_ASKS_THE_HOLDER = {
    Result.E_TIMEOUT: ReasonCode.PIN_NOT_TYPED,
    Result.W_CANCELLED_BY_USER: ReasonCode.PIN_CANCELLED,
}
"""What some drivers of PIN pads answer to SCardControl instead of a status word."""


class PcscError(CardError):
    """A PC/SC call failed; ``code`` is its unsigned 32-bit result."""

    def __init__(self, result: int, call: str) -> None:
        code = result & 0xFFFFFFFF
        super().__init__(_reason_of(code, call), f"{call}: {code:08X}")
        self.code = code


def _reason_of(code: int, call: str) -> ReasonCode:
    if call == "SCardControl" and code in _ASKS_THE_HOLDER:
        return _ASKS_THE_HOLDER[Result(code)]
    reason = _REASONS.get(code, ReasonCode.READER_FAILED)
    if reason is ReasonCode.ACCESS_DENIED and call not in _ASKS_PERMISSION:
        return ReasonCode.SERVICE_UNAVAILABLE
    return reason
