"""A door's controller driven by hand: a clock that is moved, and a record of areas in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cardsvc.clock import VIETNAM_TIME
from cardsvc.errors import ReasonCode, StoreError
from reader_agent.door.controller import DoorController
from reader_agent.door.interlock import Interlock
from reader_agent.door.moves import (
    Deed,
    DoorEvent,
    Happening,
    Lock,
    Moment,
    Permit,
    Report,
    Show,
    Signal,
    Tick,
    Unlock,
)
from reader_agent.door.rules import DoorRules

MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=VIETNAM_TIME).astimezone(UTC)


class MemoryAreas:
    """A record of areas; ``is_lost`` makes it one that can't be read."""

    def __init__(self) -> None:
        self.areas: dict[str, str] = {}
        self.is_lost = False

    def area_of(self, card: str, at: datetime) -> str | None:
        self._require()
        return self.areas.get(card)

    def enter(self, card: str, area: str, at: datetime) -> None:
        self._require()
        self.areas[card] = area

    def _require(self) -> None:
        if self.is_lost:
            raise StoreError(ReasonCode.RECORD_CORRUPT, "gone")


class Door:
    """One controller and its time."""

    def __init__(
        self,
        rules: DoorRules | None = None,
        *,
        areas: MemoryAreas | None = None,
        interlock: Interlock | None = None,
        at: datetime = MONDAY_NOON,
    ) -> None:
        self.rules = rules or DoorRules("north")
        self.areas = areas or MemoryAreas()
        self.interlock = interlock or Interlock()
        self.controller = DoorController(self.rules, self.areas, self.interlock)
        self.seconds = 1000.0
        self.at = at
        self.number = 0
        self.deeds: list[Deed] = []

    def now(self) -> Moment:
        return Moment(self.seconds, self.at)

    def wait(self, seconds: float) -> list[Deed]:
        self.seconds += seconds
        self.at += timedelta(seconds=seconds)
        return self.do(Tick())

    def do(self, happening: Happening) -> list[Deed]:
        deeds = self.controller.handle(happening, self.now())
        self.deeds += deeds
        return deeds

    def permit(self, card: str = "card-1", *, age: float = 0.1, duress: bool = False) -> Permit:
        self.number += 1
        return Permit(self.number, card, self.seconds - age, duress=duress)

    def tap(self, card: str = "card-1", *, age: float = 0.1, duress: bool = False) -> list[Deed]:
        return self.do(self.permit(card, age=age, duress=duress))


def unlocks(deeds: list[Deed]) -> list[Unlock]:
    return [one for one in deeds if isinstance(one, Unlock)]


def locks(deeds: list[Deed]) -> list[Lock]:
    return [one for one in deeds if isinstance(one, Lock)]


def events(deeds: list[Deed]) -> list[DoorEvent]:
    return [one.event for one in deeds if isinstance(one, Report)]


def signals(deeds: list[Deed]) -> list[Signal]:
    return [one.signal for one in deeds if isinstance(one, Show)]


def reason(deeds: list[Deed]) -> object:
    """Return the reason of the first event that gives one."""
    told = [one.facts for one in deeds if isinstance(one, Report)]
    return next(facts["reason"] for facts in told if "reason" in facts)
