"""Opens what is set from afar before an agent is put together."""

from __future__ import annotations

from dataclasses import dataclass

from cardsvc.errors import ReasonCode, StoreError
from reader_agent.enrol.identity import DeviceIdentity
from reader_agent.offline.shelf import Shelf
from reader_agent.run.config import AgentConfig
from reader_agent.settings.folder import SettingsFolder
from reader_agent.settings.start import Running, start_settings

SETTINGS_FOLDER, KEYS_FOLDER = "settings", "bundle"


@dataclass(frozen=True, slots=True)
class OpenSettings:
    """What is set from afar, as an agent starts.

    Args:
        own: the machine's configuration.
        running: with what was set from afar.
        folder: where that is.
        keys: by which it is believed: those of the bundles.
        agent: who we are; None for an agent without a certificate.
    """

    own: AgentConfig
    running: Running
    folder: SettingsFolder
    keys: Shelf
    agent: str | None


def open_settings(own: AgentConfig, identity: DeviceIdentity | None) -> OpenSettings:
    """Return by what an agent starts.

    Args:
        own: agent.toml.
        identity: the device's; None for an agent that has a token instead.

    Raises:
        StoreError: the agent's data folder can't be written to.
    """
    agent = None if identity is None else identity.agent
    try:
        folder = SettingsFolder(own.state_dir / SETTINGS_FOLDER)
        keys = Shelf(own.state_dir / KEYS_FOLDER)
        running = start_settings(own, folder, keys.keys(), agent)
    except OSError as error:
        raise StoreError(ReasonCode.SERVICE_UNAVAILABLE, f"the settings: {error}") from error
    return OpenSettings(own, running, folder, keys, agent)
