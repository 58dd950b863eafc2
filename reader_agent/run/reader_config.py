"""The readers of an agent as agent.toml names them, and which PC/SC reader each one is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, unique
from pathlib import Path

from reader_agent.run.config_section import ConfigSection

VIRTUAL = "virtual:"


@unique
class Role(StrEnum):
    """What a reader is for."""

    KIOSK = "kiosk"
    COUNTER = "counter"
    DESK = "desk"
    DOOR = "door"


@unique
class Side(StrEnum):
    """How cards get to a reader."""

    CONTACT = "contact"
    CONTACTLESS = "contactless"


@dataclass(frozen=True, slots=True)
class ReaderConfig:
    """One reader.

    Args:
        name: how the agent, its log and its events call it.
        match: the PC/SC reader's name, or a part of it that no other has; or ``virtual:FILE``,
            a card of ``reader-agent virtual new`` that is in while the file is there.
        role: what it is for.
        side: contact or contactless.
    """

    name: str
    match: str
    role: Role
    side: Side = Side.CONTACT

    @property
    def card_file(self) -> Path | None:
        """The virtual card's file, or None for a PC/SC reader."""
        if not self.match.startswith(VIRTUAL):
            return None
        return Path(self.match.removeprefix(VIRTUAL))


def parse_readers(file: ConfigSection) -> tuple[ReaderConfig, ...]:
    """Parse the tables ``[[readers]]``.

    Raises:
        ConfigError: a reader stands twice, or an entry is not as described.
    """
    readers: list[ReaderConfig] = []
    for section in file.sections("readers", most=32):
        reader = ReaderConfig(
            section.text("name", most=64),
            section.text("match", most=200),
            section.choice("role", Role),
            section.choice("side", Side, Side.CONTACT),
        )
        if any(reader.name == one.name for one in readers):
            section.refuse("name", "two readers have this name")
        if any(reader.match == one.match for one in readers):
            section.refuse("match", "two readers match this")
        section.done()
        readers.append(reader)
    return tuple(readers)


def bind_readers(configured: Iterable[ReaderConfig], present: Iterable[str]) -> dict[str, str]:
    """Return the configured name of each reader that is there.

    A whole name counts before a part of one. Where it is not clear which reader is meant, none
    is: a door must not open for the reader of another.

    Args:
        configured: the readers of agent.toml.
        present: the names that PC/SC lists, and the virtual ones.
    """
    names = list(present)
    found: dict[str, list[str]] = {}
    for reader in configured:
        matching = [one for one in names if one == reader.match]
        if not matching and reader.card_file is None:
            wanted = reader.match.lower()
            real = [one for one in names if not one.startswith(VIRTUAL)]
            matching = [one for one in real if wanted in one.lower()]
        if len(matching) == 1:
            found.setdefault(matching[0], []).append(reader.name)
    return {there: bound[0] for there, bound in found.items() if len(bound) == 1}
