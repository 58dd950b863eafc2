"""The JSON in which APDU batches and their answers travel between service and reader agent.

A command is written as one extended-length APDU (ISO/IEC 7816-4 section 5.1): that form holds
any logical command, however the agent then sends it.
"""

from __future__ import annotations

from cardsvc.card.apdu import CommandApdu, ResponseApdu
from cardsvc.card.batch import MAX_COMMANDS, ApduBatch, BatchAnswer, BatchRule
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.wire.fields import Fields, decode_octets, encode_object, encode_octets, parse_object

MAX_BATCH_OCTETS = 1 << 20
"""Longest message read, 1 MiB: several times the fullest batch of the largest objects."""
_MAX_APDU_OCTETS = 0x10000 + 16


def encode_batch(batch: ApduBatch) -> bytes:
    """Return the JSON octets of a batch."""
    commands = [encode_octets(command.encode(extended=True)) for command in batch.commands]
    return encode_object({"rule": batch.rule.value, "commands": commands})


def parse_batch(octets: bytes) -> ApduBatch:
    """Parse a batch.

    Raises:
        Malformed: MALFORMED_MESSAGE, or MALFORMED_APDU for a command that is none.
    """
    fields = Fields(parse_object(octets, most=MAX_BATCH_OCTETS), ("rule", "commands"))
    commands = fields.items("commands", most=MAX_COMMANDS)
    try:
        rule = BatchRule(fields.text("rule"))
    except ValueError as error:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "no such rule") from error
    parsed = (CommandApdu.parse(decode_octets(item, most=_MAX_APDU_OCTETS)) for item in commands)
    return ApduBatch(tuple(parsed), rule)


def encode_answer(answer: BatchAnswer) -> bytes:
    """Return the JSON octets of a batch's answer."""
    responses = [encode_octets(response.encode()) for response in answer.responses]
    failure = answer.failure.value if answer.failure else None
    return encode_object({"responses": responses, "failure": failure})


def parse_answer(octets: bytes) -> BatchAnswer:
    """Parse a batch's answer.

    Raises:
        Malformed: MALFORMED_MESSAGE, or MALFORMED_RESPONSE for a response that is none.
    """
    fields = Fields(parse_object(octets, most=MAX_BATCH_OCTETS), ("responses", "failure"))
    responses = fields.items("responses", most=MAX_COMMANDS)
    try:
        failure = ReasonCode(fields.text("failure")) if fields.has("failure") else None
    except ValueError as error:
        raise Malformed(ReasonCode.MALFORMED_MESSAGE, "no such reason") from error
    parsed = (ResponseApdu.parse(decode_octets(item, most=_MAX_APDU_OCTETS)) for item in responses)
    return BatchAnswer(tuple(parsed), failure)
