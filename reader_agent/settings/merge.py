"""The machine's own agent.toml with what was set from afar on top of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cardsvc.config_section import ConfigError
from reader_agent.run.config import AgentConfig, config_of
from verification.agent_settings.text import DOORS, AgentSettings

_MADE_HERE = ("kiosk", "counter")
"""What an agent is, its machine says: these sections change and never begin from afar."""


def with_settings(own: AgentConfig, settings: AgentSettings) -> AgentConfig:
    """Return an agent's configuration with settings from afar.

    Entries take the place of the machine's; a list takes the place of the whole list, but doors
    are changed one by one, by their names.

    Args:
        own: as the machine says.
        settings: those entries that may be set.

    Raises:
        ConfigError: they do not fit this machine; names the entry.
    """
    table = dict(own.source)
    for name, value in settings.table.items():
        if name in _MADE_HERE and name not in table:
            raise ConfigError(name, None, "this agent has no such section of its own")
        if name == DOORS:
            table[name] = _doors(table.get(name, []), value)
        elif isinstance(value, Mapping):
            table[name] = {**table.get(name, {}), **value}
        else:
            table[name] = value
    return config_of(table, {})


def _doors(own: list[dict[str, Any]], changed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    doors = {one["name"]: dict(one) for one in own}
    for number, change in enumerate(changed):
        if change["name"] not in doors:
            raise ConfigError(f"{DOORS}[{number}].name", None, "no door of this agent")
        doors[change["name"]] |= change
    return list(doors.values())
