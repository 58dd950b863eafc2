"""The service, or the agent, is killed in the middle of a card: the card is made all the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cardsvc.audit import AuditAction
from cardsvc.desk_records import JobStage
from cardsvc.lifecycle import CardState
from cardsvc.terms import CardType
from issuance.approve import approve
from issuance.enrol import request_card
from issuance.job_records import JobOrder
from reader_agent import pcsc
from reader_agent.client import ServiceClient
from reader_agent.monitor import ReaderMonitor
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.private_pcscd import VirtualPcscReader
from reader_agent.virtual.state import CardOptions, VendorInstructions
from reader_agent.virtual.state import CardState as ChipState
from tests.support import pcscd
from tests.support.installations import DESK, open_cheaply
from tests.support.people import HOLDERS
from tests.support.running_desk import RunningDesk
from tests.support.second_process import ROOT
from tests.support.served import Served, free_port, serving_process
from tests.support.triggered_card import TriggeredCard
from web.bootstrap import Installation
from web.settings import Settings

pytestmark = pytest.mark.pcsc

_AGENT = "import sys; sys.argv[0] = 'reader-agent'; from reader_agent.cli import main; main()"
APPLICATION = "application-1"


@dataclass
class House:
    """A data folder that is served, and looked into from here.

    Args:
        installation: the folder, opened by this process, too.
        port: where it is served.
        token: of the desk's agent.
        folder: for logs and files.
    """

    installation: Installation
    port: int
    token: str
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def served(self, name: str) -> Iterator[Served]:
        environment = self.installation.settings.as_environment()
        with serving_process(environment, self.folder / f"{name}.log", self.port) as running:
            yield running

    def order(self) -> str:
        it, at = self.installation, datetime.now(UTC)
        request_card(
            it.store,
            application_id=APPLICATION,
            card_type=CardType.INDIVIDUAL,
            holder=HOLDERS[CardType.INDIVIDUAL],
            operator="lan",
            at=at,
        )
        approve(it.store, APPLICATION, operator="hung", at=at)
        return it.jobs.open_job(JobOrder(APPLICATION, agent=DESK, operator="mai"))

    def require_made(self, job: str) -> None:
        """The card is made once, was torn once, and the log is sound."""
        progress = self.installation.orders.progress(job)
        assert progress is not None
        assert progress.stage is JobStage.DONE
        with self.installation.store.transaction() as unit:
            (card,) = unit.cards_of_application(APPLICATION)
        assert card.state is CardState.PERSONALISED
        actions = [
            one.event.action for one in self.installation.audit.events(subject=str(card.guid))
        ]
        assert actions.count(AuditAction.CARD_TORN) == 1
        assert actions.count(AuditAction.CARD_PERSONALISED) == 1
        self.installation.audit.verify()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    settings = Settings(data_dir=tmp_path / "data", vault_passphrase="mật khẩu", stock="off")
    installation = open_cheaply(settings)
    access = installation.access
    token = access.enrol_agent(DESK, "Bàn", operator="admin", at=datetime.now(UTC))
    yield House(installation, free_port(), token, tmp_path)
    installation.close()


def blank() -> VirtualCard:
    options = CardOptions(short_apdus_only=True, vendor=VendorInstructions.YUBICO)
    return VirtualCard(ChipState.factory(options=options))


def test_a_service_killed_in_the_middle_is_waited_for(
    house: House, pcsc_reader: VirtualPcscReader
) -> None:
    job = house.order()
    client = ServiceClient(house.url, house.token)
    with ExitStack() as undo:
        first = undo.enter_context(house.served("first"))
        card = TriggeredCard(blank(), 60, lambda: _kill(first))
        desk = RunningDesk(client, ReaderMonitor().events, pcsc.PcscConnection, pcsc_reader.name)
        running = undo.enter_context(desk)
        running.screen.until("Put a blank")
        pcscd.insert(pcsc_reader, card)
        assert card.happened.wait(30)
        at = running.screen.until("No connection to the service")
        undo.enter_context(house.served("second"))
        running.screen.until("✓", after=at)
    house.require_made(job)
    client.close()


def _kill(served: Served) -> None:
    """Kill the server with its worker, as the kernel would one after the other."""
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children")
    workers = [int(one) for one in children.read_text("ascii").split()]
    for process in (served.process.pid, *workers):
        os.kill(process, signal.SIGKILL)


def test_an_agent_killed_in_the_middle_takes_its_work_up_again(
    house: House, pcsc_reader: VirtualPcscReader
) -> None:
    job = house.order()
    agents: list[subprocess.Popen[bytes]] = []

    def kill() -> None:
        agents[0].kill()

    card = TriggeredCard(blank(), 60, kill)
    token = house.folder / "token"
    token.write_text(house.token + "\n", "ascii")

    def start() -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-c", _AGENT, "desk", "--reader", pcsc_reader.name, "--jobs", "1",
             "--service-url", house.url, "--token-file", str(token)],
            cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    with house.served("service"):
        agents.append(start())
        pcscd.insert(pcsc_reader, card)
        assert card.happened.wait(60)
        assert agents[0].wait(30) == -signal.SIGKILL
        with house.installation.store.transaction() as unit:
            (made,) = unit.cards_of_application(APPLICATION)
        assert made.state is CardState.PERSONALISING
        second = start()
        remover = threading.Timer(0, _take_out_when_done, (house, job, pcsc_reader))
        remover.start()
        assert second.wait(60) == 0
        remover.join()
    house.require_made(job)


def _take_out_when_done(house: House, job: str, reader: VirtualPcscReader) -> None:
    """Take the card out when the desk asks for it."""
    pause = threading.Event()
    for _ in range(600):
        progress = house.installation.orders.progress(job)
        if progress is not None and progress.stage is JobStage.DONE:
            break
        pause.wait(0.1)
    reader.slot.remove()
