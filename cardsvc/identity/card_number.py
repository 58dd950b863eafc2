"""The number that a civil servant's card bears: agency, personal number, kind of staff."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum, unique

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.personal_number import PersonalNumber

MAX_LENGTH = 60
"""Longer text is refused before it is looked at; the longest number has 52 characters."""


@unique
class StaffCategory(StrEnum):
    """Kinds of staff (Decision 838/QĐ-BNV); values are ASCII, fit for URLs and certificates."""

    CADRE = "CB"
    CIVIL_SERVANT = "CC"
    PUBLIC_EMPLOYEE = "VC"
    COMMUNE_STAFF = "XA"
    COMMUNE_PART_TIME = "XA0"
    CONTRACT = "HD"

    @property
    def printed(self) -> str:
        """The suffix as Decision 838/QĐ-BNV writes it; only ``HĐ`` differs from the value."""
        return "HĐ" if self is StaffCategory.CONTRACT else self.value

    @property
    def vi(self) -> str:
        """The Vietnamese term."""
        return _TERMS_VI[self]

    @classmethod
    def parse(cls, text: str) -> StaffCategory:
        """Parse the printed suffix, NFC or NFD.

        Raises:
            Malformed: none of the six.
        """
        wanted = unicodedata.normalize("NFC", text) if len(text) <= MAX_LENGTH else ""
        for category in cls:
            if category.printed == wanted:
                return category
        raise Malformed(ReasonCode.MALFORMED_CARD_NUMBER, "not a kind of staff")


_TERMS_VI = {
    StaffCategory.CADRE: "Cán bộ",
    StaffCategory.CIVIL_SERVANT: "Công chức",
    StaffCategory.PUBLIC_EMPLOYEE: "Viên chức",
    StaffCategory.COMMUNE_STAFF: "Cán bộ, công chức cấp xã",
    StaffCategory.COMMUNE_PART_TIME: "Người hoạt động không chuyên trách ở cấp xã",
    StaffCategory.CONTRACT: "Người lao động hợp đồng",
}


@dataclass(frozen=True, slots=True)
class CardNumber:
    """A card number (Decision 838/QĐ-BNV): ``H57.001099012345.CC``; prints itself masked."""

    agency: AgencyCode
    personal_number: PersonalNumber
    category: StaffCategory

    @classmethod
    def parse(cls, text: str) -> CardNumber:
        """Parse ``agency.personal-number.kind`` as printed, in NFC or NFD.

        Raises:
            Malformed: too long, other separators, or a part that is not of its form.
        """
        if len(text) > MAX_LENGTH:
            raise Malformed(ReasonCode.MALFORMED_CARD_NUMBER, "longer than a card number can be")
        parts = unicodedata.normalize("NFC", text).rsplit(".", 2)
        if len(parts) != 3:
            raise Malformed(ReasonCode.MALFORMED_CARD_NUMBER, "a card number has three parts")
        agency, personal_number, category = parts
        try:
            return cls(
                AgencyCode.parse(agency),
                PersonalNumber.parse(personal_number),
                StaffCategory.parse(category),
            )
        except Malformed as error:
            raise Malformed(ReasonCode.MALFORMED_CARD_NUMBER, str(error)) from error

    def encode(self) -> str:
        """Return the number as printed, NFC; it holds the full personal number."""
        return f"{self.agency.value}.{self.personal_number.value}.{self.category.printed}"

    def encode_ascii(self) -> str:
        """Return the number with the internal code ``HD`` for ``HĐ``, for systems without it."""
        return f"{self.agency.value}.{self.personal_number.value}.{self.category.value}"

    @property
    def masked(self) -> str:
        """The number with the personal number masked: ``H57.001•••••2345.CC``."""
        return f"{self.agency.value}.{self.personal_number.masked}.{self.category.printed}"

    def __str__(self) -> str:
        return self.masked
