"""The FASC-N: 40 characters of five bits in 25 octets.

Spec: Technical Implementation Guidance, Smart Card Enabled Physical Access Control Systems
(TIG SCEPACS) 2.3 section 2.1 and table 2; FIPS 201-3 section 4.2.1.
"""

from __future__ import annotations

from dataclasses import dataclass

from cardsvc.errors import Malformed, ReasonCode

FASCN_OCTETS = 25
_CHARACTERS = 40
_START, _FIELD, _END = 0xB, 0xD, 0xF
NON_FEDERAL_AGENCY = "9999"
"""Agency code of issuers that are no US federal agency: the GUID identifies the card."""

_LAYOUT: tuple[tuple[str, int, bool], ...] = (
    ("agency_code", 4, True),
    ("system_code", 4, True),
    ("credential_number", 6, True),
    ("credential_series", 1, True),
    ("individual_issue", 1, True),
    ("person_identifier", 10, False),
    ("organizational_category", 1, False),
    ("organizational_identifier", 4, False),
    ("person_association", 1, False),
)
"""Fields in order: name, digits, and whether a field separator follows."""


@dataclass(frozen=True, slots=True)
class FascnFields:
    """The decimal fields of a FASC-N; each keeps its leading zeros."""

    agency_code: str
    system_code: str
    credential_number: str
    credential_series: str = "0"
    individual_issue: str = "1"
    person_identifier: str = "0000000000"
    organizational_category: str = "0"
    organizational_identifier: str = "0000"
    person_association: str = "0"


@dataclass(frozen=True, slots=True)
class Fascn:
    """A FASC-N as received, 25 octets; cards are compared by these, not by decoded fields."""

    octets: bytes

    def __post_init__(self) -> None:
        if len(self.octets) != FASCN_OCTETS:
            raise Malformed(ReasonCode.MALFORMED_FASCN, "a FASC-N has 25 octets")

    def decode(self) -> FascnFields:
        """Return the fields.

        Raises:
            Malformed: a parity bit, a separator, a digit or the check character is wrong.
        """
        values = _unpack(self.octets)
        check = 0
        for value in values[:-1]:
            check ^= value
        if values[-1] != check:
            raise Malformed(ReasonCode.MALFORMED_FASCN, "the check character is wrong")
        found: dict[str, str] = {}
        at = _expect(values, 0, _START)
        for name, digits, separated in _LAYOUT:
            part = values[at : at + digits]
            if max(part) > 9:
                raise Malformed(ReasonCode.MALFORMED_FASCN, "a separator where a digit is due")
            found[name] = "".join(map(str, part))
            at += digits
            if separated:
                at = _expect(values, at, _FIELD)
        _expect(values, at, _END)
        return FascnFields(**found)

    @property
    def is_non_federal(self) -> bool:
        """True where the agency code is 9999: the GUID is the identifier then.

        False for a FASC-N that can't be decoded; it still tells cards apart by its octets.
        """
        try:
            return self.decode().agency_code == NON_FEDERAL_AGENCY
        except Malformed:
            return False


def encode_fascn(fields: FascnFields) -> Fascn:
    """Return the 25 octets of the fields.

    Raises:
        Malformed: a field has another length or is not of ASCII digits.
    """
    values = [_START]
    for name, digits, separated in _LAYOUT:
        text: str = getattr(fields, name)
        if len(text) != digits or not (text.isascii() and text.isdigit()):
            raise Malformed(ReasonCode.MALFORMED_FASCN, f"{name} has {digits} digits")
        values += [int(digit) for digit in text]
        if separated:
            values.append(_FIELD)
    values.append(_END)
    check = 0
    for value in values:
        check ^= value
    number = 0
    for value in (*values, check):
        number = (number << 5) | _character(value)
    return Fascn(number.to_bytes(FASCN_OCTETS, "big"))


def _character(value: int) -> int:
    """Return five bits: the value with its lowest bit first, then odd parity."""
    reversed_bits = int(f"{value:04b}"[::-1], 2)
    return (reversed_bits << 1) | (1 - value.bit_count() % 2)


_VALUE_OF = {_character(value): value for value in range(16)}


def _unpack(octets: bytes) -> list[int]:
    number = int.from_bytes(octets, "big")
    characters = [(number >> 5 * (_CHARACTERS - 1 - n)) & 0x1F for n in range(_CHARACTERS)]
    try:
        return [_VALUE_OF[character] for character in characters]
    except KeyError as error:
        raise Malformed(ReasonCode.MALFORMED_FASCN, "a parity bit is wrong") from error


def _expect(values: list[int], at: int, sentinel: int) -> int:
    if values[at] != sentinel:
        raise Malformed(ReasonCode.MALFORMED_FASCN, "a separator is missing")
    return at + 1


NON_FEDERAL_FASCN = encode_fascn(
    FascnFields(NON_FEDERAL_AGENCY, "9999", "999999", organizational_category="4")
)
"""What a non-federal issuer writes: agency, system and credential all nines (SP 800-73-5
Part 1 section 3.4.3 and PIV-I practice); category 4 is a foreign government (TIG SCEPACS)."""
