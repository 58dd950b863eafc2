"""Several APDUs sent to a card in one go, so that a relayed conversation takes few round trips.

The issuing service writes a batch, whoever holds the card runs it and hands the responses back.
Nothing here knows what the commands are for: the holder of the reader is a pipe.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, unique

from cardsvc.card.apdu import CommandApdu, ResponseApdu
from cardsvc.card.connection import ApduTransport
from cardsvc.errors import CardError, Malformed, ReasonCode

MAX_COMMANDS = 64
"""Longest batch; a bound of ours, so that one request can't hold a reader for minutes."""


@unique
class BatchRule(StrEnum):
    """What the runner does at a status word other than 9000."""

    STOP_AT_FAILURE = "stop_at_failure"
    RUN_ALL = "run_all"


@dataclass(frozen=True, slots=True)
class ApduBatch:
    """Logical commands, run in order.

    Args:
        commands: 1 to ``MAX_COMMANDS`` commands.
        rule: whether the first refusal ends the batch.

    Raises:
        Malformed: empty or longer than ``MAX_COMMANDS``.
    """

    commands: tuple[CommandApdu, ...]
    rule: BatchRule = BatchRule.STOP_AT_FAILURE

    def __post_init__(self) -> None:
        if not 1 <= len(self.commands) <= MAX_COMMANDS:
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "a batch has 1 to 64 commands")


@dataclass(frozen=True, slots=True)
class BatchAnswer:
    """What came back.

    Args:
        responses: one for each command that was answered, in order; under ``STOP_AT_FAILURE``
            the last one may be the refusal that ended the batch.
        failure: why the card or reader fell silent, or None.
    """

    responses: tuple[ResponseApdu, ...]
    failure: ReasonCode | None = None


def run_batch(transport: ApduTransport, batch: ApduBatch) -> BatchAnswer:
    """Run a batch on a card; a failing card ends it and is reported, not raised."""
    responses: list[ResponseApdu] = []
    for command in batch.commands:
        try:
            response = transport.send(command)
        except (CardError, Malformed) as error:
            return BatchAnswer(tuple(responses), error.reason)
        responses.append(response)
        if batch.rule is BatchRule.STOP_AT_FAILURE and not response.status.ok:
            break
    return BatchAnswer(tuple(responses))
