"""Tells what a right configuration leaves loose: sections without a reader, and the reverse."""

from __future__ import annotations

from reader_agent.run.config import AgentConfig
from reader_agent.run.reader_config import ReaderConfig, Role


def without_reader(config: AgentConfig) -> tuple[Role, ...]:
    """Return the sections of agent.toml whose role no reader has: their pages stay out of service.

    A door names its reader, and is refused without one.
    """
    sections = {Role.KIOSK: config.kiosk, Role.COUNTER: config.counter}
    return tuple(
        role
        for role, section in sections.items()
        if section is not None and not config.readers_for(role)
    )


def without_use(config: AgentConfig) -> tuple[ReaderConfig, ...]:
    """Return the readers that nothing asks: a card in them is seen, and nothing happens."""
    at_doors = {name for one in config.doors.doors for name in (one.reader, one.exit_reader)}
    used = {
        Role.KIOSK: config.kiosk is not None,
        Role.COUNTER: config.counter is not None,
        Role.DESK: True,
    }
    return tuple(one for one in config.readers if not (used.get(one.role) or one.name in at_doors))


def loose_roles_told(config: AgentConfig) -> list[str]:
    """Return a line for each, for a terminal and the log."""
    lacking = [f"[{role}]: no reader has role = {role}" for role in without_reader(config)]
    return lacking + [
        f"[[readers]] {one.name}: nothing uses a reader of role = {one.role}"
        for one in without_use(config)
    ]
