"""Asks for the PIN where a command runs in a terminal: at the reader's pad, or at the keyboard."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from cardsvc.card.connection import CardConnection
from reader_agent.pin_entry import PinAtReader, PinEntry
from reader_agent.pin_pad import find_pin_pad

_MAX_PIN_LINE = 64


def pin_of(connection: CardConnection, *, from_stdin: bool) -> PinEntry:
    """Return what asks for the PIN of the card in a reader.

    Args:
        connection: the card.
        from_stdin: a program has the PIN and gives it in a line; no pad is asked then.

    Raises:
        CardError: the card is gone, or the service.
    """
    if from_stdin:
        return lambda _tries: sys.stdin.readline(_MAX_PIN_LINE).rstrip("\r\n")
    if find_pin_pad(connection) is not None:
        return PinAtReader(_pointing_at_reader)
    return lambda _tries: str(click.prompt("Nhập mã PIN – PIN", hide_input=True, err=True))


@contextmanager
def _pointing_at_reader(_tries_left: int | None) -> Iterator[None]:
    click.echo("Nhập mã PIN trên đầu đọc thẻ – enter the PIN on the card reader", err=True)
    yield
