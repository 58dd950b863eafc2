"""Serials of card blanks: typed, scanned, in lists or as ranges."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NoReturn

from cardsvc.errors import Malformed, ReasonCode

MAX_SERIAL_CHARACTERS = 64
MAX_SERIALS = 20_000
"""One delivery, one count; more is typed in parts or is a slip."""
DEFAULT_SERIAL_PATTERN = r"[0-9A-Z][0-9A-Z-]{3,39}"

_RANGE_MARK = ".."
_TAIL = re.compile(r"[0-9]{1,12}\Z", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,63}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SerialForm:
    """Which texts are serials here.

    Args:
        pattern: a regular expression that the whole serial matches.
    """

    pattern: str = DEFAULT_SERIAL_PATTERN

    def __post_init__(self) -> None:
        try:
            re.compile(self.pattern, re.ASCII)
        except (re.error, RecursionError, OverflowError) as error:
            msg = "the form of serials is no regular expression"
            raise ValueError(msg) from error

    def accepts(self, serial: str) -> bool:
        """Tell whether a text is a serial: printable ASCII without spaces, of the set form."""
        return (
            0 < len(serial) <= MAX_SERIAL_CHARACTERS
            and all("!" <= character <= "~" for character in serial)
            and re.fullmatch(self.pattern, serial, re.ASCII) is not None
        )


def _refuse(what: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_BLANK_SERIAL, what)


def parse_serial(text: str, form: SerialForm) -> str:
    """Return a serial as typed or scanned; blanks and line ends around it are the scanner's.

    Raises:
        Malformed: MALFORMED_BLANK_SERIAL.
    """
    serial = text.strip(" \t\r\n")
    if not form.accepts(serial):
        _refuse("not a blank's serial")
    return serial


def parse_serials(text: str, form: SerialForm) -> tuple[str, ...]:
    """Return the serials of a list: separated by white space or commas, ``FIRST..LAST`` a range.

    Raises:
        Malformed: MALFORMED_BLANK_SERIAL, also for a serial given twice or too many.
    """
    found: dict[str, None] = {}
    for part in re.split(r"[\s,;]+", text.strip(" \t\r\n,;")):
        for serial in _range(part, form):
            if serial in found:
                _refuse("a serial is given twice")
            if len(found) >= MAX_SERIALS:
                _refuse(f"more than {MAX_SERIALS} serials at once")
            found[serial] = None
    return tuple(found)


def _range(part: str, form: SerialForm) -> Iterable[str]:
    first, mark, last = part.partition(_RANGE_MARK)
    first = parse_serial(first, form)
    if not mark:
        return (first,)
    last = parse_serial(last, form)
    tails = _TAIL.search(first), _TAIL.search(last)
    if tails[0] is None or tails[1] is None or len(first) != len(last):
        _refuse("a range needs two serials of one length that end in digits")
    start, end = tails[0], tails[1]
    width = min(len(start[0]), len(end[0]))
    head = first[: len(first) - width]
    if last[: len(last) - width] != head:
        _refuse("a range differs in its last digits only")
    low, high = int(first[-width:]), int(last[-width:])
    if not low <= high < low + MAX_SERIALS:
        _refuse(f"a range rises and has at most {MAX_SERIALS} serials")
    return (parse_serial(f"{head}{number:0{width}}", form) for number in range(low, high + 1))


def require_code(text: str) -> str:
    """Return a product, box, reference or reason: a short code that can stand in the audit log.

    Raises:
        Malformed: MALFORMED_MESSAGE.
    """
    if _CODE.fullmatch(text) is None:
        raise Malformed(
            ReasonCode.MALFORMED_MESSAGE, "a code has 1 to 64 letters, digits, . _ / or -"
        )
    return text
