"""A kiosk as ``reader-agent run`` assembles it, over a real pcscd that is killed in mid visit."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel, CardType
from reader_agent.kiosk import inputs as i
from reader_agent.kiosk import visit as v
from reader_agent.kiosk.machine import tasks_of
from reader_agent.kiosk.part import Kiosk
from reader_agent.loopback.config import LoopbackConfig
from reader_agent.run.compose import assemble
from reader_agent.run.config import AgentConfig, ServiceConfig
from reader_agent.run.reader_config import ReaderConfig, Role
from reader_agent.run.supervisor import Supervisor
from reader_agent.virtual.private_pcscd import PrivatePcscd, VirtualPcscReader
from tests.support import pcscd
from tests.support.installations import AT, PIN, RELYING_PARTY, ServiceUnderTest, serve
from tests.support.kiosk import CONFIG, await_that
from tests.support.served import free_port
from tests.support.triggered_card import TriggeredCard
from verification.policy.simple import simple_policy

pytestmark = pytest.mark.pcsc
QUEUE, DOSSIER = tasks_of(CONFIG)[:2]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path / "data") as running:
        signing = simple_policy(RELYING_PARTY, "ky-ho-so", minimum_level=AssuranceLevel.X2)
        running.installation.access.put_policy(signing, operator="admin", at=AT)
        yield running


@contextmanager
def kiosk_of(service: ServiceUnderTest, reader: str, folder: Path) -> Iterator[Kiosk]:
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
        (kiosk,) = (one for one in parts(agent.supervisor) if isinstance(one, Kiosk))
        thread = threading.Thread(target=agent.run, args=(stop,))
        thread.start()
        try:
            await_that(lambda: isinstance(kiosk.visit.screen, v.Menu))
            yield kiosk
        finally:
            stop.set()
            thread.join(10)


def parts(supervisor: Supervisor) -> tuple[object, ...]:
    return supervisor._parts


def shows(kiosk: Kiosk, screen: type[object]) -> None:
    await_that(lambda: isinstance(kiosk.visit.screen, screen))


def test_a_visit_lives_through_the_end_and_return_of_pcscd(
    service: ServiceUnderTest,
    private_pcscd: PrivatePcscd,
    pcsc_reader: VirtualPcscReader,
    tmp_path: Path,
) -> None:
    card, _ = service.active_card(CardType.INDIVIDUAL)
    with kiosk_of(service, pcsc_reader.name, tmp_path) as kiosk:
        kiosk.tell(i.Chosen(DOSSIER))
        shows(kiosk, v.PlaceCard)
        pcscd.insert(pcsc_reader, card)
        shows(kiosk, v.Pad)
        pcscd.crash(private_pcscd)
        await_that(lambda: kiosk.visit.screen == v.Trouble(ReasonCode.NO_READER))
        private_pcscd.start_service()
        shows(kiosk, v.Pad)
        kiosk.tell(i.Typed("111222"))
        await_that(lambda: kiosk.visit.screen == v.Pad(v.Ask.PIN, 2, ReasonCode.PIN_WRONG))
        kiosk.tell(i.Typed(PIN))
        shows(kiosk, v.Result)
        assert kiosk.document()["good"]
        pcsc_reader.slot.remove()
        await_that(lambda: not kiosk.visit.card)


def test_a_card_pulled_in_the_middle_of_a_tap_is_told_as_such(
    service: ServiceUnderTest, pcsc_reader: VirtualPcscReader, tmp_path: Path
) -> None:
    card, _ = service.active_card(CardType.INDIVIDUAL)
    taken = TriggeredCard(card, at=3, happen=pcsc_reader.slot.remove)
    with kiosk_of(service, pcsc_reader.name, tmp_path) as kiosk:
        kiosk.tell(i.Chosen(QUEUE))
        shows(kiosk, v.PlaceCard)
        pcscd.insert(pcsc_reader, taken)
        await_that(lambda: kiosk.visit.screen == v.Trouble(ReasonCode.CARD_REMOVED))
        pcscd.insert(pcsc_reader, card)
        shows(kiosk, v.Result)
        assert kiosk.document()["good"]
