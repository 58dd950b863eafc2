"""A revoked card at a door of a running agent: refused from the next tap on, or by a bundle.

Online no time may pass at all: the first tap after the order is refused, however quick it is.
The agent is the program that people run, its bolt a mock pin; what its door did is read from the
events that it sent. The card is one that it knows by its signature.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.cut_network import CutNetwork
from bench.parts import issue_cards
from bench.service import granian
from bench.stage import AGENT, RELYING_PARTY, SERVICE, IssuedCard, Stage, open_stage
from cardsvc.desk_records import ReaderState
from cardsvc.event_chain import AgentEvent
from cardsvc.offline_records import DECIDED_OFFLINE, parse_offline_decision
from cardsvc.terms import RevocationReason
from issuance.lifecycle import revoke
from reader_agent.door.moves import DoorEvent
from reader_agent.outbox.book import EventBook
from reader_agent.virtual.storage import FileStore
from tests.support.second_process import ROOT

CONFIG = """\
[agent]
relying_party = "{party}"
state_dir = "{folder}/state"
[service]
url = "{url}"
token_file = "{folder}/token"
answer_seconds = 30
[offline]
refresh_seconds = 1
[[readers]]
name = "bac"
match = "virtual:{folder}/door.json"
role = "door"
[[doors]]
name = "cua-bac"
service = "{service}"
reader = "bac"
contact = false
pulse_seconds = 0.5
most_tap_seconds = 10
lock = {{ pin = 17, fail = "secure" }}
"""
_PATIENCE_SECONDS = 120.0
_TAPS = (DoorEvent.GRANTED, DoorEvent.DENIED)


def until(is_so: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


@dataclass
class Door:
    """The door, as those see it who come to it and who read its events."""

    stage: Stage
    folder: Path

    def lay(self, issued: IssuedCard) -> None:
        """Lay a card on the empty reader."""
        FileStore(self.folder / "laid.json").save(issued.card.state)
        (self.folder / "laid.json").rename(self.folder / "door.json")

    def take(self) -> None:
        """Take the card off the reader; the agent has told that it was there, and that it left."""
        until(lambda: self._reader() is ReaderState.CARD, "the card was not seen")
        (self.folder / "door.json").unlink()
        until(lambda: self._reader() is ReaderState.EMPTY, "the reader was not seen empty")

    def _reader(self) -> ReaderState | None:
        """Return how the agent told that its reader is; None until it told of one."""
        (presence,) = self.stage.installation.presence.all()
        return next((state for _, state in presence.readers), None)

    def events(self, *kinds: str) -> Sequence[AgentEvent]:
        found = self.stage.installation.events.events(agent=AGENT)
        return [one.event for one in found if one.event.kind in kinds]

    def tap(self, issued: IssuedCard) -> AgentEvent:
        """Lay a card on the reader; return what the door did, once the service knows it."""
        before = len(self.events(*_TAPS))
        self.lay(issued)
        until(lambda: len(self.events(*_TAPS)) > before, "the door did nothing")
        return self.events(*_TAPS)[before]

    def tap_without_network(self, issued: IssuedCard) -> None:
        """Lay a card on the reader, and wait until what the door did is in the agent's outbox."""
        since = self.stage.installation.clock.now()
        self.lay(issued)

        def is_kept() -> bool:
            kept = [one.event for one in book.unsent(50, 10**6)]
            return any(one.kind in _TAPS and one.at > since for one in kept)

        with closing(EventBook(self.folder / "state" / "outbox.db")) as book:
            until(is_kept, "the door did nothing")

    def revoke(self, issued: IssuedCard) -> datetime:
        installation = self.stage.installation
        at = installation.clock.now()
        revoke(
            installation.store, issued.guid, operator="an",
            reason=RevocationReason.KEY_COMPROMISE, at=at,
        )  # fmt: skip
        return at

    def health(self) -> Mapping[str, Any]:
        """Return how the agent told that it does."""
        found = [one for one in self.stage.installation.presence.all() if one.agent == AGENT]
        return found[0].health or {} if found else {}

    def has_bundle_of(self, at: datetime) -> bool:
        told = self.health().get("bundle_at")
        return told is not None and datetime.fromisoformat(told) > at


@contextmanager
def door_at(stage: Stage, url: str, folder: Path) -> Iterator[Door]:
    """Run an agent with one door."""
    (folder / "token").write_text(stage.agent_token, "ascii")
    config = folder / "agent.toml"
    text = CONFIG.format(party=RELYING_PARTY, folder=folder, url=url, service=SERVICE)
    config.write_text(text, "utf-8")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "reader_agent", "run", "--config", str(config)],
            env=os.environ | {"GPIOZERO_PIN_FACTORY": "mock"}, cwd=ROOT, stderr=log,
        )  # fmt: skip
    try:
        door = Door(stage, folder)
        until(lambda: bool(door.health()) or process.poll() is not None, "it tells nothing")
        assert process.poll() is None, (folder / "log").read_text("utf-8")
        yield door
    finally:
        process.terminate()
        process.wait(10)


def test_a_revoked_card_is_refused_online_at_once_and_offline_by_the_next_bundle(
    tmp_path: Path,
) -> None:
    with open_stage() as stage, granian(stage) as url, CutNetwork(url) as network:
        (first, second), _ = issue_cards(stage, range(2))
        with door_at(stage, network.url, tmp_path) as door:
            _a_day(door, network, first, second)


def _a_day(door: Door, network: CutNetwork, first: IssuedCard, second: IssuedCard) -> None:
    assert door.tap(first).kind == DoorEvent.GRANTED
    door.take()
    revoked_at = door.revoke(first)
    refused = door.tap(first)
    assert (refused.kind, refused.facts["reason"]) == (DoorEvent.DENIED, "card_revoked")

    door.take()
    assert door.tap(second).kind == DoorEvent.GRANTED
    door.take()
    until(lambda: door.has_bundle_of(revoked_at), "no bundle with the card")
    network.cut()
    door.tap_without_network(second)  # the bundle says that it is good
    revoked_at = door.revoke(second)
    network.mend()
    door.take()
    until(lambda: door.has_bundle_of(revoked_at), "no newer bundle")
    network.cut()
    door.tap_without_network(second)
    network.mend()
    until(lambda: len(door.events(DECIDED_OFFLINE)) == 2, "not all events came")
    old, new = (parse_offline_decision(one) for one in door.events(DECIDED_OFFLINE))
    assert (old.granted, old.guid) == (True, second.guid)
    assert (new.granted, new.reasons) == (False, ("card_revoked",))
    assert new.bundle_seq > old.bundle_seq
    kinds = [one.kind for one in door.events(*_TAPS)]
    assert kinds == [
        DoorEvent.GRANTED, DoorEvent.DENIED, DoorEvent.GRANTED,
        DoorEvent.GRANTED, DoorEvent.DENIED,
    ]  # fmt: skip
