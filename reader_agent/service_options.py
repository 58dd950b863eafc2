"""The options by which a command of the agent finds the card and the service."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

from cardsvc.errors import CardError, ReasonCode
from reader_agent.client import ServiceClient

_Command = TypeVar("_Command", bound=Callable[..., object])

READER_HELP = "PC/SC reader (or part of its name), virtual:PERSONA or virtual:FILE"


def service_options(command: _Command) -> _Command:
    """Give a command ``--reader``, ``--service-url`` and ``--token-file``."""
    token = click.option(
        "--token-file",
        required=True,
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="file with this agent's token",
    )
    url = click.option("--service-url", required=True, help="such as http://127.0.0.1:8440")
    reader = click.option("--reader", required=True, help=READER_HELP)
    return reader(url(token(command)))


def ask_option(command: _Command) -> _Command:
    """Give a command ``--ask``."""
    text = "attributes to ask for, with commas between; '' for none [default: all allowed]"
    return click.option("--ask", help=text)(command)


def asked_attributes(ask: str | None) -> tuple[str, ...] | None:
    """Return what ``--ask`` lists, None where it was not given."""
    if ask is None:
        return None
    return tuple(one.strip() for one in ask.split(",")) if ask.strip() else ()


def open_client(service_url: str, token_file: Path) -> ServiceClient:
    """Return a client of the service.

    Raises:
        CardError: ACCESS_DENIED, the file holds no token.
    """
    return ServiceClient(service_url, read_token(token_file))


def read_token(token_file: Path) -> str:
    """Return the bearer token in a file.

    Raises:
        CardError: ACCESS_DENIED, the file holds no token.
    """
    try:
        token = token_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CardError(ReasonCode.ACCESS_DENIED, f"{token_file} can't be read") from error
    if not token or not token.isascii() or not token.isprintable():
        raise CardError(ReasonCode.ACCESS_DENIED, f"{token_file} holds no token")
    return token
