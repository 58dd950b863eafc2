"""Fits the doors of an agent together from their configuration."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from queue import SimpleQueue

from gpiozero.pins import Factory

from cardsvc.errors import ReasonCode, StoreError
from reader_agent.door.areas import AreaFile
from reader_agent.door.config import DoorConfig, DoorsConfig, OsdpLineConfig
from reader_agent.door.controller import DoorController
from reader_agent.door.inputs import watched
from reader_agent.door.interlock import Interlock
from reader_agent.door.keypad import Keypad
from reader_agent.door.loop import DoorLoop, DoorTools
from reader_agent.door.moves import Happening
from reader_agent.door.orders import DoorOrders, OrderTools
from reader_agent.door.osdp_bus import OsdpBus, OsdpDevice
from reader_agent.door.osdp_keys import read_base_key
from reader_agent.door.osdp_reader import OsdpBolt, OsdpPanel, hear_reader
from reader_agent.door.outputs import Bolt, NoPanel, Panel, RelayConfig
from reader_agent.door.relay import RelayBolt
from reader_agent.door.taps import DoorQueue, DoorTaps, TapTools
from reader_agent.offline.shelf import Shelf
from reader_agent.run.part import Part
from reader_agent.run.tools import AgentTools

AREAS_FILE = "areas.db"
BUNDLE_FOLDER = "bundle"


def door_parts(
    config: DoorsConfig, tools: AgentTools, factory: Factory | None = None
) -> Sequence[Part]:
    """Return the parts of all doors: the line of OSDP readers, and two parts a door.

    Args:
        config: what agent.toml says.
        tools: the agent's.
        factory: of pins; None for the board's own.

    Raises:
        CardError: the key of an OSDP reader can't be read (ACCESS_DENIED).
        StoreError: the agent's folder can't be written to.
    """
    bus = None if config.line is None else _bus(config.line, tools.monotonic)
    areas = AreaFile(tools.config.state_dir / AREAS_FILE, config.reset_at)
    interlock, numbers = Interlock(), itertools.count(1)
    taps = TapTools(tools.tapper, tools.hub, tools.clock, tools.monotonic, numbers)
    parts: list[Part] = [] if bus is None else [bus]
    queues: dict[str, DoorQueue] = {}
    for door in config.doors:
        queue: DoorQueue = SimpleQueue()
        queues[door.rules.name] = queue
        panel, keypad = _reader(door, bus, queue)
        made = DoorTools(
            _bolt(door, bus, factory),
            panel,
            _inputs(door, factory),
            queue,
            tools.journal,
            tools.clock,
            tools.monotonic,
        )
        parts.append(DoorLoop(door, DoorController(door.rules, areas, interlock), made))
        parts.append(DoorTaps(door, taps, queue, panel, keypad))
    return [*parts, _orders(queues, tools)]


def _orders(queues: dict[str, DoorQueue], tools: AgentTools) -> DoorOrders:
    try:
        shelf = Shelf(tools.config.state_dir / BUNDLE_FOLDER)
    except OSError as error:
        raise StoreError(ReasonCode.SERVICE_UNAVAILABLE, f"the bundle: {error}") from error
    asking = OrderTools(tools.client, shelf, tools.clock, tools.monotonic, tools.random_octets)
    return DoorOrders(queues, asking)


def _bus(line: OsdpLineConfig, monotonic: Callable[[], float]) -> OsdpBus:
    devices = [OsdpDevice(at, read_base_key(file)) for at, file in line.key_files.items()]
    return OsdpBus(line.port, line.baud, devices, monotonic)


def _bolt(door: DoorConfig, bus: OsdpBus | None, factory: Factory | None) -> Callable[[], Bolt]:
    lock = door.lock
    if isinstance(lock, RelayConfig):
        return lambda: RelayBolt(lock, factory)
    line = _needed(bus)
    return lambda: OsdpBolt(line, lock.address, lock.output, lock.fail)


def _reader(door: DoorConfig, bus: OsdpBus | None, queue: DoorQueue) -> tuple[Panel, Keypad | None]:
    keypad = None
    if door.keypad is not None:
        keypad = Keypad(door.pin_seconds, takes_duress=door.takes_duress)
        hear_reader(_needed(bus), door.keypad, inputs={}, tell=queue.put, keypad=keypad)
    if door.panel is None:
        return NoPanel(), keypad
    inputs = door.osdp_inputs or {}
    hear_reader(_needed(bus), door.panel, inputs=inputs, tell=queue.put, keypad=None)
    return OsdpPanel(_needed(bus), door.panel), keypad


def _inputs(
    door: DoorConfig, factory: Factory | None
) -> Callable[[Callable[[Happening], None]], AbstractContextManager[None]]:
    pins = door.pins or {}
    return lambda tell: watched(pins, tell, factory) if pins else nullcontext()


def _needed(bus: OsdpBus | None) -> OsdpBus:
    if bus is None:
        msg = "a door names a reader of a line that is not there"
        raise ValueError(msg)
    return bus
