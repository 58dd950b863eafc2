"""The JSON in which APDU batches and their answers travel between service and reader agent.

A command is written as one extended-length APDU in hexadecimal (ISO/IEC 7816-4 section 5.1):
that form holds any logical command, however the agent then sends it. Parsing is strict: an
unknown, missing or repeated member is refused.
"""

from __future__ import annotations

import json
from typing import cast

from cardsvc.card.apdu import CommandApdu, ResponseApdu
from cardsvc.card.batch import MAX_COMMANDS, ApduBatch, BatchAnswer, BatchRule
from cardsvc.errors import Malformed, ReasonCode

WIRE_VERSION = 1
MAX_MESSAGE_OCTETS = 1 << 20
"""Longest message read, 1 MiB: several times the fullest batch of the largest objects."""

_HEX = frozenset("0123456789abcdef")


def encode_batch(batch: ApduBatch) -> str:
    """Return the JSON text of a batch."""
    return json.dumps(
        {
            "version": WIRE_VERSION,
            "rule": batch.rule.value,
            "commands": [command.encode(extended=True).hex() for command in batch.commands],
        }
    )


def parse_batch(text: str | bytes) -> ApduBatch:
    """Parse the JSON text of a batch.

    Raises:
        Malformed: MALFORMED_MESSAGE, whatever is wrong with it.
    """
    message = _parse_object(text, {"version", "rule", "commands"})
    try:
        rule = BatchRule(_text(message["rule"]))
        commands = tuple(CommandApdu.parse(octets) for octets in _octets(message["commands"]))
    except ValueError as error:
        raise _malformed("a batch holds a rule and commands") from error
    return ApduBatch(commands, rule)


def encode_answer(answer: BatchAnswer) -> str:
    """Return the JSON text of a batch's answer."""
    return json.dumps(
        {
            "version": WIRE_VERSION,
            "responses": [response.encode().hex() for response in answer.responses],
            "failure": answer.failure.value if answer.failure else None,
        }
    )


def parse_answer(text: str | bytes) -> BatchAnswer:
    """Parse the JSON text of a batch's answer.

    Raises:
        Malformed: MALFORMED_MESSAGE, whatever is wrong with it.
    """
    message = _parse_object(text, {"version", "responses", "failure"})
    failure = message["failure"]
    try:
        reason = None if failure is None else ReasonCode(_text(failure))
        responses = tuple(ResponseApdu.parse(octets) for octets in _octets(message["responses"]))
    except ValueError as error:
        raise _malformed("an answer holds responses and a failure or null") from error
    return BatchAnswer(responses, reason)


def _malformed(what: str) -> Malformed:
    return Malformed(ReasonCode.MALFORMED_MESSAGE, what)


def _unrepeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _malformed("a member stands twice")
    return members


def _parse_object(text: str | bytes, expected: set[str]) -> dict[str, object]:
    if len(text) > MAX_MESSAGE_OCTETS:
        raise _malformed("longer than 1 MiB")
    try:
        message: object = json.loads(text, object_pairs_hook=_unrepeated)
    except (ValueError, RecursionError) as error:
        raise _malformed("not JSON") from error
    if not isinstance(message, dict) or message.keys() != expected:
        raise _malformed("not the members of this message")
    version = message["version"]
    if type(version) is not int or version != WIRE_VERSION:
        raise _malformed("another version")
    return cast("dict[str, object]", message)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _malformed("not a string")
    return value


def _octets(value: object) -> list[bytes]:
    if not isinstance(value, list) or len(value) > MAX_COMMANDS:
        raise _malformed("not a list, or too long")
    items: list[object] = value
    texts = [_text(item) for item in items]
    # bytes.fromhex would let white space pass
    if any(not _HEX.issuperset(text) for text in texts):
        raise _malformed("not lower-case hexadecimal")
    return [bytes.fromhex(text) for text in texts]
