"""Fits an agent together from its configuration: the one place that knows all parts."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Self

from cardsvc.clock import Clock, SystemClock
from cardsvc.errors import CardError, ReasonCode
from reader_agent.client import ServiceClient
from reader_agent.enrol.identity import load_identity
from reader_agent.enrol.proof import DeviceKey
from reader_agent.enrol.renewal import Renewal
from reader_agent.known_cards import KnownCards
from reader_agent.offline.assemble import assemble_offline
from reader_agent.run.attendance import AttendanceNotes
from reader_agent.run.config import AgentConfig
from reader_agent.run.desk_part import DeskPart
from reader_agent.run.groups import GROUPS
from reader_agent.run.heartbeat import Heartbeat, TapCounter
from reader_agent.run.hub import Hub
from reader_agent.run.network import Network
from reader_agent.run.part import Part, PartHealth
from reader_agent.run.reader_config import Role
from reader_agent.run.reader_sources import open_reader, reader_watches
from reader_agent.run.readers import ReaderBoard
from reader_agent.run.stages import StageTimes
from reader_agent.run.supervisor import Supervisor
from reader_agent.run.tally import Tally
from reader_agent.run.taps import Tapper
from reader_agent.run.tools import AgentTools
from reader_agent.service_http import BearerToken, Credentials
from reader_agent.service_options import read_token
from reader_agent.settings.keeper import KeeperTools, SettingsKeeper
from reader_agent.settings.open import OpenSettings, open_settings
from reader_agent.settings.refit import AgentRefit


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent, ready to run.

    Args:
        tools: what its parts share.
        supervisor: keeps the parts running.
        undo: closes what was opened for it.
    """

    tools: AgentTools
    supervisor: Supervisor
    undo: ExitStack

    def run(self, stop: threading.Event, tick: Callable[[], None] = lambda: None) -> bool:
        """Run until ``stop`` is set; return whether every part ended in time."""
        return self.supervisor.run(stop, tick=tick)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.undo.close()


def assemble(config: AgentConfig, clock: Clock | None = None) -> Agent:
    """Return the agent of a configuration; nothing runs yet.

    Raises:
        CardsvcError: the agent has nothing to sign in with, or pyscard is missing.
    """
    undo = ExitStack()
    try:
        credentials = _credentials(config, clock or SystemClock())
        device = credentials if isinstance(credentials, DeviceKey) else None
        settings = open_settings(config, None if device is None else device.identity)
        tools, attendance = _tools(settings, credentials, clock or SystemClock(), undo)
        return _put_together(tools, attendance, settings, undo)
    except BaseException:
        undo.close()
        raise


def lasting_parts(tools: AgentTools) -> Sequence[Part]:
    """Return the parts that the configuration asks for, and that nothing from afar changes."""
    parts = [*reader_watches(tools.config.readers, tools.readers)]
    if tools.offline is not None:
        parts += tools.offline.parts
    if tools.device is not None:
        parts.append(Renewal(tools.device, tools.client, tools.config.state_dir))
    parts += [
        DeskPart(one, tools.client, tools.readers) for one in tools.config.readers_for(Role.DESK)
    ]
    return parts


def _put_together(
    tools: AgentTools, attendance: AttendanceNotes, settings: OpenSettings, undo: ExitStack
) -> Agent:
    tally = Tally()

    def health() -> tuple[PartHealth, ...]:
        return supervisor.health()

    def refit() -> AgentRefit:
        return changes

    needed = KeeperTools(tools.client, settings.keys, settings.folder, settings.agent)
    keeper = SettingsKeeper(settings.own, settings.running, needed, refit)
    tools = replace(tools, settings=keeper)
    groups = {name: make(tools) for name, make in GROUPS.items()}
    changing = [part for parts in groups.values() for part in parts]
    pulse: list[Part] = [TapCounter(tools.hub, tally), Heartbeat(tools, tally, health), keeper]
    supervisor = Supervisor([*lasting_parts(tools), *changing, *pulse])
    changes = AgentRefit(tools, supervisor, attendance, GROUPS, groups)
    return Agent(tools, supervisor, undo)


def _tools(
    settings: OpenSettings, credentials: Credentials, clock: Clock, undo: ExitStack
) -> tuple[AgentTools, AttendanceNotes]:
    config = settings.running.config
    if config.log.level != settings.own.log.level:
        logging.getLogger().setLevel(config.log.level)
    hub = Hub()
    network = Network(hub, clock)
    readers = ReaderBoard(config.readers, open_reader, hub, clock)
    stages = StageTimes()
    client = ServiceClient(
        config.service.url,
        credentials,
        ca_file=config.service.ca_file,
        tap_seconds=config.service.answer_seconds,
        observe=stages.note_exchange,
    )
    undo.callback(client.close)
    offline = assemble_offline(
        config,
        client=client,
        hub=hub,
        clock=clock,
        monotonic=time.monotonic,
        random_octets=secrets.token_bytes,
        undo=undo,
    )
    known, attendance = KnownCards(), AttendanceNotes(config.attendance, offline.outbox)
    tapper = Tapper(
        config.relying_party,
        open_reader=readers.open,
        online=client,
        offline=offline.judge,
        network=network,
        hub=hub,
        clock=clock,
        stages=stages,
        granted=attendance.note,
        known=known,
    )
    tools = AgentTools(
        config=config,
        clock=clock,
        monotonic=time.monotonic,
        random_octets=secrets.token_bytes,
        hub=hub,
        readers=readers,
        network=network,
        client=client,
        tapper=tapper,
        device=credentials if isinstance(credentials, DeviceKey) else None,
        stages=stages,
        journal=offline.outbox,
        offline=offline,
        known=known,
    )
    return tools, attendance


def _credentials(config: AgentConfig, clock: Clock) -> Credentials:
    """Return the device's key where it is enrolled, else the token of the configuration."""
    identity = load_identity(config.state_dir)
    if identity is not None:
        return DeviceKey(identity, clock, secrets.token_bytes)
    if config.service.token_file is None:
        raise CardError(ReasonCode.ACCESS_DENIED, "not enrolled: reader-agent enrol")
    return BearerToken(read_token(config.service.token_file))
