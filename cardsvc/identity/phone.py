"""Vietnamese telephone numbers, kept in E.164 where they can be reached from abroad."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum, unique

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.masking import mask

COUNTRY_CODE = "+84"
"""ITU-T E.164 country code of Vietnam."""

_MOBILE = re.compile(r"(?:\+?84|0)(?P<national>[35789][0-9]{8})")
"""Any carrier: their prefixes change and tables differ, so nothing hangs on them."""
_LANDLINE = re.compile(r"(?:\+?84|0)(?P<national>2[0-9]{2}[0-9]{7,8})")
_SERVICE = re.compile(r"1[89]00[0-9]{4}(?:[0-9]{2})?")
_SEPARATORS = str.maketrans("", "", " \u00a0.-()")
_MAX_RAW_LENGTH = 40


@unique
class PhoneNumberKind(StrEnum):
    """What kind of line answers."""

    MOBILE = "mobile"
    LANDLINE = "landline"
    SERVICE = "service"


@dataclass(frozen=True, slots=True, repr=False)
class PhoneNumber:
    """A number in E.164 (``+84912345678``), or a service number as dialled (``19001234``).

    Spec: ITU-T E.164; numbering plan of Circular 22/2014/TT-BTTTT as changed (mobile numbers
    of 11 digits ended in 2018). Prints itself masked unless it is a service's.
    """

    value: str

    def __post_init__(self) -> None:
        if _canonical(self.value) != self.value:
            raise Malformed(ReasonCode.MALFORMED_PHONE_NUMBER, "not in its canonical form")

    @classmethod
    def parse(cls, text: str) -> PhoneNumber:
        """Parse a number as people write it: ``0912 345 678``, ``(0234) 3822222``, ``+84…``.

        Raises:
            Malformed: not a number of the plan; the 11-digit mobile numbers of before 2018 too.
        """
        if len(text) > _MAX_RAW_LENGTH:
            raise Malformed(ReasonCode.MALFORMED_PHONE_NUMBER, "the number is too long")
        return cls(_canonical(text.translate(_SEPARATORS)))

    @property
    def kind(self) -> PhoneNumberKind:
        """What kind of line answers."""
        if not self.value.startswith(COUNTRY_CODE):
            return PhoneNumberKind.SERVICE
        if self.value[len(COUNTRY_CODE)] == "2":
            return PhoneNumberKind.LANDLINE
        return PhoneNumberKind.MOBILE

    @property
    def national(self) -> str:
        """The number as dialled within Vietnam: ``0912345678``."""
        if self.kind is PhoneNumberKind.SERVICE:
            return self.value
        return "0" + self.value.removeprefix(COUNTRY_CODE)

    @property
    def masked(self) -> str:
        """Country code and last three digits; a service number is nobody's and is shown."""
        if self.kind is PhoneNumberKind.SERVICE:
            return self.value
        return mask(self.value, len(COUNTRY_CODE), 3)

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"PhoneNumber({self.masked})"


def _canonical(text: str) -> str:
    if _SERVICE.fullmatch(text):
        return text
    form = _MOBILE.fullmatch(text) or _LANDLINE.fullmatch(text)
    if form is None:
        raise Malformed(ReasonCode.MALFORMED_PHONE_NUMBER, "not a Vietnamese telephone number")
    return COUNTRY_CODE + form["national"]
