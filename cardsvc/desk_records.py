"""What happens at an issuing desk, as frozen values: jobs' stages, and the readers of an agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Any

from cardsvc.card.guid import CardGuid
from cardsvc.errors import ReasonCode


@unique
class JobKind(StrEnum):
    """What an agent at a desk can be asked to do with a card."""

    PERSONALISE = "personalise"
    ACTIVATE = "activate"
    """The holder changes the activation code into a PIN and proves it."""
    UNBLOCK = "unblock"
    """The service gives the card a fresh transport PIN by its PUK."""
    SET_PIN = "set_pin"
    """The holder of a card that is active changes the code of an unblock into a PIN."""


@unique
class JobStage(StrEnum):
    """How far a job has come, in the order in which a card usually passes."""

    WAITING_AGENT = "waiting_agent"
    WAITING_CARD = "waiting_card"
    WAITING_PIN = "waiting_pin"
    CHECKING = "checking"
    KEYS = "keys"
    CERTIFICATES = "certificates"
    OBJECTS = "objects"
    VERIFYING = "verifying"
    DONE = "done"
    TORN = "torn"
    """The card was not finished; the job goes on when it is put back."""
    FAILED = "failed"
    CANCELLED = "cancelled"
    SPOILED = "spoiled"

    @property
    def percent(self) -> int:
        """How much of the work is done; making keys is what takes cards their time."""
        return _PERCENT.get(self, 0)

    @property
    def is_over(self) -> bool:
        """True where nothing can follow."""
        return self in _OVER


_PERCENT = {
    JobStage.WAITING_PIN: 50,
    JobStage.CHECKING: 5,
    JobStage.KEYS: 15,
    JobStage.CERTIFICATES: 50,
    JobStage.OBJECTS: 60,
    JobStage.VERIFYING: 80,
    JobStage.DONE: 100,
}
_OVER = frozenset({JobStage.DONE, JobStage.FAILED, JobStage.CANCELLED, JobStage.SPOILED})


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How a job stands; what a screen shows of it.

    Args:
        job_id: the job.
        kind: what is done with the card.
        agent: the desk's agent.
        application_id: the application that the card is for.
        guid: the finished card that the job is about; None for one that is still to be made.
        stage: how far it has come.
        reason: what is in its way, or why it ended; None where nothing is.
        change: the number of this change among those of all jobs; a feed's cursor.
        at: when it came there.
    """

    job_id: str
    kind: JobKind
    agent: str
    application_id: str
    guid: CardGuid | None
    stage: JobStage
    reason: ReasonCode | None
    change: int
    at: datetime


@unique
class ReaderState(StrEnum):
    """What an agent sees in a reader."""

    EMPTY = "empty"
    CARD = "card"
    MUTE = "mute"
    """A card is there and does not answer: upside down, or broken."""


@dataclass(frozen=True, slots=True)
class AgentPresence:
    """What an agent last told of itself.

    Args:
        agent: which agent.
        version: of its program.
        pcsc: whether the PC/SC service answers it.
        readers: its readers by name.
        seen_at: when it told.
        health: how it does, as ``wire.agent_health.HealthMessage`` writes it; None where it does
            not tell.
    """

    agent: str
    version: str
    pcsc: bool
    readers: tuple[tuple[str, ReaderState], ...]
    seen_at: datetime
    health: Mapping[str, Any] | None = None
