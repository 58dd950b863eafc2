"""Where the agent serves its own machine: the section ``[loopback]`` of agent.toml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reader_agent.run.config_section import ConfigSection

DEFAULT_PORT = 8460


@dataclass(frozen=True, slots=True)
class LoopbackConfig:
    """Where the kiosk's page and the counter's interface are.

    Args:
        port: on 127.0.0.1; browsers and counter software are told of it.
        shared_dir: the folder of files for the browser and for counter software, where these
            run as other users: one group reads it. None: they run as the agent's own.
    """

    port: int = DEFAULT_PORT
    shared_dir: Path | None = None


def parse_loopback(section: ConfigSection) -> LoopbackConfig:
    """Parse the section ``[loopback]``.

    Raises:
        ConfigError: an entry is unknown or of another kind.
    """
    config = LoopbackConfig(
        section.number("port", DEFAULT_PORT, least=1024, most=65535),
        section.path("shared_dir") if section.has("shared_dir") else None,
    )
    section.done()
    return config
