"""The JSON in which APDU batches and their answers travel between service and reader agent.

A command is written as one extended-length APDU (ISO/IEC 7816-4 section 5.1): that form holds
any logical command, however the agent then sends it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from cardsvc.card.apdu import CommandApdu, ResponseApdu
from cardsvc.card.batch import MAX_COMMANDS, ApduBatch, BatchAnswer, BatchRule
from cardsvc.errors import ReasonCode
from cardsvc.wire.composites import Converted, ListOf
from cardsvc.wire.kinds import Octets, Text, Word
from cardsvc.wire.message import Message

MAX_BATCH_OCTETS = 1 << 20
"""Longest message read, 1 MiB: several times the fullest batch of the largest objects."""
_MAX_APDU_OCTETS = 0x10000 + 16


def _encode_command(command: CommandApdu) -> bytes:
    return command.encode(extended=True)


_COMMAND = Converted(
    Octets(_MAX_APDU_OCTETS), CommandApdu.parse, _encode_command, "in the extended form"
)
_RESPONSE = Converted(
    Octets(_MAX_APDU_OCTETS), ResponseApdu.parse, ResponseApdu.encode, "data and status word"
)


@dataclass(frozen=True, slots=True)
class BatchMessage(Message):
    """Commands to run on the card, in order."""

    MOST_OCTETS: ClassVar[int] = MAX_BATCH_OCTETS

    rule: Annotated[BatchRule, Word(BatchRule, about="what to do at another status word than 9000")]
    commands: Annotated[tuple[CommandApdu, ...], ListOf(_COMMAND, least=1, most=MAX_COMMANDS)]


@dataclass(frozen=True, slots=True)
class BatchAnswerMessage(Message):
    """What the card answered."""

    MOST_OCTETS: ClassVar[int] = MAX_BATCH_OCTETS
    EXAMPLE: ClassVar[dict[str, Any] | None] = {"responses": ["kAA"], "failure": None}

    responses: Annotated[tuple[ResponseApdu, ...], ListOf(_RESPONSE, most=MAX_COMMANDS)]
    failure: Annotated[
        ReasonCode | None, Word(ReasonCode, about="why card or reader fell silent")
    ] = None


@dataclass(frozen=True, slots=True)
class JobEndMessage(Message):
    """A job has nothing more to send."""

    finished: Annotated[str, Text(40, about="the card's state; of an unblocking how it ended")]
    reason: Annotated[ReasonCode | None, Word(ReasonCode, about="why the card was torn")] = None


def encode_batch(batch: ApduBatch) -> bytes:
    """Return the JSON octets of a batch."""
    return BatchMessage(batch.rule, batch.commands).encode()


def parse_batch(octets: bytes) -> ApduBatch:
    """Parse a batch.

    Raises:
        Malformed: MALFORMED_MESSAGE, or MALFORMED_APDU for a command that is none.
    """
    message = BatchMessage.parse(octets)
    return ApduBatch(message.commands, message.rule)


def encode_answer(answer: BatchAnswer) -> bytes:
    """Return the JSON octets of a batch's answer."""
    return BatchAnswerMessage(answer.responses, answer.failure).encode()


def parse_answer(octets: bytes) -> BatchAnswer:
    """Parse a batch's answer.

    Raises:
        Malformed: MALFORMED_MESSAGE, or MALFORMED_RESPONSE for a response that is none.
    """
    message = BatchAnswerMessage.parse(octets)
    return BatchAnswer(message.responses, message.failure)
