"""A kiosk as it stands in a hall, in this process: a service, a reader, the page on loopback."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cardsvc.clock import SettableClock
from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel
from reader_agent import events
from reader_agent.client import ServiceClient
from reader_agent.counter.config import CounterConfig
from reader_agent.kiosk.config import KioskConfig, KioskService
from reader_agent.kiosk.part import Kiosk
from reader_agent.kiosk.words import Words
from reader_agent.loopback.compose import local_parts
from reader_agent.loopback.config import LoopbackConfig
from reader_agent.run.config import AgentConfig, ServiceConfig
from reader_agent.run.hub import Hub
from reader_agent.run.network import Network
from reader_agent.run.reader_config import ReaderConfig, Role
from reader_agent.run.readers import ReaderBoard
from reader_agent.run.supervisor import Supervisor
from reader_agent.run.taps import Tapper
from reader_agent.run.tools import AgentTools
from reader_agent.virtual.card import PoweredCard
from reader_agent.virtual.connection import VirtualReader
from tests.support.served import free_port

AT = datetime(2026, 11, 22, 1, 0, tzinfo=UTC)
READER = "Kiosk reader 00"
CONFIG = KioskConfig(
    Words("Trung tâm Phục vụ hành chính công", "Public administration service centre"),
    (
        KioskService("tra-cuu", AssuranceLevel.X1, Words("Lấy số thứ tự", "Take a queue number")),
        KioskService("ky-ho-so", AssuranceLevel.X2, Words("Nộp hồ sơ", "Submit a dossier")),
    ),
)


@dataclass
class RunningKiosk:
    """A kiosk, and the hands of who stands before it.

    Args:
        tools: what its parts share.
        port: of the page.
        reader: takes cards.
        secret: opens the page.
        kiosk: leads the visit.
        shows: the name of the page.
    """

    tools: AgentTools
    port: int
    reader: VirtualReader
    secret: str = field(repr=False)
    kiosk: Kiosk
    shows: str = "kiosk"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def page(self) -> str:
        return f"{self.url}/{self.shows}/open/{self.secret}"

    def insert(self, card: PoweredCard) -> None:
        self.reader.insert(card)
        self.tools.readers.take(events.CardInserted(READER, b";"))

    def remove(self) -> None:
        self.reader.remove()
        self.tools.readers.take(events.CardRemoved(READER))

    def unplug(self) -> None:
        self.reader.remove()
        self.tools.readers.take(events.ServiceLost(ReasonCode.SERVICE_UNAVAILABLE, "gone"))

    def plug(self) -> None:
        self.tools.readers.take(events.ServiceBack())
        self.tools.readers.take(events.ReaderAdded(READER))


@contextmanager
def kiosk_tools(
    folder: Path,
    service_url: str,
    token: str,
    relying_party: str,
    config: KioskConfig | CounterConfig = CONFIG,
    reader: VirtualReader | None = None,
    other_readers: tuple[str, ...] = (),
) -> Iterator[AgentTools]:
    """Put together what a kiosk's or a counter's parts need; nothing runs.

    Args:
        folder: of the agent.
        service_url: of the service.
        token: the agent's.
        relying_party: whose services it offers.
        config: how it is set up.
        reader: takes cards.
        other_readers: readers that the agent knows, too, and that are not there yet.
    """
    role = Role.COUNTER if isinstance(config, CounterConfig) else Role.KIOSK
    source = reader or VirtualReader(READER)
    clock, hub = SettableClock(AT), Hub()
    agent = AgentConfig(
        relying_party,
        folder,
        ServiceConfig(service_url),
        (
            ReaderConfig("front", READER, role),
            *(ReaderConfig(name, name, role) for name in other_readers),
        ),
        loopback=LoopbackConfig(free_port()),
        kiosk=config if isinstance(config, KioskConfig) else None,
        counter=config if isinstance(config, CounterConfig) else None,
    )
    board = ReaderBoard(agent.readers, lambda _: source.connect(), hub, clock)
    client, network = ServiceClient(service_url, token), Network(hub, clock)
    tapper = Tapper(
        relying_party, open_reader=board.open, online=client, offline=None, network=network,
        hub=hub, clock=clock,
    )  # fmt: skip
    try:
        yield AgentTools(
            config=agent, clock=clock, monotonic=time.monotonic, random_octets=secrets.token_bytes,
            hub=hub, readers=board, network=network, client=client,
            tapper=tapper,
        )  # fmt: skip
    finally:
        client.close()


@contextmanager
def running_kiosk(
    folder: Path,
    service_url: str,
    token: str,
    relying_party: str,
    config: KioskConfig | CounterConfig = CONFIG,
    reader: VirtualReader | None = None,
    other_readers: tuple[str, ...] = (),
) -> Iterator[RunningKiosk]:
    """Run a kiosk, or a counter, with a reader in this process until the block ends.

    The arguments are those of ``kiosk_tools``.
    """
    reader, shows = reader or VirtualReader(READER), "kiosk"
    if isinstance(config, CounterConfig):
        shows = "display"
    with kiosk_tools(
        folder, service_url, token, relying_party, config, reader, other_readers
    ) as tools:
        stop = threading.Event()
        parts = local_parts(tools)
        supervisor = Supervisor(parts)
        thread = threading.Thread(
            target=supervisor.run, args=(stop,), kwargs={"tick_seconds": 0.05}
        )
        thread.start()
        secret = (folder / f"{shows}.key").read_text("utf-8")
        (kiosk,) = (one for one in parts if isinstance(one, Kiosk))
        port = tools.config.loopback.port
        running = RunningKiosk(tools, port, reader, secret, kiosk, shows)
        try:
            running.plug()
            yield running
        finally:
            stop.set()
            thread.join(60)


def await_that(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never was so"
        time.sleep(0.01)
