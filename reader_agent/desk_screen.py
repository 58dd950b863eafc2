"""What the people at a desk see on its terminal, and what they type; Vietnamese first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import click

from cardsvc.desk_advice import Advice

MAX_PIN_CHARACTERS = 64


class DeskScreen(Protocol):
    """Shows sentences and asks the holder for secrets."""

    def say(self, mark: str, said: Advice, detail: str = "") -> None:
        """Show a sentence, unless it was the last one."""
        ...

    def ask(self, what: Advice, *, twice: bool = False) -> str:
        """Return what the holder typed, unseen; empty where nothing was."""
        ...


class TerminalScreen:
    """Implements ``DeskScreen`` on a terminal.

    Args:
        read_line: reads a secret instead of a hidden prompt, for scripts; empty at the end.
    """

    def __init__(self, read_line: Callable[[], str] | None = None) -> None:
        self._read_line = read_line
        self._last = ""

    def say(self, mark: str, said: Advice, detail: str = "") -> None:
        """Show a sentence, unless it was the last one."""
        line = f"{mark} {said.vi}  {detail}".rstrip() + f"\n  {said.en}"
        if line != self._last:
            self._last = line
            click.echo(line)

    def ask(self, what: Advice, *, twice: bool = False) -> str:
        """Return what the holder typed, unseen; empty where nothing was."""
        self._last = ""
        if self._read_line is not None:
            return self._read_line()[: MAX_PIN_CHARACTERS + 1].rstrip("\r\n")
        label = f"{what.vi} – {what.en}"
        typed = click.prompt(label, hide_input=True, confirmation_prompt=twice, default="",
                             show_default=False)  # fmt: skip
        return str(typed)[:MAX_PIN_CHARACTERS]
