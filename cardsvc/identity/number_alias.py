"""Numbers that a person had before: a number is cancelled and re-established, a CMND outlived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique
from typing import TypeAlias

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.personal_number import CmndNumber, PersonalNumber

IdentityNumber: TypeAlias = PersonalNumber | CmndNumber


@unique
class NumberScheme(StrEnum):
    """Which scheme an alias is a number of."""

    PERSONAL_NUMBER = "personal_number"
    CMND = "cmnd"


@unique
class AliasStatus(StrEnum):
    """What became of the number (Decree 70/2024/NĐ-CP: cancelling and re-establishing)."""

    REPLACED = "replaced"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class NumberAlias:
    """A former number of a person: for finding old records, never for proving who someone is.

    Args:
        number: the number.
        status: what became of it.
        valid_from: its first day, or None if not known.
        valid_to: its last day, or None if not known.
    """

    number: IdentityNumber
    status: AliasStatus
    valid_from: date | None = None
    valid_to: date | None = None

    def __post_init__(self) -> None:
        if self.valid_from and self.valid_to and self.valid_from > self.valid_to:
            raise Malformed(ReasonCode.MALFORMED_DATE, "the number ends before it begins")

    @property
    def scheme(self) -> NumberScheme:
        """Which scheme the number is of."""
        if isinstance(self.number, PersonalNumber):
            return NumberScheme.PERSONAL_NUMBER
        return NumberScheme.CMND


def parse_identity_number(text: str) -> IdentityNumber:
    """Parse twelve digits as a personal number, nine as a CMND number.

    Raises:
        Malformed: neither.
    """
    return CmndNumber.parse(text) if len(text) == 9 else PersonalNumber.parse(text)
