"""Settings from afar at a running agent: taken, tried, undone, and remembered over a restart."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cardsvc.clock import SettableClock
from cardsvc.errors import ReasonCode
from cardsvc.wire.agent_health import SettingsSeen
from reader_agent.client import ServiceClient
from reader_agent.offline.shelf import Shelf
from reader_agent.outbox.config import OutboxConfig
from reader_agent.outbox.outbox import Outbox
from reader_agent.run.attendance import AttendanceNotes
from reader_agent.run.config import AgentConfig, parse_agent_config
from reader_agent.run.hub import Hub
from reader_agent.run.network import Network
from reader_agent.run.part import Part
from reader_agent.run.reader_sources import open_reader
from reader_agent.run.readers import ReaderBoard
from reader_agent.run.supervisor import Supervisor
from reader_agent.run.taps import Tapper
from reader_agent.run.tools import AgentTools
from reader_agent.settings.folder import SettingsFolder, SettingsNotes
from reader_agent.settings.keeper import KeeperTools, SettingsKeeper
from reader_agent.settings.merge import with_settings
from reader_agent.settings.refit import AgentRefit
from reader_agent.settings.start import Running, start_settings
from tests.support.token_keys import TokenKey
from verification.agent_settings.text import parse_agent_settings
from verification.agent_settings.token import SETTINGS_TYPE, SignedSettings

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
KEY = TokenKey(SETTINGS_TYPE)
OWN = parse_agent_config(
    """
[agent]
relying_party = "trung-tam-hcc"
[service]
url = "http://127.0.0.1:1"
[[readers]]
name = "cua-bac"
match = "virtual:/nowhere/card.json"
role = "door"
[kiosk]
name_vi = "Sảnh"
name_en = "Hall"
[[kiosk.services]]
service = "tra-cuu"
title_vi = "Kiểm tra thẻ"
title_en = "Check my card"
[[doors]]
name = "cua-bac"
reader = "cua-bac"
service = "cua-ra-vao"
contact = false
lock = { pin = 17, fail = "secure" }
"""
)
GOOD = '[kiosk]\nname_vi = "Tầng 1"\n[service]\nanswer_seconds = 2\n'
BAD = '[kiosk]\nname_vi = "hỏng"\n'


def token(seq: int, text: str, agent: str = "ki-ot-1") -> str:
    return KEY.sign(SignedSettings(agent, seq, AT, text).claims())


@dataclass
class ServiceInMemory:
    """Serves one signed text."""

    token: str = ""

    def settings(self) -> str:
        return self.token

    def bundle_keys(self) -> dict[str, Any]:
        return KEY.key_set


class Screen:
    """A part that fails where the kiosk is called broken."""

    name = "kiosk"

    def __init__(self, tools: AgentTools, shown: list[str]) -> None:
        assert tools.config.kiosk is not None
        self.looks_in_use = 0
        self._called, self._shown = tools.config.kiosk.name.vi, shown

    @property
    def in_use(self) -> bool:
        self.looks_in_use = max(0, self.looks_in_use - 1)
        return self.looks_in_use > 0

    def run(self, stop: threading.Event) -> None:
        if self._called == "hỏng":
            raise OSError
        self._shown.append(self._called)
        stop.wait()


@dataclass
class RunningAgent:
    """An agent of one part, its keeper, and what its screen has shown."""

    keeper: SettingsKeeper
    service: ServiceInMemory
    folder: SettingsFolder
    tools: AgentTools
    refit: AgentRefit
    stop: threading.Event
    screen: Screen
    shown: list[str] = field(default_factory=list)

    def take(self, seq: int, text: str) -> SettingsSeen:
        self.service.token = token(seq, text)
        self.keeper.wanted(seq)
        self.keeper.take(self.stop)
        return self.keeper.seen()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never was so"
        time.sleep(0.01)


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[RunningAgent]:
    clock, hub, shown = SettableClock(AT), Hub(), list[str]()
    readers = ReaderBoard(OWN.readers, open_reader, hub, clock)
    client, network = ServiceClient(OWN.service.url, "token"), Network(hub, clock)
    tapper = Tapper(
        "x", open_reader=readers.open, online=client, offline=None, network=network, hub=hub,
        clock=clock,
    )  # fmt: skip
    tools = AgentTools(
        config=OWN, clock=clock, monotonic=time.monotonic, random_octets=secrets.token_bytes,
        hub=hub, readers=readers, network=network, client=client, tapper=tapper,
    )  # fmt: skip

    def pages(tools: AgentTools) -> Sequence[Part]:
        return [Screen(tools, shown)]

    screen = Screen(tools, shown)
    parts: dict[str, Sequence[Part]] = {"pages": [screen], "doors": ()}
    supervisor, stop = Supervisor([screen], pauses_seconds=[0.01]), threading.Event()
    outbox = Outbox(tmp_path, OutboxConfig(), clock, hub.publish)
    groups = {"pages": pages, "doors": lambda _: ()}
    refit = AgentRefit(tools, supervisor, AttendanceNotes((), outbox), groups, parts)
    folder, service = SettingsFolder(tmp_path / "settings"), ServiceInMemory()
    needed = KeeperTools(service, Shelf(tmp_path / "bundle"), folder, "ki-ot-1", 0.5)
    keeper = SettingsKeeper(OWN, Running(OWN), needed, lambda: refit)
    thread = threading.Thread(target=supervisor.run, args=(stop,), kwargs={"tick_seconds": 0.01})
    thread.start()
    yield RunningAgent(keeper, service, folder, tools, refit, stop, screen, shown)
    stop.set()
    thread.join(60)
    outbox.close()
    client.close()


def started(agent: RunningAgent, own: AgentConfig = OWN) -> Running:
    return start_settings(own, agent.folder, KEY.key_set, "ki-ot-1")


def test_settings_apply_without_a_restart_and_last(agent: RunningAgent) -> None:
    assert agent.take(4, GOOD) == SettingsSeen(4)
    until(lambda: agent.shown == ["Sảnh", "Tầng 1"])
    assert agent.tools.client.tap_seconds == 2
    again = started(agent)
    assert again.seq == 4
    assert again.config.kiosk is not None
    assert again.config.kiosk.name.vi == "Tầng 1"
    assert again.config.service.url == OWN.service.url
    assert agent.take(5, "") == SettingsSeen(5)
    until(lambda: agent.shown == ["Sảnh", "Tầng 1", "Sảnh"])
    assert agent.tools.client.tap_seconds == 4


def test_a_change_waits_while_somebody_is_served(agent: RunningAgent) -> None:
    agent.screen.looks_in_use = 4
    assert agent.take(4, GOOD) == SettingsSeen(4)
    assert agent.screen.looks_in_use == 0


@pytest.mark.reason(ReasonCode.SETTINGS_FAILED)
def test_a_part_that_does_not_run_with_them_has_its_former_ones_back(agent: RunningAgent) -> None:
    agent.take(4, GOOD)
    seen = agent.take(5, BAD)
    assert seen == SettingsSeen(4, 5, "settings_failed", "kiosk: OSError")
    until(lambda: agent.shown == ["Sảnh", "Tầng 1", "Tầng 1"])
    assert started(agent).seq == 4
    agent.service.token = ""
    agent.keeper.wanted(5)
    assert agent.keeper.seen() == seen, "a version that failed is not tried again"
    assert agent.take(6, GOOD) == SettingsSeen(6)


def test_older_ones_another_agents_and_what_does_not_fit_are_refused_and_said(
    agent: RunningAgent,
) -> None:
    agent.take(4, GOOD)
    old = agent.take(3, "")
    assert (old.seq, old.refused_seq, old.refused) == (4, 3, "settings_rolled_back")
    agent.service.token = token(5, "", agent="ki-ot-2")
    agent.keeper.wanted(5)
    agent.keeper.take(agent.stop)
    assert agent.keeper.seen().refused == "settings_refused"
    nowhere = agent.take(6, '[[doors]]\nname = "cua-nam"\n')
    assert nowhere == SettingsSeen(4, 6, "malformed_config", "doors[0].name: no door of this agent")
    forbidden = agent.take(7, '[service]\nurl = "https://elsewhere.example"\n')
    assert (forbidden.seq, forbidden.refused) == (4, "malformed_config")
    assert agent.shown == ["Sảnh", "Tầng 1"]


def test_older_ones_stay_away_where_the_end_of_the_process_left_the_notes_behind(
    agent: RunningAgent, tmp_path: Path
) -> None:
    agent.take(4, GOOD)
    (tmp_path / "settings" / "notes.json").unlink()
    needed = KeeperTools(agent.service, Shelf(tmp_path / "bundle"), agent.folder, "ki-ot-1", 0)
    keeper = SettingsKeeper(OWN, started(agent), needed, lambda: agent.refit)
    agent.service.token = token(3, "")
    keeper.wanted(3)
    keeper.take(agent.stop)
    assert keeper.seen() == SettingsSeen(4, 3, "settings_rolled_back")
    assert started(agent).seq == 4


def test_a_process_that_ends_in_two_trials_refuses_what_it_tried(agent: RunningAgent) -> None:
    agent.folder.begin_trial(token(5, BAD))
    assert started(agent).seq == 0
    assert agent.folder.notes() == SettingsNotes(tried=5), "once may be a power cut"
    agent.folder.begin_trial(token(5, BAD))
    assert started(agent).seq == 0
    notes = agent.folder.notes()
    assert (notes.refused_seq, notes.refused) == (5, "settings_failed")
    assert agent.folder.trial() is None


def test_a_file_changed_by_hand_or_an_agent_toml_that_fits_no_more_is_not_run(
    agent: RunningAgent, tmp_path: Path
) -> None:
    agent.take(4, "[[doors]]\nname = 'cua-bac'\npulse_seconds = 9\n")
    assert started(agent).config.doors.doors[0].rules.pulse_seconds == 9
    without_doors = {key: one for key, one in OWN.source.items() if key != "doors"}
    other = parse_agent_config("[agent]\nrelying_party = 'x'\n[service]\nurl = 'https://x'\n")
    assert started(agent, other).seq == 0
    assert agent.folder.notes().where == "doors[0].name"
    assert "kiosk" in without_doors
    assert started(agent).seq == 4, "agent.toml fits again"
    assert agent.folder.notes().refused is None
    file = tmp_path / "settings" / "current.jws"
    file.write_bytes(file.read_bytes()[:-4] + b"AAAA")
    assert started(agent).seq == 0


def test_each_door_is_changed_by_its_name_and_keeps_its_wiring() -> None:
    text = "[[doors]]\nname = 'cua-bac'\npulse_seconds = 9\naccess = { weekdays = ['07:00-18:00'] }"
    (door,) = with_settings(OWN, parse_agent_settings(text)).doors.doors
    assert (door.rules.pulse_seconds, door.lock) == (9.0, OWN.doors.doors[0].lock)
    assert door.rules.access != OWN.doors.doors[0].rules.access
