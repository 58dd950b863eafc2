"""A date of which the day, or the day and the month, may be unknown.

Some citizens have only a birth year on record; inventing 1 January for them would be a lie
that later looks like a mismatch.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date

from cardsvc.errors import Malformed, ReasonCode

_VIETNAMESE = re.compile(r"(?:(?:(?P<day>[0-9]{1,2})/)?(?P<month>[0-9]{1,2})/)?(?P<year>[0-9]{4})")
_ISO = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{2})(?:-(?P<day>[0-9]{2}))?)?")
_COMPACT = re.compile(r"(?:(?P<day>[0-9]{2})(?P<month>[0-9]{2}))?(?P<year>[0-9]{4})")


@dataclass(frozen=True, slots=True, order=False)
class PartialDate:
    """A year, perhaps its month, perhaps its day; what is given exists in the calendar."""

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.day is not None and self.month is None:
            raise Malformed(ReasonCode.MALFORMED_DATE, "a day without its month")
        try:
            date(self.year, 1 if self.month is None else self.month, self.day or 1)
        except ValueError as error:
            raise Malformed(ReasonCode.MALFORMED_DATE, "no such date") from error
        if self.day == 0:
            raise Malformed(ReasonCode.MALFORMED_DATE, "no such date")

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """Parse ``dd/mm/yyyy``, ``mm/yyyy``, ``yyyy``, or the ISO 8601 forms of the same.

        Raises:
            Malformed: another form, or a day that does not exist.
        """
        return _from_match(_VIETNAMESE.fullmatch(text) or _ISO.fullmatch(text))

    @classmethod
    def parse_compact(cls, text: str) -> PartialDate:
        """Parse ``ddmmyyyy`` or ``yyyy``, as the identity card's QR text writes dates.

        Day, or day and month, may be ``00`` for unknown.

        Raises:
            Malformed: another form, or a day that does not exist.
        """
        form = _COMPACT.fullmatch(text)
        if form is not None and form["day"] == "00":
            month = None if form["month"] == "00" else int(form["month"])
            return cls(int(form["year"]), month)
        return _from_match(form)

    @classmethod
    def of(cls, exact: date) -> PartialDate:
        """Return a date known to the day."""
        return cls(exact.year, exact.month, exact.day)

    @property
    def exact(self) -> date | None:
        """The date where it is known to the day, else None."""
        if self.month is None or self.day is None:
            return None
        return date(self.year, self.month, self.day)

    @property
    def earliest(self) -> date:
        """The first day that it can be."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        """The last day that it can be."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    @property
    def iso(self) -> str:
        """ISO 8601, as far as known: ``1950``, ``1950-07`` or ``1950-07-02``."""
        parts = [f"{self.year:04}"]
        parts += [f"{part:02}" for part in (self.month, self.day) if part is not None]
        return "-".join(parts)

    @property
    def vi(self) -> str:
        """``dd/mm/yyyy`` as far as known."""
        return "/".join(reversed(self.iso.split("-")))

    def __str__(self) -> str:
        return self.iso


def letter_date(day: date) -> str:
    """Return a date as official letters write it: ``ngày 05 tháng 01 năm 2026``.

    Spec: Decree 30/2020/NĐ-CP annex I (days below 10 and months 1 and 2 take a leading zero).
    """
    month = f"{day.month:02}" if day.month <= 2 else str(day.month)
    return f"ngày {day.day:02} tháng {month} năm {day.year:04}"


def _from_match(form: re.Match[str] | None) -> PartialDate:
    if form is None:
        raise Malformed(ReasonCode.MALFORMED_DATE, "not a date")
    month, day = form["month"], form["day"]
    return PartialDate(
        int(form["year"]),
        None if month is None else int(month),
        None if day is None else int(day),
    )
