"""The QR text of the national identity card: plain text without a signature.

It identifies and proves nothing (assurance X0). The text and what is in it are personal data:
callers keep what they need and let go of the rest.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum, unique

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.names import NameWarning, PersonName
from cardsvc.identity.number_alias import IdentityNumber, parse_identity_number
from cardsvc.identity.partial_date import PartialDate
from cardsvc.identity.personal_number import PersonalNumber, PersonalNumberWarning
from cardsvc.identity.sex import Sex

MAX_LENGTH = 1024
"""Characters of the text at most; cards hold some 200. Ours: a scanner sends no more."""

_FIELDS = 7
"""Number, old number, name, birth, sex, residence, issue; newer cards add fields behind."""


@unique
class CitizenQrWarning(StrEnum):
    """What an officer should compare with the card."""

    SEX_UNREADABLE = "sex_unreadable"


@dataclass(frozen=True, slots=True, repr=False)
class CitizenQr:
    """What the QR of a CCCD or Căn cước card says, unverified.

    Args:
        personal_number: twelve digits.
        old_number: a former CMND or personal number, or None.
        name: with diacritics, NFC.
        birth_date: perhaps only the year.
        sex: None where the word is neither Nam nor Nữ.
        residence: one line, NFC; commas belong to it.
        issued_on: the card's date of issue.
        extra: further fields, whose order is not published; kept uninterpreted.
        warnings: what to look at twice; never a refusal.
    """

    personal_number: PersonalNumber
    old_number: IdentityNumber | None
    name: PersonName
    birth_date: PartialDate
    sex: Sex | None
    residence: str
    issued_on: PartialDate
    extra: tuple[str, ...]
    warnings: tuple[PersonalNumberWarning | NameWarning | CitizenQrWarning, ...]

    def __repr__(self) -> str:
        return f"CitizenQr({self.personal_number.masked})"


def parse_citizen_qr(text: str) -> CitizenQr:
    """Parse the seven fields that CCCD cards hold, parted by ``|``; more may follow.

    Spec: Circular 06/2021/TT-BCA and 16/2024/TT-BCA name the contents; the order is that of the
    cards in use. Line ends and a byte order mark, which scanners add, are dropped.

    Raises:
        Malformed: fewer fields, a field that is not of its form, control or invisible
            characters, or text that a scanner took for another encoding.
    """
    if len(text) > MAX_LENGTH:
        raise Malformed(ReasonCode.MALFORMED_CITIZEN_QR, "longer than a card's QR text")
    bare = unicodedata.normalize("NFC", text.strip("\ufeff\r\n\t "))
    if any(unicodedata.category(character)[0] == "C" for character in bare):
        raise Malformed(ReasonCode.MALFORMED_CITIZEN_QR, "control or invisible characters")
    if _is_mojibake(bare):
        raise Malformed(ReasonCode.MALFORMED_CITIZEN_QR, "the scanner mistook the encoding")
    fields = [field.strip() for field in bare.split("|")]
    if len(fields) < _FIELDS:
        raise Malformed(ReasonCode.MALFORMED_CITIZEN_QR, "fewer than seven fields")
    number, old, full_name, birth, sex_word, residence, issued = fields[:_FIELDS]
    personal_number = PersonalNumber.parse(number)
    name, name_warnings = PersonName.parse_with_warnings(full_name)
    birth_date = PartialDate.parse_compact(birth)
    sex = _SEXES.get(sex_word.casefold())
    number_warnings = personal_number.warnings(birth_date, sex)
    sex_warnings = (CitizenQrWarning.SEX_UNREADABLE,) if sex is None else ()
    return CitizenQr(
        personal_number,
        parse_identity_number(old) if old else None,
        name,
        birth_date,
        sex,
        residence,
        PartialDate.parse_compact(issued),
        tuple(fields[_FIELDS:]),
        (*number_warnings, *name_warnings, *sex_warnings),
    )


_SEXES = {sex.vi.casefold(): sex for sex in Sex}


def _is_mojibake(text: str) -> bool:
    """Tell whether UTF-8 octets were read as a single-octet encoding, or lost on the way.

    Sound Vietnamese has letters that no such encoding holds, or holds octets that are no UTF-8.
    """
    if "\ufffd" in text:
        return True
    if text.isascii():
        return False
    for encoding in ("cp1252", "latin-1"):
        try:
            text.encode(encoding).decode("utf-8")
        except UnicodeError:
            continue
        return True
    return False
