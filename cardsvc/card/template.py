"""What the contents of all data objects share: unique tags, bounded values, dates."""

from __future__ import annotations

from datetime import date

from cardsvc.card import tlv
from cardsvc.errors import Malformed, ReasonCode

TAG_ERROR_DETECTION_CODE = 0xFE
"""Error Detection Code: present in most objects, of no octets (SP 800-73-5 Part 1 app. A)."""
MAX_ERROR_DETECTION_OCTETS = 1
"""Older cards write one octet of LRC; nothing else is ever there."""


def parse_template(octets: bytes, reason: ReasonCode) -> dict[int, bytes]:
    """Return tag to value of an object's contents; each tag stands once.

    Raises:
        Malformed: with ``reason``, where the template or its error detection code is
            ill-formed.
    """
    try:
        found = tlv.parse_unique(octets)
    except Malformed as error:
        raise Malformed(reason, str(error)) from error
    if len(found.get(TAG_ERROR_DETECTION_CODE, b"")) > MAX_ERROR_DETECTION_OCTETS:
        raise Malformed(reason, "the error detection code is overlong")
    return found


def require(found: dict[int, bytes], tag: int, reason: ReasonCode) -> bytes:
    """Return a mandatory field's value.

    Raises:
        Malformed: with ``reason``, where the tag is missing.
    """
    if tag not in found:
        raise Malformed(reason, f"tag {tag:02X} is missing")
    return found[tag]


def refuse_overlong(value: bytes, limit: int, tag: int, reason: ReasonCode) -> bytes:
    """Return ``value`` if it has at most ``limit`` octets.

    Raises:
        Malformed: with ``reason``.
    """
    if len(value) > limit:
        raise Malformed(reason, f"tag {tag:02X} is overlong")
    return value


def parse_date(value: bytes, reason: ReasonCode) -> date:
    """Parse ``YYYYMMDD`` in ASCII digits.

    Raises:
        Malformed: with ``reason``, for any other form or a day that the calendar lacks.
    """
    if len(value) != 8 or not value.isdigit():
        raise Malformed(reason, "a date has eight digits")
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError as error:
        raise Malformed(reason, "no such day") from error


def encode_date(day: date) -> bytes:
    """Return ``YYYYMMDD`` in ASCII digits."""
    return f"{day.year:04d}{day.month:02d}{day.day:02d}".encode("ascii")
