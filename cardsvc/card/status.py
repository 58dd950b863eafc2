"""Status words of ISO/IEC 7816-4 section 5.6 as SP 800-73-5 Part 2 uses them."""

from __future__ import annotations


class StatusWord(int):
    """SW1 and SW2 as one number from 0000 to FFFF."""

    __slots__ = ()

    SUCCESS: StatusWord
    VERIFICATION_FAILED: StatusWord
    MEMORY_FAILURE: StatusWord
    WRONG_LENGTH: StatusWord
    SECURE_MESSAGING_UNSUPPORTED: StatusWord
    LAST_CHAINED_EXPECTED: StatusWord
    CHAINING_UNSUPPORTED: StatusWord
    SECURITY_NOT_SATISFIED: StatusWord
    AUTHENTICATION_BLOCKED: StatusWord
    DATA_INVALIDATED: StatusWord
    CONDITIONS_NOT_SATISFIED: StatusWord
    WRONG_DATA: StatusWord
    FUNCTION_UNSUPPORTED: StatusWord
    NOT_FOUND: StatusWord
    NOT_ENOUGH_MEMORY: StatusWord
    WRONG_P1P2: StatusWord
    REFERENCE_NOT_FOUND: StatusWord
    INS_UNSUPPORTED: StatusWord
    CLA_UNSUPPORTED: StatusWord
    UNKNOWN: StatusWord

    @property
    def ok(self) -> bool:
        """True for 9000 alone."""
        return self == 0x9000

    @property
    def more_octets(self) -> int | None:
        """Octets that GET RESPONSE can fetch (61xx; 0 means 256 or more), or None."""
        return self & 0xFF if self >> 8 == 0x61 else None

    @property
    def correct_le(self) -> int | None:
        """The Le to ask again with (6Cxx), or None."""
        return self & 0xFF if self >> 8 == 0x6C else None

    @property
    def tries_left(self) -> int | None:
        """Tries left on a counter (63Cx), or None."""
        return self & 0x0F if self >> 4 == 0x63C else None

    def __str__(self) -> str:
        return f"{int(self):04X}"

    __repr__ = __str__


_NAMED = {
    "SUCCESS": 0x9000,
    "VERIFICATION_FAILED": 0x6300,
    "MEMORY_FAILURE": 0x6581,
    "WRONG_LENGTH": 0x6700,
    "SECURE_MESSAGING_UNSUPPORTED": 0x6882,
    "LAST_CHAINED_EXPECTED": 0x6883,
    "CHAINING_UNSUPPORTED": 0x6884,
    "SECURITY_NOT_SATISFIED": 0x6982,
    "AUTHENTICATION_BLOCKED": 0x6983,
    "DATA_INVALIDATED": 0x6984,
    "CONDITIONS_NOT_SATISFIED": 0x6985,
    "WRONG_DATA": 0x6A80,
    "FUNCTION_UNSUPPORTED": 0x6A81,
    "NOT_FOUND": 0x6A82,
    "NOT_ENOUGH_MEMORY": 0x6A84,
    "WRONG_P1P2": 0x6A86,
    "REFERENCE_NOT_FOUND": 0x6A88,
    "INS_UNSUPPORTED": 0x6D00,
    "CLA_UNSUPPORTED": 0x6E00,
    "UNKNOWN": 0x6F00,
}
for _name, _value in _NAMED.items():
    setattr(StatusWord, _name, StatusWord(_value))


def tries_left(count: int) -> StatusWord:
    """Return 63Cx for ``count`` tries, 0 to 15."""
    return StatusWord(0x63C0 | min(count, 15))
