"""The days that a list is narrowed to: from the beginning of one in Vietnam to another's end."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from cardsvc.clock import VIETNAM_TIME, require_utc
from web.console.forms import FormReader
from web.console.languages import Text

_FROM, _TO = Text("Từ ngày", "From day"), Text("Đến ngày", "To day")


def read_days(form: FormReader) -> tuple[datetime | None, datetime | None]:
    """Read the fields ``from`` and ``to``; return the first instant, and the first one after."""
    first, last = (
        form.day(name, label, required=False) for name, label in (("from", _FROM), ("to", _TO))
    )
    if first is not None and last is not None and last < first:
        form.refuse("to", "Đến ngày phải sau từ ngày", "To day must not be before from day")
    after = last + timedelta(days=1) if last and last < date.max else None
    since = instant_of(first, time()) if first else None
    return since, instant_of(after, time()) if after else None


def instant_of(day: date, clock: time) -> datetime | None:
    """Return an instant of a day in Vietnam; None for one before all instants."""
    try:
        return require_utc(datetime.combine(day, clock, VIETNAM_TIME))
    except OverflowError:
        return None
