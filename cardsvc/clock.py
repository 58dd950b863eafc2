"""Time is passed in: one instant per decision, always aware UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Protocol

VIETNAM_TIME = timezone(timedelta(hours=7), "ICT")
"""Asia/Ho_Chi_Minh: UTC+7 without daylight saving since 1975."""


class Clock(Protocol):
    """Tells the instant; asked once per decision, at the edge."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's instant in UTC."""
        return datetime.now(UTC)


@dataclass
class SettableClock:
    """A clock that tests and rehearsals move by hand."""

    at: datetime

    def __post_init__(self) -> None:
        self.at = require_utc(self.at)

    def now(self) -> datetime:
        """Return the instant that was set."""
        return self.at

    def advance(self, by: timedelta) -> None:
        """Move the clock on by ``by``."""
        self.at += by


def require_utc(at: datetime) -> datetime:
    """Return ``at`` in UTC.

    Raises:
        ValueError: the instant is naive, so nobody can say which moment it is.
    """
    if at.tzinfo is None:
        msg = "an instant needs a time zone"
        raise ValueError(msg)
    return at.astimezone(UTC)
