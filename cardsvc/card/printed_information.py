"""The Printed Information: what the card's face says, for machines, behind the PIN.

Spec: SP 800-73-5 Part 1 section 3.1.6 and table 13. The object is unsigned; the Security
Object vouches for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from cardsvc.card import tlv
from cardsvc.card.template import TAG_ERROR_DETECTION_CODE, parse_template, refuse_overlong
from cardsvc.errors import Malformed, ReasonCode

_FIELDS: dict[str, tuple[int, int]] = {
    "name": (0x01, 125),
    "employee_affiliation": (0x02, 20),
    "employee_affiliation_line_2": (0x03, 20),
    "expiration_date_text": (0x04, 9),
    "agency_card_serial_number": (0x05, 20),
    "issuer_identification": (0x06, 15),
    "organization_affiliation_line_1": (0x07, 20),
    "organization_affiliation_line_2": (0x08, 20),
}
"""Field to tag and most octets (table 13; 03 was withdrawn with SP 800-73-4)."""
_MAX_READ_OCTETS = 125
"""Foreign cards overrun the short fields; none is read beyond the longest."""
_PRINTED_DATE = re.compile(r"([0-9]{4})([A-Z]{3})([0-9]{2})")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True, slots=True)
class PrintedInformation:
    """The fields as text; those that a card leaves out are empty.

    Args:
        name: at most 125 octets in UTF-8.
        employee_affiliation: at most 20.
        expiration_date_text: ``YYYYMMMDD`` as printed, such as ``2030DEC31``.
        agency_card_serial_number: at most 20.
        issuer_identification: at most 15.
        organization_affiliation_line_1: at most 20.
        organization_affiliation_line_2: at most 20.
        employee_affiliation_line_2: at most 20; only old cards hold it.
    """

    name: str = ""
    employee_affiliation: str = ""
    expiration_date_text: str = ""
    agency_card_serial_number: str = ""
    issuer_identification: str = ""
    organization_affiliation_line_1: str = ""
    organization_affiliation_line_2: str = ""
    employee_affiliation_line_2: str = ""

    @property
    def expiration_date(self) -> date | None:
        """The day printed, or None where there is none.

        Raises:
            Malformed: the text is not ``YYYYMMMDD``.
        """
        text = self.expiration_date_text.strip().upper()
        if not text:
            return None
        found = _PRINTED_DATE.fullmatch(text)
        try:
            if found is not None:
                return date(int(found[1]), _MONTHS.index(found[2]) + 1, int(found[3]))
        except ValueError:
            pass  # no such month or day: refused below, like any other text
        raise Malformed(ReasonCode.MALFORMED_PRINTED_INFORMATION, "not a date as printed")


def format_printed_date(day: date) -> str:
    """Return a day as the card's face says it: ``2030DEC31`` (FIPS 201-3 section 4.1.4)."""
    return f"{day.year:04d}{_MONTHS[day.month - 1]}{day.day:02d}"


def parse_printed_information(octets: bytes) -> PrintedInformation:
    """Parse the object's contents.

    Text is UTF-8, or Latin-1 where a card's octets are not.

    Raises:
        Malformed: MALFORMED_PRINTED_INFORMATION, a tag repeated, a field overlong, trailing
            octets, or no field at all.
    """
    reason = ReasonCode.MALFORMED_PRINTED_INFORMATION
    found = parse_template(octets, reason)
    texts: dict[str, str] = {}
    for field, (tag, _) in _FIELDS.items():
        if tag in found:
            value = refuse_overlong(found[tag], _MAX_READ_OCTETS, tag, reason)
            texts[field] = _text(value.rstrip(b"\x00"))
    if not texts:
        raise Malformed(reason, "no field")
    return PrintedInformation(**texts)


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def encode_printed_information(printed: PrintedInformation) -> bytes:
    """Return the object's contents; the mandatory fields even where empty.

    Raises:
        Malformed: a text does not fit its field, or the date is no date.
    """
    reason = ReasonCode.MALFORMED_PRINTED_INFORMATION
    _ = printed.expiration_date
    items: list[tuple[int, bytes]] = []
    for field, (tag, limit) in _FIELDS.items():
        text: str = getattr(printed, field)
        value = refuse_overlong(text.encode("utf-8"), limit, tag, reason)
        if value or tag in _MANDATORY:
            items.append((tag, value))
    return tlv.encode_all([*items, (TAG_ERROR_DETECTION_CODE, b"")])


_MANDATORY = frozenset({0x01, 0x02, 0x04, 0x05, 0x06})
