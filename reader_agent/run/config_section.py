"""Strict reading of agent.toml: the kernel's, under the name that the agent's sections know."""

from __future__ import annotations

from cardsvc.config_section import (
    MAX_CONFIG_OCTETS,
    ConfigError,
    ConfigSection,
    parse_config_text,
)

__all__ = ["MAX_CONFIG_OCTETS", "ConfigError", "ConfigSection", "parse_config_text"]
