"""The number of an enterprise, its branch, or a household that trades under its owner's number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum, unique

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.personal_number import PersonalNumber

_FORM = re.compile(r"(?P<base>[0-9]{10})(?:-?(?P<unit>(?!000)[0-9]{3}))?")
_OWNER_FORM = re.compile(r"[0-9]{12}")
_SEPARATORS = str.maketrans("", "", " \u00a0.-")

_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)
"""Weights of digits one to nine, modulus 11 (Circular 105/2020/TT-BTC annex 1)."""


@unique
class EnterpriseNumberKind(StrEnum):
    """Whose number it is."""

    ENTERPRISE = "enterprise"
    DEPENDENT_UNIT = "dependent_unit"
    OWNER = "owner"


def check_digit(first_nine: str) -> int | None:
    """Return the tenth digit of an enterprise number, or None where no valid number exists.

    Spec: Circular 105/2020/TT-BTC annex 1: ten minus the weighted sum modulo 11; a remainder
    of zero would need a two-digit check and is never assigned.

    Args:
        first_nine: nine ASCII digits.

    Raises:
        Malformed: not nine ASCII digits.
    """
    if re.fullmatch(r"[0-9]{9}", first_nine) is None:
        raise Malformed(ReasonCode.MALFORMED_ENTERPRISE_NUMBER, "nine ASCII digits are due")
    weighted = zip(_WEIGHTS, first_nine, strict=True)
    remainder = sum(weight * int(digit) for weight, digit in weighted) % 11
    return 10 - remainder if remainder else None


@dataclass(frozen=True, slots=True, repr=False)
class EnterpriseNumber:
    """An enterprise number in its canonical form: ``N10``, ``N10-NNN`` or an owner's 12 digits.

    Spec: Circular 105/2020/TT-BTC (10 and 13 digits), Circular 86/2024/TT-BTC (since 01/07/2025
    households and business households use the owner's personal number, which has no check
    digit). The first two digits name a tax office, never a province of the tables.
    """

    value: str

    def __post_init__(self) -> None:
        if _canonical(self.value) != self.value:
            raise Malformed(
                ReasonCode.MALFORMED_ENTERPRISE_NUMBER, "a dependent unit is written N10-NNN"
            )

    @classmethod
    def parse(cls, text: str) -> EnterpriseNumber:
        """Parse 10 digits, 13 with or without the hyphen, or an owner's 12.

        Raises:
            Malformed: another form, unit 000, or a wrong check digit.
        """
        return cls(_canonical(text))

    @classmethod
    def parse_lenient(cls, text: str) -> EnterpriseNumber:
        """Parse what a person typed: spaces, dots and hyphens are dropped first.

        Raises:
            Malformed: as ``parse``.
        """
        return cls(_canonical(text.translate(_SEPARATORS)))

    @property
    def kind(self) -> EnterpriseNumberKind:
        """Whose number it is, told by its length."""
        match len(self.value):
            case 10:
                return EnterpriseNumberKind.ENTERPRISE
            case 12:
                return EnterpriseNumberKind.OWNER
            case _:
                return EnterpriseNumberKind.DEPENDENT_UNIT

    @property
    def parent(self) -> EnterpriseNumber | None:
        """The enterprise that a dependent unit belongs to, else None."""
        if self.kind is EnterpriseNumberKind.DEPENDENT_UNIT:
            return EnterpriseNumber(self.value[:10])
        return None

    @property
    def owner(self) -> PersonalNumber | None:
        """The owner's personal number where that is what the household trades under."""
        if self.kind is EnterpriseNumberKind.OWNER:
            return PersonalNumber(self.value)
        return None

    @property
    def masked(self) -> str:
        """The number; an owner's personal number is masked, as it is personal data."""
        owner = self.owner
        return self.value if owner is None else owner.masked

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"EnterpriseNumber({self.masked})"


def _canonical(text: str) -> str:
    if _OWNER_FORM.fullmatch(text):
        return text
    form = _FORM.fullmatch(text)
    if form is None:
        raise Malformed(
            ReasonCode.MALFORMED_ENTERPRISE_NUMBER, "an enterprise number is 10, 10-3 or 12 digits"
        )
    base, unit = form["base"], form["unit"]
    if check_digit(base[:9]) != int(base[9]):
        raise Malformed(ReasonCode.MALFORMED_ENTERPRISE_NUMBER, "the check digit is wrong")
    return base if unit is None else f"{base}-{unit}"
