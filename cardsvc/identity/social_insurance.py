"""Social and health insurance numbers, in the three forms that are still on people's cards."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum, unique

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.masking import mask
from cardsvc.identity.personal_number import PersonalNumber

_SEPARATORS = str.maketrans("", "", " \u00a0.-|")


@unique
class InsuranceNumberKind(StrEnum):
    """Which of the three forms a number has."""

    HEALTH_CARD = "health_card"
    SOCIAL_INSURANCE = "social_insurance"
    PERSONAL_NUMBER = "personal_number"


_FORMS = {
    # Group, benefit level, province, insurance number (Decision 1351/QĐ-BHXH of 2015).
    InsuranceNumberKind.HEALTH_CARD: re.compile(r"[A-Z]{2}[1-5][0-9]{2}[0-9]{10}"),
    InsuranceNumberKind.SOCIAL_INSURANCE: re.compile(r"[0-9]{10}"),
    InsuranceNumberKind.PERSONAL_NUMBER: re.compile(r"[0-9]{12}"),
}


@dataclass(frozen=True, slots=True)
class HealthCardCode:
    """The four boxes of a health card's code (Decision 1351/QĐ-BHXH of 2015).

    Args:
        group: two letters: HC civil servants, DN workers of enterprises, HT pensioners and more.
        benefit_level: 1 to 5.
        province_code: two digits of the table of 63; a hint, as people move.
        insurance_number: the ten digits.
    """

    group: str
    benefit_level: int
    province_code: str
    insurance_number: InsuranceNumber


@dataclass(frozen=True, slots=True, repr=False)
class InsuranceNumber:
    """A 15-character health card code, a 10-digit insurance number or a personal number.

    Spec: Decision 1351/QĐ-BHXH of 2015; since 01/08/2025 the personal number takes the place
    of the 10 digits (Official Letter 1804/BHXH-QLT). Prints itself masked.
    """

    value: str

    def __post_init__(self) -> None:
        if not any(form.fullmatch(self.value) for form in _FORMS.values()):
            raise Malformed(
                ReasonCode.MALFORMED_INSURANCE_NUMBER,
                "an insurance number is 10 or 12 digits or a 15-character health card code",
            )

    @classmethod
    def parse(cls, text: str) -> InsuranceNumber:
        """Parse one of the three forms exactly.

        Raises:
            Malformed: none of them; a benefit level above 5 too.
        """
        return cls(text)

    @classmethod
    def parse_lenient(cls, text: str) -> InsuranceNumber:
        """Parse what a person typed: the boxes' separators go, ASCII letters become capitals.

        Raises:
            Malformed: as ``parse``.
        """
        bare = text.translate(_SEPARATORS)
        return cls(bare.upper() if bare.isascii() else bare)

    @property
    def kind(self) -> InsuranceNumberKind:
        """Which form it has."""
        return next(kind for kind, form in _FORMS.items() if form.fullmatch(self.value))

    @property
    def health_card(self) -> HealthCardCode | None:
        """The boxes of a health card code, else None."""
        if self.kind is not InsuranceNumberKind.HEALTH_CARD:
            return None
        number = InsuranceNumber(self.value[5:])
        return HealthCardCode(self.value[:2], int(self.value[2]), self.value[3:5], number)

    @property
    def personal_number(self) -> PersonalNumber | None:
        """The personal number where that is what the person is insured under."""
        if self.kind is InsuranceNumberKind.PERSONAL_NUMBER:
            return PersonalNumber(self.value)
        return None

    @property
    def masked(self) -> str:
        """The last four digits behind the health card's first box, the rest hidden."""
        return mask(self.value, 2 if self.kind is InsuranceNumberKind.HEALTH_CARD else 0, 4)

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"InsuranceNumber({self.masked})"
