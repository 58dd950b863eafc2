"""Personalisation as a conversation: it gives batches of commands and is handed the responses.

The same generator runs on a card in a local reader or, batch by batch, through a reader agent.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias, TypeVar

from cardsvc.card.apdu import CommandApdu, ResponseApdu
from cardsvc.card.batch import MAX_COMMANDS, ApduBatch, BatchAnswer, BatchRule
from cardsvc.card.commands import expect_success
from cardsvc.errors import CardError, Malformed, ReasonCode

Result = TypeVar("Result")
Conversation: TypeAlias = Generator[ApduBatch, BatchAnswer, Result]


def exchange(batch: ApduBatch) -> Conversation[tuple[ResponseApdu, ...]]:
    """Give one batch and return its responses.

    Raises:
        CardError: the card or reader fell silent in it.
        Malformed: the answer does not fit the batch.
    """
    answer = yield batch
    if answer.failure is not None:
        raise CardError(answer.failure, "the card fell silent in a batch")
    responses = answer.responses
    ended_early = (
        batch.rule is BatchRule.STOP_AT_FAILURE
        and 0 < len(responses) <= len(batch.commands)
        and not responses[-1].status.ok
        and all(response.status.ok for response in responses[:-1])
    )
    if len(responses) != len(batch.commands) and not ended_early:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "the answer does not fit the batch")
    return responses


def ask(*commands: CommandApdu) -> Conversation[tuple[ResponseApdu, ...]]:
    """Run every command, whatever each answers, and return one response for each."""
    responses: tuple[ResponseApdu, ...] = ()
    for first in range(0, len(commands), MAX_COMMANDS):
        batch = ApduBatch(commands[first : first + MAX_COMMANDS], BatchRule.RUN_ALL)
        responses += yield from exchange(batch)
    return responses


def ask_one(command: CommandApdu) -> Conversation[ResponseApdu]:
    """Run one command and return its response."""
    (response,) = yield from ask(command)
    return response


def attempt(*commands: CommandApdu) -> Conversation[tuple[ResponseApdu, ...]]:
    """Run commands up to the first refusal; the refusal, if any, is the last response."""
    responses: tuple[ResponseApdu, ...] = ()
    for first in range(0, len(commands), MAX_COMMANDS):
        responses += yield from exchange(ApduBatch(commands[first : first + MAX_COMMANDS]))
        if not responses[-1].status.ok:
            break
    return responses


def require(what: str, *commands: CommandApdu) -> Conversation[tuple[ResponseApdu, ...]]:
    """Run commands that must all succeed.

    Raises:
        RefusedByCard: one did not.
    """
    responses = yield from attempt(*commands)
    expect_success(responses[-1], what)
    return responses
