"""A kiosk as ``reader-agent run`` assembles it, at a PC/SC reader, in this process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from reader_agent.kiosk import visit as v
from reader_agent.kiosk.part import Kiosk
from reader_agent.loopback.config import LoopbackConfig
from reader_agent.run.compose import assemble
from reader_agent.run.config import AgentConfig, ServiceConfig
from reader_agent.run.reader_config import ReaderConfig, Role
from reader_agent.run.supervisor import Supervisor
from tests.support.installations import RELYING_PARTY, ServiceUnderTest
from tests.support.kiosk import CONFIG, await_that
from tests.support.served import free_port


@contextmanager
def kiosk_of(service: ServiceUnderTest, reader: str, folder: Path) -> Iterator[Kiosk]:
    """Run an agent with a kiosk at a PC/SC reader until the block ends."""
    token = folder / "token"
    token.write_text(service.agent_token, "ascii")
    config = AgentConfig(
        RELYING_PARTY,
        folder / "state",
        ServiceConfig(service.url, token),
        (ReaderConfig("front", reader, Role.KIOSK),),
        loopback=LoopbackConfig(free_port()),
        kiosk=CONFIG,
    )
    stop = threading.Event()
    with assemble(config, service.clock) as agent:
        (kiosk,) = (one for one in _parts(agent.supervisor) if isinstance(one, Kiosk))
        thread = threading.Thread(target=agent.run, args=(stop,))
        thread.start()
        try:
            await_that(lambda: isinstance(kiosk.visit.screen, v.Menu))
            yield kiosk
        finally:
            stop.set()
            thread.join(60)


def _parts(supervisor: Supervisor) -> tuple[object, ...]:
    return tuple(kept.part for kept in supervisor._kept.values())
