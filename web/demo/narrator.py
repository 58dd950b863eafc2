"""Tells the demonstration on a terminal: Vietnamese first, English beside it."""

from __future__ import annotations

from rich.console import Console
from rich.rule import Rule
from rich.text import Text

_LABEL_WIDTH = 30


class Narrator:
    """Prints one line a step."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)

    def chapter(self, vi: str, en: str) -> None:
        """Open a chapter."""
        self.console.print()
        title = Text.assemble((vi, "bold"), ("  " + en, "dim"))
        self.console.print(Rule(title, align="left", style="blue"))

    def step(self, vi: str, detail: str = "", *, good: bool = True) -> None:
        """Tell a step that went as it should: ✓, or ✗ for a refusal that was expected."""
        mark = ("✓ ", "bold green") if good else ("✗ ", "bold red")
        label = vi + " " * max(1, _LABEL_WIDTH - len(vi))
        self.console.print(
            Text.assemble("  ", mark, label, (detail, "dim" if good else "")), soft_wrap=True
        )

    def say(self, text: str) -> None:
        """Print a plain line."""
        self.console.print(text, soft_wrap=True)

    def desk(self, line: str) -> None:
        """Print what the desk's terminal shows."""
        self.console.print(Text.assemble(("bàn cấp thẻ │ ", "cyan"), line), soft_wrap=True)
