"""The running agent over a real pcscd: hot plug, the service killed, a card torn out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from cardsvc.errors import CardError, ReasonCode
from reader_agent.run import happenings
from reader_agent.run.compose import Agent, assemble
from reader_agent.run.config import load_agent_config
from reader_agent.run.hub import Subscription
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.faults import RemovedCard
from reader_agent.virtual.private_pcscd import PrivatePcscd, VirtualPcscReader
from tests.support import pcscd
from tests.support.installations import RELYING_PARTY, SERVICE, ServiceUnderTest
from tests.support.reader_watch import Holder

pytestmark = pytest.mark.pcsc

_SECONDS = 60.0


@pytest.fixture(scope="module")
def card(service: ServiceUnderTest) -> VirtualCard:
    return service.active_card()[0]


@pytest.fixture
def reader(private_pcscd: PrivatePcscd) -> Iterator[VirtualPcscReader]:
    found = private_pcscd.readers[0]
    found.slot.remove()
    pcscd.wait_for(found, pcscd.STATE_EMPTY)
    yield found
    found.slot.remove()


@pytest.fixture
def agent(service: ServiceUnderTest, reader: VirtualPcscReader, tmp_path: Path) -> Iterator[Agent]:
    (tmp_path / "token").write_text(service.agent_token, "ascii")
    file = tmp_path / "agent.toml"
    file.write_text(
        f"""[agent]
relying_party = "{RELYING_PARTY}"
state_dir = "{tmp_path / "state"}"
[service]
url = "{service.url}"
token_file = "{tmp_path / "token"}"
[[readers]]
name = "quầy"
match = "{reader.name}"
role = "counter"
""",
        "utf-8",
    )
    with assemble(load_agent_config(file), service.clock) as assembled:
        yield assembled


@pytest.fixture
def ear(agent: Agent) -> Iterator[Subscription]:
    """What the running agent tells of its reader; it runs for as long as the test."""
    stop = threading.Event()
    with agent.tools.hub.subscribe(happenings.AtReader, happenings.PcscLost) as listening:
        thread = threading.Thread(target=agent.run, args=(stop,))
        thread.start()
        try:
            yield listening
        finally:
            stop.set()
            thread.join(60)
            assert not thread.is_alive()


def until(ear: Subscription, last: type[happenings.Happening]) -> list[str]:
    told: list[str] = []
    while (happening := ear.get(_SECONDS)) is not None:
        told.append(type(happening).__name__)
        if isinstance(happening, last):
            return told
    raise AssertionError(f"no {last.__name__}; only {told}")


def test_a_card_that_was_there_before_is_told_and_taps_are_decided(
    card: VirtualCard, reader: VirtualPcscReader, agent: Agent, request: pytest.FixtureRequest
) -> None:
    pcscd.insert(reader, card)
    ear: Subscription = request.getfixturevalue("ear")
    assert until(ear, happenings.CardIn) == ["ReaderBack", "CardIn"]
    outcome = agent.tools.tapper.tap("quầy", SERVICE)
    assert outcome.decision.granted
    reader.slot.remove()
    assert until(ear, happenings.CardRemoved) == ["TapStarted", "TapDecided", "CardRemoved"]


def test_pcscd_is_killed_and_comes_back_and_the_next_tap_is_decided(
    card: VirtualCard,
    reader: VirtualPcscReader,
    agent: Agent,
    ear: Subscription,
    private_pcscd: PrivatePcscd,
) -> None:
    pcscd.insert(reader, card)
    until(ear, happenings.CardIn)
    pcscd.crash(private_pcscd)
    assert until(ear, happenings.ReaderLost) == ["PcscLost", "CardRemoved", "ReaderLost"]
    with pytest.raises(CardError) as caught:
        agent.tools.tapper.tap("quầy", SERVICE)
    assert caught.value.reason is ReasonCode.NO_READER
    private_pcscd.start_service()
    assert until(ear, happenings.CardIn) == ["TapStarted", "TapFailed", "ReaderBack", "CardIn"]
    assert agent.tools.tapper.tap("quầy", SERVICE).decision.granted
    assert {one.failures for one in agent.supervisor.health()} == {0}, "no part has failed of it"


def test_a_card_that_is_torn_out_ends_the_tap_with_a_reason(
    card: VirtualCard, reader: VirtualPcscReader, agent: Agent, ear: Subscription
) -> None:
    for apdu in range(1, 5):
        pcscd.insert(reader, RemovedCard(card, apdu))
        until(ear, happenings.CardIn)
        with pytest.raises(CardError) as caught:
            agent.tools.tapper.tap("quầy", SERVICE)
        assert caught.value.reason is ReasonCode.CARD_REMOVED
        reader.slot.remove()
        # which of the two is seen first is the reader's affair
        told = {type(ear.get(_SECONDS)).__name__ for _ in range(3)}
        assert told == {"TapStarted", "TapFailed", "CardRemoved"}
    pcscd.insert(reader, card)
    until(ear, happenings.CardIn)
    assert agent.tools.tapper.tap("quầy", SERVICE).decision.granted


def test_another_program_that_keeps_the_card_is_said_and_waited_out(
    card: VirtualCard,
    reader: VirtualPcscReader,
    agent: Agent,
    ear: Subscription,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from reader_agent import pcsc  # noqa: PLC0415 - the rest of the suite runs without pyscard

    monkeypatch.setitem(pcsc.PcscConnection.__init__.__kwdefaults__, "open_timeout_seconds", 0.5)
    pcscd.insert(reader, card)
    until(ear, happenings.CardIn)
    with Holder(reader.name, exclusive=True):
        with pytest.raises(CardError) as caught:
            agent.tools.tapper.tap("quầy", SERVICE)
        assert caught.value.reason is ReasonCode.READER_BUSY
    assert agent.tools.tapper.tap("quầy", SERVICE).decision.granted
