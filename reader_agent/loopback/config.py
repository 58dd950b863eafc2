"""Where the agent serves its own machine: the section ``[loopback]`` of agent.toml."""

from __future__ import annotations

from dataclasses import dataclass

from reader_agent.run.config_section import ConfigSection

DEFAULT_PORT = 8460


@dataclass(frozen=True, slots=True)
class LoopbackConfig:
    """Where the kiosk's page and the counter's interface are.

    Args:
        port: on 127.0.0.1; browsers and counter software are told of it.
    """

    port: int = DEFAULT_PORT


def parse_loopback(section: ConfigSection) -> LoopbackConfig:
    """Parse the section ``[loopback]``.

    Raises:
        ConfigError: an entry is unknown or of another kind.
    """
    config = LoopbackConfig(section.number("port", DEFAULT_PORT, least=1024, most=65535))
    section.done()
    return config
