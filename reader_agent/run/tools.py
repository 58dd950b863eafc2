"""What the parts of an agent are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from cardsvc.clock import Clock
from cardsvc.wire.agent_health import SettingsSeen
from reader_agent.client import ServiceClient
from reader_agent.enrol.proof import DeviceKey
from reader_agent.known_cards import KnownCards
from reader_agent.offline.assemble import OfflineParts
from reader_agent.run.config import AgentConfig
from reader_agent.run.hub import Hub
from reader_agent.run.network import Network
from reader_agent.run.readers import ReaderBoard
from reader_agent.run.stages import StageTimes
from reader_agent.run.taps import Tapper

Fact = str | int | bool | None


class Journal(Protocol):
    """Where events go that the service must get: the outbox."""

    def append(self, kind: str, facts: Mapping[str, Fact], at: datetime) -> int:
        """Keep an event for good before this returns; return its sequence number."""
        ...


class SettingsInbox(Protocol):
    """Hears which settings from afar are wanted (``reader_agent.settings.keeper``)."""

    def wanted(self, seq: int | None) -> None:
        """Hear from the service which version it wants; None where nothing was ever set."""
        ...

    def seen(self) -> SettingsSeen:
        """Return what the service is told."""
        ...


@dataclass(frozen=True, slots=True)
class AgentTools:
    """Everything that a part may use, shared between them.

    Args:
        config: agent.toml, with what was set from afar.
        clock: the machine's.
        monotonic: seconds that no clock change moves.
        random_octets: gives octets nobody can guess.
        hub: what happens.
        readers: what is in the readers.
        network: whether the service answers.
        client: the service.
        tapper: runs taps.
        journal: the outbox; None where this agent keeps none.
        device: the device's key; None for an agent that has a token instead.
        stages: how long taps take.
        offline: outbox and bundle with how they stand; None where this agent keeps none.
        known: cards that need not be read again when they come.
        settings: what is set from afar; None where nothing can be.
    """

    config: AgentConfig
    clock: Clock
    monotonic: Callable[[], float]
    random_octets: Callable[[int], bytes]
    hub: Hub
    readers: ReaderBoard
    network: Network
    client: ServiceClient
    tapper: Tapper
    journal: Journal | None = None
    device: DeviceKey | None = None
    stages: StageTimes = field(default_factory=StageTimes)
    offline: OfflineParts | None = None
    known: KnownCards = field(default_factory=KnownCards)
    settings: SettingsInbox | None = None
