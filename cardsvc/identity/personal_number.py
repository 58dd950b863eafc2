"""The personal identification number (số định danh cá nhân) and its 9-digit predecessor.

The law promises twelve digits and no more (Luật Căn cước 26/2023/QH15 Art. 12); there is no
check digit. What the legacy structure tells is a hint: it may warn, never refuse.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum, unique

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.masking import mask
from cardsvc.identity.partial_date import PartialDate
from cardsvc.identity.provinces import FormerProvince, former_provinces
from cardsvc.identity.sex import Sex

_TWELVE_DIGITS = re.compile(r"[0-9]{12}")
_NINE_DIGITS = re.compile(r"[0-9]{9}")
_SEPARATORS = str.maketrans("", "", " \u00a0.-")
"""What people put between groups of digits in an input field."""

_LAST_PLAUSIBLE_BIRTH_YEAR = 2099
"""Century digits 4 to 9 stand for 2100 and later: nobody has such a birth year yet."""


@unique
class PersonalNumberWarning(StrEnum):
    """What an officer should look at twice; none of these refuses a number."""

    PROVINCE_UNKNOWN = "province_unknown"
    BIRTH_YEAR_IMPLAUSIBLE = "birth_year_implausible"
    BIRTH_YEAR_DIFFERS = "birth_year_differs"
    SEX_DIFFERS = "sex_differs"


@dataclass(frozen=True, slots=True)
class PersonalNumberHints:
    """What the structure of numbers assigned until 06/2024 suggests.

    Args:
        province: where the birth was registered, in the table of 63; None for a country code,
            or where the prefix was never assigned.
        sex: by the century digit.
        birth_year: four digits, by the century digit and the two after it; None where the
            number can't be of the legacy structure.
    """

    province: FormerProvince | None
    sex: Sex
    birth_year: int | None


@dataclass(frozen=True, slots=True, repr=False)
class PersonalNumber:
    """Twelve ASCII digits (Luật Căn cước 26/2023/QH15 Art. 12); prints itself masked."""

    value: str

    def __post_init__(self) -> None:
        if _TWELVE_DIGITS.fullmatch(self.value) is None:
            raise Malformed(
                ReasonCode.MALFORMED_PERSONAL_NUMBER, "a personal number is 12 ASCII digits"
            )

    @classmethod
    def parse(cls, text: str) -> PersonalNumber:
        """Parse exactly twelve ASCII digits; nothing around or between them.

        Raises:
            Malformed: anything else, full-width and other Unicode digits too.
        """
        return cls(text)

    @classmethod
    def parse_lenient(cls, text: str) -> PersonalNumber:
        """Parse what a person typed: spaces, dots and hyphens are dropped first.

        Raises:
            Malformed: twelve ASCII digits do not remain.
        """
        return cls(text.translate(_SEPARATORS))

    @property
    def masked(self) -> str:
        """First three and last four digits, the rest hidden: ``001•••••2345``."""
        return mask(self.value, 3, 4)

    def hints(self) -> PersonalNumberHints:
        """Return what the legacy structure ``PPP C YY RRRRRR`` suggests; proves nothing.

        Spec: Decree 137/2015/NĐ-CP Art. 13; prefix by Decision 124/2004/QĐ-TTg, not by the
        table of 2025. Even century digits are male, odd ones female.
        """
        century = int(self.value[3])
        year = 1900 + 100 * (century // 2) + int(self.value[4:6])
        province = former_provinces().get(self.value[1:3]) if self.value[0] == "0" else None
        return PersonalNumberHints(
            province,
            Sex.FEMALE if century % 2 else Sex.MALE,
            year if year <= _LAST_PLAUSIBLE_BIRTH_YEAR else None,
        )

    def warnings(
        self, birth_date: date | PartialDate | None = None, sex: Sex | None = None
    ) -> tuple[PersonalNumberWarning, ...]:
        """Return where the hints and the facts that were typed disagree; never a refusal.

        Args:
            birth_date: as the document says, only the year counts; or None if not known.
            sex: as the document says, or None if not known.
        """
        hints = self.hints()
        found: list[PersonalNumberWarning] = []
        if hints.province is None:
            found.append(PersonalNumberWarning.PROVINCE_UNKNOWN)
        if hints.birth_year is None:
            found.append(PersonalNumberWarning.BIRTH_YEAR_IMPLAUSIBLE)
        elif birth_date is not None and birth_date.year != hints.birth_year:
            found.append(PersonalNumberWarning.BIRTH_YEAR_DIFFERS)
        if sex is not None and sex is not hints.sex:
            found.append(PersonalNumberWarning.SEX_DIFFERS)
        return tuple(found)

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"PersonalNumber({self.masked})"


@dataclass(frozen=True, slots=True, repr=False)
class CmndNumber:
    """The old identity card's number (CMND): nine ASCII digits without structure."""

    value: str

    def __post_init__(self) -> None:
        if _NINE_DIGITS.fullmatch(self.value) is None:
            raise Malformed(ReasonCode.MALFORMED_PERSONAL_NUMBER, "a CMND number is 9 ASCII digits")

    @classmethod
    def parse(cls, text: str) -> CmndNumber:
        """Parse exactly nine ASCII digits.

        Raises:
            Malformed: anything else.
        """
        return cls(text)

    @property
    def masked(self) -> str:
        """The last four digits, the rest hidden: ``•••••5678``."""
        return mask(self.value, 0, 4)

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"CmndNumber({self.masked})"
