"""A part of the agent: the body of one supervised thread."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from enum import StrEnum, unique
from typing import Protocol, runtime_checkable


class Part(Protocol):
    """Does one job until it is told to stop: watch readers, serve a page, work a door.

    An exception ends this run of it only: the supervisor starts it again, later each time. So
    does a return that nobody asked for. ``run`` begins anew each time it is called.
    """

    @property
    def name(self) -> str:
        """Return what it is called in the heartbeat and the log, such as ``door north``."""
        ...

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop`` is set; return within a second after that."""
        ...


@runtime_checkable
class Attended(Protocol):
    """A part that people stand before; while one does, nobody changes it without need."""

    @property
    def in_use(self) -> bool:
        """Tell whether somebody is being served just now."""
        ...


@unique
class PartState(StrEnum):
    """How a part stands."""

    RUNNING = "running"
    WAITING = "waiting"
    """It has failed and is started again soon."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class PartHealth:
    """How a part has done since the agent was started.

    Args:
        name: the part.
        state: how it stands now.
        failures: how often it failed.
        last_failure: the reason code, or the kind of exception; never its text, which may hold
            what must not be told.
    """

    name: str
    state: PartState
    failures: int = 0
    last_failure: str | None = None
