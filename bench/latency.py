"""From a card at a door to the decision: a running agent, a served service, a real pcscd.

The agent is a process of its own with a door on mock pins; the service is granian's; the card
sits in vpcd. Times are the agent's own: from the moment in which PC/SC tells of the card to the
decision. The cards take turns; the agent knows each. One is locked again and again while it is
known, and put in at once: from the order to the door's refusal, pcscd's noticing among it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from bench.contactless import FRAME_OCTETS, tap_ms
from bench.measure import Measurement, median, p95
from bench.service import granian
from bench.stage import RELYING_PARTY, SERVICE, IssuedCard, Stage
from bench.taps import record_tap
from issuance import lifecycle
from reader_agent.known_cards import KnownCards
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.private_pcscd import PrivatePcscd, VirtualPcscReader

ONLINE_MS, OFFLINE_MS = (40.0, 80.0), (None, 30.0)
"""What was aimed at, p50 and p95."""
CONTACTLESS_MS = (300.0, 500.0)
"""What was aimed at for a contactless tap with its decision, p50 and p95."""
REFUSED_MS = 2000.0
"""What was aimed at from the order to lock a card to a door's refusal."""
_FROM = "from PC/SC's word of the card; limit: what was aimed at"
_STAGES = {
    "card": "connect to challenge signed; the virtual card signs",
    "network": "of one request, there are two a tap",
    "server": "of one request, there are two a tap",
}
_DOOR = "cua-chinh"
_OPERATOR = "mai"
_PATIENCE_SECONDS = 60.0
_CONFIG = """
[agent]
relying_party = "{party}"
state_dir = "{folder}/state"
[service]
url = "{url}"
token_file = "{folder}/token"
answer_seconds = 30
[[readers]]
name = "door"
match = "{reader}"
role = "door"
[[doors]]
name = "{door}"
service = "{service}"
reader = "door"
contact = false
pulse_seconds = 0.5
lock = {{ pin = 17, fail = "secure" }}
"""


@dataclass
class Tapped:
    """The times of taps, in milliseconds.

    Args:
        noticed: from putting the card in to the agent's hearing of it: pcscd's and vpcd's.
        decided: from then to the decision.
    """

    noticed: list[float] = field(default_factory=list)
    decided: list[float] = field(default_factory=list)


class AgentProcess:
    """The agent, and what it tells."""

    def __init__(self, config: Path, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.latency_agent", str(config)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=os.environ | environment | {"GPIOZERO_PIN_FACTORY": "mock"},
        )  # fmt: skip
        self._told: SimpleQueue[dict[str, Any]] = SimpleQueue()
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._told.put(json.loads(line))

    def await_told(self, *kinds: str) -> dict[str, Any]:
        """Return the next happening of these kinds."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            try:
                told = self._told.get(timeout=left)
            except Empty:
                break
            if told["kind"] in kinds:
                return told
        msg = f"the agent told no {kinds}"
        raise RuntimeError(msg)

    def stages(self) -> dict[str, Any]:
        """Ask for the times by stage."""
        assert self._process.stdin is not None
        self._process.stdin.write("stages\n")
        self._process.stdin.flush()
        return self.await_told("Stages")

    def finish(self) -> None:
        """End it."""
        self._process.communicate(timeout=_PATIENCE_SECONDS)


def measure_latency(
    stage: Stage,
    cards: Sequence[IssuedCard],
    locked: IssuedCard,
    *,
    online: int = 60,
    offline: int = 40,
    locks: int = 20,
) -> list[Measurement]:
    """Tap cards at a door, with the service and then without it.

    Args:
        stage: the service.
        cards: those that come, in turn.
        locked: another, which is locked and unlocked.
        online: how many taps are measured while the service is there.
        offline: how many while it is away.
        locks: how often a card is locked.
    """
    with (
        tempfile.TemporaryDirectory(prefix="latency-") as name,
        PrivatePcscd(1, Path(name)) as pcscd,
        ExitStack() as served,
    ):
        url = served.enter_context(granian(stage))
        config = _config(stage, Path(name), url, pcscd.readers[0])
        with _running(config, pcscd.environment) as agent:
            reader = pcscd.readers[0]
            _taps(agent, reader, cards, len(cards), offline=False)  # each is known from then on
            found = _taps(agent, reader, cards, online, offline=False)
            stages = agent.stages()["p50_ms"]
            refused = [_lock_to_refusal(agent, reader, stage, locked) for _ in range(locks)]
            served.close()
            _taps(agent, reader, cards, 1, offline=True)  # finds out that nobody answers
            away = _taps(agent, reader, cards, offline, offline=True)
    return [
        *_rows("tap at a door, online", found.decided, ONLINE_MS),
        *(
            Measurement(f"tap at a door, online, {name}, p50", stages[name], "ms", None, detail)
            for name, detail in _STAGES.items()
        ),
        Measurement(
            "PC/SC tells of a card, p50", median(found.noticed), "ms", None,
            "pcscd looks at readers without interrupts, such as vpcd, every 400 ms",
        ),
        Measurement(
            "lock to refusal at a door, p95", p95(refused), "ms", REFUSED_MS,
            "the card is put in as soon as it is locked; pcscd's 400 ms among it",
        ),
        *_rows("tap at a door, offline", away.decided, OFFLINE_MS),
        *_contactless(stage, cards[0], found.decided),
    ]  # fmt: skip


def _taps(
    agent: AgentProcess,
    reader: VirtualPcscReader,
    cards: Sequence[IssuedCard],
    count: int,
    *,
    offline: bool,
) -> Tapped:
    found = Tapped()
    for number in range(count):
        before = time.time()
        seen, decided = _tap(agent, reader, cards[number % len(cards)], "granted", offline=offline)
        found.noticed.append((seen - before) * 1e3)
        found.decided.append((decided - seen) * 1e3)
    return found


def _lock_to_refusal(
    agent: AgentProcess, reader: VirtualPcscReader, stage: Stage, issued: IssuedCard
) -> float:
    """Return the milliseconds from the order to lock a card that is known to its refusal."""
    _tap(agent, reader, issued, "granted", offline=False)
    store, clock = stage.installation.store, stage.installation.clock
    ordered = time.time()
    lifecycle.suspend(store, issued.guid, operator=_OPERATOR, at=clock.now())
    _, refused = _tap(agent, reader, issued, "card_suspended", offline=False)
    lifecycle.resume(store, issued.guid, operator=_OPERATOR, at=clock.now())
    return (refused - ordered) * 1e3


def _tap(
    agent: AgentProcess, reader: VirtualPcscReader, issued: IssuedCard, code: str, *, offline: bool
) -> tuple[float, float]:
    """Put a card in and take it out; return when it was seen and when it was decided on."""
    reader.slot.insert(issued.card)
    seen = agent.await_told("CardIn")["at"]
    decided = agent.await_told("TapDecided", "TapFailed")
    if decided.get("code") != code or decided["offline"] is not offline:
        msg = f"not {code}: {decided}"
        raise RuntimeError(msg)
    reader.slot.remove()
    agent.await_told("CardRemoved")
    return seen, decided["at"]


@contextmanager
def _running(config: Path, environment: dict[str, str]) -> Iterator[AgentProcess]:
    agent = AgentProcess(config, environment)
    try:
        agent.await_told("ReaderBack")
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while not agent.stages()["bundle"]:
            if time.monotonic() > deadline:
                msg = "the agent has no bundle"
                raise RuntimeError(msg)
            time.sleep(0.1)
        yield agent
    finally:
        agent.finish()


def _config(stage: Stage, folder: Path, url: str, reader: VirtualPcscReader) -> Path:
    (folder / "token").write_text(stage.agent_token, "ascii")
    file = folder / "agent.toml"
    text = _CONFIG.format(
        party=RELYING_PARTY, folder=folder, url=url, reader=reader.name, door=_DOOR,
        service=SERVICE,
    )  # fmt: skip
    file.write_text(text, "utf-8")
    return file


def _rows(
    name: str, times: Sequence[float], aims: tuple[float | None, float], detail: str = _FROM
) -> list[Measurement]:
    return [
        Measurement(f"{name}, p50", median(times), "ms", aims[0], detail),
        Measurement(f"{name}, p95", p95(times), "ms", aims[1], detail),
    ]


def _contactless(stage: Stage, issued: IssuedCard, rest: Sequence[float]) -> list[Measurement]:
    """Add the modelled air and a real card's signature to what was measured over vpcd."""
    known, rows = KnownCards(), []
    for name in ("first tap", "repeat tap"):
        recorder, _ = record_tap(stage, lambda: connect_in_process(issued.card), known)
        air = tap_ms(recorder.exchanged, FRAME_OCTETS[0])
        detail = f"{air:.1f} ms computed, a card signature of 59 ms among it; the rest as measured"
        rows += _rows(
            f"{name} to decision, contactless at 106 kbit/s", [air + one for one in rest],
            CONTACTLESS_MS, detail,
        )  # fmt: skip
    return rows
