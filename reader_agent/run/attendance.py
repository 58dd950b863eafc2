"""Services of a kiosk whose granted taps count for attendance (chấm công)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from cardsvc.attendance_records import TAP_KIND, Direction
from cardsvc.card.guid import CardGuid
from cardsvc.errors import CardsvcError
from reader_agent.run.config_section import ConfigSection

_LOG = logging.getLogger(__name__)


class Journal(Protocol):
    """Where events go that the service must get: the outbox."""

    def append(self, kind: str, facts: Mapping[str, str], at: datetime) -> int:
        """Keep an event for good before this returns; return its place."""
        ...


@dataclass(frozen=True, slots=True)
class AttendanceService:
    """A service that counts.

    Args:
        service: its name.
        direction: what a tap says; ``unknown`` takes turns.
        place: where that is, as the service keeps it.
    """

    service: str
    direction: Direction
    place: str


def parse_attendance(file: ConfigSection) -> tuple[AttendanceService, ...]:
    """Parse the tables ``[[attendance]]``.

    Raises:
        ConfigError: a service stands twice, or an entry is not as described.
    """
    found: list[AttendanceService] = []
    for section in file.sections("attendance", most=16):
        one = AttendanceService(
            section.text("service", most=200),
            section.choice("direction", Direction),
            section.text("place", most=64),
        )
        if any(one.service == other.service for other in found):
            section.refuse("service", "a service stands twice")
        section.done()
        found.append(one)
    return tuple(found)


class AttendanceNotes:
    """Notes taps that count; before anybody at the screen is told that they did.

    Args:
        services: that count.
        journal: the outbox.
    """

    def __init__(self, services: Sequence[AttendanceService], journal: Journal) -> None:
        self._journal = journal
        self.count(services)

    def count(self, services: Sequence[AttendanceService]) -> None:
        """Count these services from now on, and no others."""
        self._services = {one.service: one for one in services}

    def note(self, service: str, card: CardGuid, at: datetime) -> None:
        """Note a granted tap, where its service counts."""
        counted = self._services.get(service)
        if counted is None:
            return
        facts = {
            "card": str(card),
            "direction": counted.direction.value,
            "place": counted.place,
        }
        try:
            self._journal.append(TAP_KIND, facts, at)
        except CardsvcError as error:
            # the outbox has said what is wrong with it
            _LOG.error("a tap does not count for attendance: %s", error.reason.value)
