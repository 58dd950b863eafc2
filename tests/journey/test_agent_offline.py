"""An agent's own taps: the service decides while it answers, the bundle when it is away."""

from __future__ import annotations

import secrets
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from cardsvc.clock import SettableClock
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.offline_records import DECIDED_OFFLINE
from issuance import lifecycle
from reader_agent.client import ServiceClient
from reader_agent.offline.assemble import assemble_offline
from reader_agent.offline.config import OfflineConfig
from reader_agent.run.config import AgentConfig, ServiceConfig
from reader_agent.run.happenings import NetworkBack, NetworkLost, TapDecided, TapFailed
from reader_agent.run.hub import Hub
from reader_agent.run.network import Network
from reader_agent.run.taps import Tapper
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.state import CardState
from tests.support.installations import AT, RELYING_PARTY, SERVICE, serve
from web.app import create_app
from web.loopback import on_loopback

FRONT = "front"


def test_a_tap_goes_on_when_the_service_goes_away(tmp_path: Path) -> None:
    with serve(tmp_path / "service") as service, ExitStack() as undo:
        card, guid = service.active_card()
        clock, hub = SettableClock(service.clock.now()), Hub()
        stopped = on_loopback(create_app(service.installation.services))
        client = ServiceClient(stopped.__enter__(), service.agent_token)
        undo.callback(client.close)
        config = AgentConfig(
            RELYING_PARTY, tmp_path / "agent", ServiceConfig("http://127.0.0.1:1"),
            offline=OfflineConfig(steps=()),
        )  # fmt: skip
        offline = assemble_offline(
            config, client=client, hub=hub, clock=clock, monotonic=time.monotonic,
            random_octets=secrets.token_bytes, undo=undo,
        )  # fmt: skip
        assert offline.keeper is not None
        tapper = Tapper(
            RELYING_PARTY, open_reader=lambda _: connect_in_process(card), online=client,
            offline=offline.judge, network=Network(hub, clock), hub=hub, clock=clock,
        )  # fmt: skip
        heard = hub.subscribe(TapDecided, TapFailed, NetworkLost, NetworkBack)

        offline.keeper.refresh()
        assert not tapper.tap(FRONT, SERVICE).offline
        store, at = service.installation.store, service.clock.now()
        lifecycle.suspend(store, guid, operator="lan", at=at)
        assert tapper.tap(FRONT, SERVICE).decision.code == "card_suspended"
        lifecycle.resume(store, guid, operator="lan", at=service.clock.now())

        stopped.__exit__(None, None, None)
        outcome = tapper.tap(FRONT, SERVICE)
        assert (outcome.offline, outcome.decision.granted, outcome.guid) == (True, True, guid)
        assert outcome.decision.holder_name is None
        told = []
        while (one := heard.get(0)) is not None:
            told.append((type(one).__name__, getattr(one, "offline", None)))
        assert told == [
            ("NetworkBack", None), ("TapDecided", False), ("TapDecided", False),
            ("NetworkLost", None), ("TapDecided", True),
        ]  # fmt: skip
        kept = [one.event.kind for one in offline.outbox.book.unsent(10, 10**6)]
        assert kept == [DECIDED_OFFLINE]


def test_without_a_bundle_nothing_is_decided_offline(tmp_path: Path) -> None:
    clock, hub, blank = SettableClock(AT), Hub(), VirtualCard(CardState.factory())
    with ExitStack() as undo:
        config = AgentConfig(RELYING_PARTY, tmp_path, ServiceConfig("http://127.0.0.1:9"))
        client = ServiceClient("http://127.0.0.1:9", "none")
        undo.callback(client.close)
        offline = assemble_offline(
            config, client=client, hub=hub, clock=clock, monotonic=time.monotonic,
            random_octets=secrets.token_bytes, undo=undo,
        )  # fmt: skip
        tapper = Tapper(
            RELYING_PARTY, open_reader=lambda _: connect_in_process(blank), online=client,
            offline=offline.judge, network=Network(hub, clock), hub=hub, clock=clock,
        )  # fmt: skip
        with pytest.raises(CardsvcError) as caught:
            tapper.tap(FRONT, SERVICE)
        assert caught.value.reason is ReasonCode.STATUS_STALE
