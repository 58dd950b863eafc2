"""One cell to the text that a form would hold, with what was noticed on the way."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from issuance.importing.fields import DATES, DIGITS, Field
from issuance.importing.findings import Finding, ImportCode
from issuance.importing.legacy_text import LegacyText, detect
from issuance.importing.table import Cell, CellFault

_EXPONENT = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+?[0-9]+")
_WHOLE = re.compile(r"([0-9]+)[.,]0{1,2}")
"""A number that went through a program of quantities: ``46090012345.0`` is not 460900123450."""
_MIDNIGHT = re.compile(r"([0-9./-]{8,10})[ T]0{1,2}:00(?::00(?:\.0+)?)?")
"""A date as databases write it out, with a time that nobody was born at."""
_SEPARATORS = str.maketrans("", "", " \u00a0.-")
_EDGES = "\ufeff\u200b\u200c\u200d\u2060"
"""Invisible characters that copying from web pages leaves around a text."""
_FORMULA_SIGNS = ("=", "+", "-", "@")
_FULL_LENGTH = {Field.PERSONAL_NUMBER: 12, Field.ENTERPRISE_NUMBER: 10, Field.PHONE: 10}
_MAY_BE_SHORT = {Field.PERSONAL_NUMBER: 2, Field.ENTERPRISE_NUMBER: 1, Field.PHONE: 1}
"""How many zeros at the front can have been lost: prefixes of provinces begin with 0 or 00."""
_NUMBERS_ONLY = DIGITS - {Field.STAFF_CODE}
_SERIALS = range(10_000, 75_000)
"""Days since 1900 that are dates of 1927 to 2105."""
_FAULTS = {
    CellFault.FORMULA_WITHOUT_VALUE: ImportCode.FORMULA_WITHOUT_VALUE,
    CellFault.ERROR: ImportCode.CELL_ERROR,
    CellFault.TOO_LONG: ImportCode.CELL_TOO_LONG,
    CellFault.TYPE: ImportCode.CELL_TYPE,
}


def read_cell(cell: Cell, field: Field, *, is_epoch_1904: bool) -> tuple[str, list[Finding]]:
    """Return a cell's text and what was found.

    Args:
        cell: the cell.
        field: what its column holds.
        is_epoch_1904: the workbook counts its days from 1904.
    """
    if cell.fault is not None:
        return "", [Finding(_FAULTS[cell.fault], field)]
    text, findings = _text(cell, field, is_epoch_1904=is_epoch_1904)
    if cell.is_formula and text:
        findings.append(Finding(ImportCode.FORMULA_VALUE_TAKEN, field))
    if field in _NUMBERS_ONLY:
        proposal = _with_zeros(text, field)
        if proposal is not None:
            findings.append(Finding(ImportCode.NUMBER_LOST_ZEROS, field, proposal))
    return text, findings


def _text(cell: Cell, field: Field, *, is_epoch_1904: bool) -> tuple[str, list[Finding]]:
    match cell.value:
        case None:
            return "", []
        case bool():
            return "", [Finding(ImportCode.CELL_TYPE, field)]
        case date():
            if field in DIGITS:
                return "", [Finding(ImportCode.CELL_TYPE, field)]
            return vietnamese_date(cell.value), []
        case int() | float():
            return _number(cell.value, cell.shown_digits, field, is_epoch_1904=is_epoch_1904)
        case str():
            return _typed(cell.value, field, is_epoch_1904=is_epoch_1904)


def vietnamese_date(day: date) -> str:
    """Return a date as lists write it: ``dd/mm/yyyy``."""
    return f"{day.day:02}/{day.month:02}/{day.year:04}"


def _number(
    value: float, shown_digits: int, field: Field, *, is_epoch_1904: bool
) -> tuple[str, list[Finding]]:
    if isinstance(value, float):
        if not value.is_integer() or abs(value) >= 1e15:
            return "", [Finding(ImportCode.CELL_TYPE, field)]
        value = int(value)
    text = str(value)
    if field in DATES:
        return _serial(value, text, field, is_epoch_1904=is_epoch_1904)
    if field in DIGITS and len(text) < shown_digits:
        return text.zfill(shown_digits), [Finding(ImportCode.ZEROS_OF_FORMAT, field)]
    return text, []


def _serial(
    value: int, text: str, field: Field, *, is_epoch_1904: bool
) -> tuple[str, list[Finding]]:
    if value not in _SERIALS:
        return text, []  # a year, or something that the date parser refuses
    epoch = CALENDAR_MAC_1904 if is_epoch_1904 else CALENDAR_WINDOWS_1900
    day = from_excel(value, epoch)
    if not isinstance(day, datetime):
        return text, []
    return vietnamese_date(day.date()), [Finding(ImportCode.DATE_FROM_SERIAL, field)]


def _typed(value: str, field: Field, *, is_epoch_1904: bool) -> tuple[str, list[Finding]]:
    findings = []
    composed = unicodedata.normalize("NFC", value)
    if composed != value:
        findings.append(Finding(ImportCode.DECOMPOSED_TEXT, field))
    text = " ".join(composed.strip(_EDGES).split()).strip(_EDGES)
    if field in DIGITS | DATES:
        text = _without_additions(text, field)
    if field in DIGITS and _EXPONENT.fullmatch(text):
        return "", [*findings, Finding(ImportCode.NUMBER_IN_EXPONENT_FORM, field)]
    if text[:1] == "'" and text[1:2] in _FORMULA_SIGNS:
        text = text[1:]  # as our own exports defuse it
    garbled = detect(text)
    if not text.isprintable() and garbled is None:
        return "", [*findings, Finding(ImportCode.TEXT_UNPRINTABLE, field)]
    if text.startswith(_FORMULA_SIGNS) and len(text) > 1 and field is not Field.PHONE:
        findings.append(Finding(ImportCode.FORMULA_LIKE_TEXT, field))
    if field in DATES and text.isascii() and text.isdigit() and int(text) in _SERIALS:
        read, found = _serial(int(text), text, field, is_epoch_1904=is_epoch_1904)
        return read, findings + found
    if garbled is not None and field not in DIGITS | DATES:
        kind: LegacyText = garbled[0]
        findings.append(Finding(ImportCode.LEGACY_FONT, field, garbled[1], detail=kind.value))
    return text, findings


def _without_additions(text: str, field: Field) -> str:
    """Return digits or a date without what programs put around them."""
    text = text.removeprefix("'")  # typed so that the zeros stay, and kept by some exports
    found = None
    if field is not Field.STAFF_CODE:
        found = _WHOLE.fullmatch(text)
    if found is None and field in DATES:
        found = _MIDNIGHT.fullmatch(text)
    return text if found is None else found[1]


def _with_zeros(text: str, field: Field) -> str | None:
    digits = text.translate(_SEPARATORS)
    length = _FULL_LENGTH[field]
    if not (digits.isascii() and digits.isdigit()):
        return None
    return digits.zfill(length) if 0 < length - len(digits) <= _MAY_BE_SHORT[field] else None
