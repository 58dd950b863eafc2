"""The messages of an issuing desk: the next job, what the agent sees, the agent's presence."""

from __future__ import annotations

from dataclasses import dataclass

from cardsvc.card.guid import CardGuid
from cardsvc.desk_records import JobKind, JobStage, ReaderState
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.wire.fields import Fields, encode_object, parse_object

MAX_READERS = 32
"""Readers that one agent may tell of; pcsc-lite lists 16."""
MAX_WAIT_SECONDS = 8
"""Longest wait for a job; below the agent's own bound on an answer."""


@dataclass(frozen=True, slots=True)
class DeskJob:
    """A job as its agent gets it; no name and no number is in it.

    Args:
        id: the job.
        kind: what is to be done with the card.
        guid: the finished card that it is about; None for one that is still to be made.
    """

    id: str
    kind: JobKind
    guid: CardGuid | None = None


@dataclass(frozen=True, slots=True)
class NextJobMessage:
    """The answer to an agent that asks for work.

    Args:
        job: the oldest job of this agent, or None.
        again_seconds: after how long to ask again; 0 is at once.
    """

    job: DeskJob | None
    again_seconds: int = 0

    @classmethod
    def parse(cls, octets: bytes) -> NextJobMessage:
        """Parse; raises ``Malformed``."""
        fields = Fields(parse_object(octets), ("job", "again_seconds"))
        again = fields.number("again_seconds", most=3600)
        if not fields.has("job"):
            return cls(None, again)
        job = Fields(fields.mapping("job"), ("id", "kind", "guid"))
        guid = CardGuid.parse(job.text("guid", most=64)) if job.has("guid") else None
        try:
            return cls(DeskJob(job.text("id", most=64), JobKind(job.text("kind")), guid), again)
        except Malformed:
            raise
        except ValueError as error:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "no such kind of job") from error

    def encode(self) -> bytes:
        """Return the JSON octets."""
        job = None
        if self.job is not None:
            guid = None if self.job.guid is None else str(self.job.guid)
            job = {"id": self.job.id, "kind": self.job.kind.value, "guid": guid}
        return encode_object({"job": job, "again_seconds": self.again_seconds})


@dataclass(frozen=True, slots=True)
class ReportMessage:
    """What an agent says of a job that it has.

    Args:
        stage: waiting for a card, waiting for the holder's PIN, done.
        reason: what is in the way, or None.
    """

    stage: JobStage
    reason: ReasonCode | None = None

    @classmethod
    def parse(cls, octets: bytes) -> ReportMessage:
        """Parse; raises ``Malformed``."""
        fields = Fields(parse_object(octets, most=4096), ("stage", "reason"))
        reason = fields.text("reason") if fields.has("reason") else None
        try:
            return cls(JobStage(fields.text("stage")), ReasonCode(reason) if reason else None)
        except Malformed:
            raise
        except ValueError as error:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "no such stage or reason") from error

    def encode(self) -> bytes:
        """Return the JSON octets."""
        reason = None if self.reason is None else self.reason.value
        return encode_object({"stage": self.stage.value, "reason": reason})


@dataclass(frozen=True, slots=True)
class PresenceMessage:
    """What an agent tells of itself.

    Args:
        version: of its program.
        pcsc: whether the PC/SC service answers it.
        readers: its readers, by name.
    """

    version: str
    pcsc: bool
    readers: tuple[tuple[str, ReaderState], ...] = ()

    @classmethod
    def parse(cls, octets: bytes) -> PresenceMessage:
        """Parse; raises ``Malformed``."""
        fields = Fields(parse_object(octets, most=16_384), ("version", "pcsc", "readers"))
        readers = []
        for item in fields.items("readers", most=MAX_READERS):
            reader = Fields(item, ("name", "state"))
            try:
                readers.append((reader.text("name"), ReaderState(reader.text("state"))))
            except Malformed:
                raise
            except ValueError as error:
                raise Malformed(ReasonCode.MALFORMED_MESSAGE, "no such state") from error
        return cls(fields.text("version", most=64), fields.flag("pcsc"), tuple(readers))

    def encode(self) -> bytes:
        """Return the JSON octets."""
        readers = [{"name": name, "state": state.value} for name, state in self.readers]
        return encode_object({"version": self.version, "pcsc": self.pcsc, "readers": readers})
