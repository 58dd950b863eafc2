"""The messages of an issuing desk: the next job, what the agent sees, the agent's presence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from cardsvc.card.guid import CardGuid
from cardsvc.desk_records import JobKind, JobStage, ReaderState
from cardsvc.errors import ReasonCode
from cardsvc.wire.agent_health import HealthMessage
from cardsvc.wire.composites import Converted, Inner, ListOf, OrNull
from cardsvc.wire.kinds import Flag, Number, Parsed, Text, Word
from cardsvc.wire.message import Message

MAX_READERS = 32
"""Readers that one agent may tell of; pcsc-lite lists 16."""
MAX_WAIT_SECONDS = 8
"""Longest wait for a job; below the agent's own bound on an answer."""


@dataclass(frozen=True, slots=True)
class DeskJob(Message):
    """A job as its agent gets it; no name and no number is in it."""

    id: Annotated[str, Text(64)]
    kind: Annotated[JobKind, Word(JobKind, about="what is to be done with the card")]
    guid: Annotated[
        CardGuid | None,
        Parsed(CardGuid.parse, most=64, about="the finished card; null for one still to be made"),
    ] = None


@dataclass(frozen=True, slots=True)
class NextJobMessage(Message):
    """The answer to an agent that asks for work."""

    job: Annotated[DeskJob | None, OrNull(Inner(DeskJob), about="the agent's oldest job")]
    again_seconds: Annotated[int, Number(0, 3600, about="when to ask again; 0 is at once")] = 0


@dataclass(frozen=True, slots=True)
class ReportMessage(Message):
    """What an agent says of a job that it has."""

    MOST_OCTETS: ClassVar[int] = 4096
    EXAMPLE: ClassVar[dict[str, Any] | None] = {"stage": "waiting_card", "reason": "no_reader"}

    stage: Annotated[JobStage, Word(JobStage, about="`waiting_card`, `waiting_pin` or `done`")]
    reason: Annotated[ReasonCode | None, Word(ReasonCode, about="what is in the way")] = None


@dataclass(frozen=True, slots=True)
class ReportedMessage(Message):
    """How the job's order stands."""

    state: Annotated[str, Text(40, about="`open`, or how somebody ended the job in between")]


@dataclass(frozen=True, slots=True)
class ReaderSeen(Message):
    """One reader of an agent."""

    name: Annotated[str, Text(about="as PC/SC names it")]
    state: Annotated[ReaderState, Word(ReaderState, about="`mute`: a card that is silent")]


_READER = Converted(
    Inner(ReaderSeen), lambda one: (one.name, one.state), lambda pair: ReaderSeen(*pair)
)


@dataclass(frozen=True, slots=True)
class PresenceMessage(Message):
    """What an agent tells of itself."""

    MOST_OCTETS: ClassVar[int] = 65_536
    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "version": "0.1.0",
        "pcsc": True,
        "readers": [{"name": "ACS ACR39U 00 00", "state": "card"}],
    }

    version: Annotated[str, Text(64, about="of its program")]
    pcsc: Annotated[bool, Flag(about="whether the PC/SC service answers it")]
    readers: Annotated[tuple[tuple[str, ReaderState], ...], ListOf(_READER, most=MAX_READERS)] = ()
    health: Annotated[
        HealthMessage | None, Inner(HealthMessage, about="how the agent does; not told by desks")
    ] = None


@dataclass(frozen=True, slots=True)
class SeenMessage(Message):
    """The presence was noted."""

    seen: Annotated[bool, Flag()]
    settings: Annotated[
        int | None, Number(1, 2**31 - 1, about="the version of settings the agent is to run")
    ] = None
