"""Many taps with random faults: cards torn out, pcscd and agent killed, the network cut.

A real pcscd, a real agent process, the service on loopback. Most cards are known by their
signature, as those are that come every day. What must hold: no card that is revoked is ever
granted, none that is locked is granted online, not even one that is known; every tap ends with a
message, every decision is at the service exactly once, and the agent's memory stays flat.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from rich.table import Table

from bench.cut_network import CutNetwork
from bench.fault_agent import READER
from bench.service import werkzeug
from bench.stage import AGENT, RELYING_PARTY, SERVICE, IssuedCard, Stage
from cardsvc.offline_records import DECIDED_OFFLINE
from cardsvc.terms import RevocationReason
from issuance import lifecycle
from reader_agent.virtual.card import PoweredCard
from reader_agent.virtual.faults import GarbageCard, RemovedCard
from reader_agent.virtual.private_pcscd import PrivatePcscd, VirtualPcscReader

_NOTICED_SECONDS = 10.0
_MOST_DELAY_SECONDS = 0.15
"""A fault comes at any moment of a tap, which takes some 40 ms on an idle machine."""
_KNOWN_APDUS = 2
"""What a tap of a known card takes; one that is read takes four."""
_LAST_APDU = _KNOWN_APDUS + 1
"""Some cards leave after the last."""
_OPERATOR = "mai"


class Fault(StrEnum):
    """What goes wrong with a tap."""

    NONE = "none"
    TORN = "card torn out at a random APDU"
    GARBAGE = "card answers garbage"
    REVOKED = "revoked card"
    LOCKED = "known card, locked just before"
    NETWORK = "network cut at a random moment"
    PCSCD = "pcscd killed at a random moment"
    AGENT = "agent killed at a random moment"


_WEIGHTS = {
    Fault.NONE: 40, Fault.TORN: 18, Fault.GARBAGE: 4, Fault.REVOKED: 6, Fault.LOCKED: 10,
    Fault.NETWORK: 14, Fault.PCSCD: 4, Fault.AGENT: 4,
}  # fmt: skip


@dataclass(frozen=True)
class FaultCards:
    """The cards that come.

    Args:
        good: comes on most days.
        locked: a good one, that is locked before some of its taps and unlocked after.
        revoked: is of no use any more.
    """

    good: IssuedCard
    locked: IssuedCard
    revoked: IssuedCard


@dataclass
class FaultRun:
    """What came of it.

    Args:
        outcomes: how often each fault ended how.
        known: decisions about a card that was known by its signature, and was not read.
        known_refused: those of them that were refusals.
        wrong_grants: grants of the revoked card, and online ones of the locked card.
        silent: taps without a message although the agent lived.
        offline: decisions made offline that the agent told.
        online: receipts of decisions made online that the agent told.
        lost: decisions told that the service does not have.
        twice: events that the service has twice.
        resident_kb: of the agent after its first taps and after its last, for its longest life.
    """

    outcomes: Counter[tuple[Fault, str]] = field(default_factory=Counter)
    known: int = 0
    known_refused: int = 0
    wrong_grants: int = 0
    silent: int = 0
    offline: list[str] = field(default_factory=list)
    online: list[str] = field(default_factory=list)
    lost: int = 0
    twice: int = 0
    resident_kb: tuple[int, int] = (0, 0)

    @property
    def holds(self) -> bool:
        """Whether all that must hold did."""
        return not (self.wrong_grants or self.silent or self.lost or self.twice)


class AgentProcess:
    """The agent, which is started again when it was killed."""

    def __init__(self, config: Path, environment: dict[str, str]) -> None:
        self._config = config
        self._environment = environment
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.fault_agent", str(self._config), SERVICE],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=os.environ | self._environment,
        )  # fmt: skip
        self._answer()

    def _answer(self) -> dict[str, Any] | None:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return dict(json.loads(line)) if line.endswith("\n") else None

    def tap(self) -> dict[str, Any] | None:
        """Have it tap; None where it did not live to tell."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write("tap\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return None
        return self._answer()

    def kill(self) -> None:
        """End it as a power cut would."""
        self._process.send_signal(signal.SIGKILL)

    def restart(self) -> None:
        """Start it again."""
        self._process.communicate()
        self._start()

    def finish(self) -> None:
        """Let it send what it has, and end."""
        self._process.communicate(timeout=60)


def run_faults(
    stage: Stage, cards: FaultCards, taps: int, *, seed: int = 1, answer_seconds: float = 2.0
) -> FaultRun:
    """Tap so many times, each with a fault or none.

    Args:
        stage: the service.
        cards: those that come.
        taps: how many.
        seed: of the dice.
        answer_seconds: how long the agent waits for the service before it decides offline.
    """
    installation = stage.installation
    lifecycle.revoke(
        installation.store, cards.revoked.guid, reason=RevocationReason.KEY_COMPROMISE,
        operator=_OPERATOR, at=installation.clock.now(),
    )  # fmt: skip
    run, dice = FaultRun(), random.Random(seed)
    with (
        tempfile.TemporaryDirectory(prefix="fault-run-") as name,
        PrivatePcscd(1, Path(name)) as pcscd,
        werkzeug(stage) as url,
        CutNetwork(url) as network,
    ):
        reader = pcscd.readers[0]
        config = _config(stage, Path(name), network.url, reader, answer_seconds)
        agent = AgentProcess(config, pcscd.environment)
        life: list[int] = []
        for _ in range(taps):
            (fault,) = dice.choices(list(_WEIGHTS), list(_WEIGHTS.values()))
            _prepare(fault, stage, reader, cards, dice)
            strike = threading.Timer(
                dice.uniform(0, _MOST_DELAY_SECONDS), _strike, [fault, agent, network, pcscd]
            )
            strike.start()
            told = agent.tap()
            strike.join()
            _note(run, fault, told, life)
            _mend(fault, agent, network, pcscd, life)
            if fault is Fault.LOCKED:
                lifecycle.resume(
                    installation.store, cards.locked.guid, operator=_OPERATOR,
                    at=installation.clock.now(),
                )  # fmt: skip
        agent.finish()
    _compare(run, stage)
    return run


def _config(
    stage: Stage, folder: Path, url: str, reader: VirtualPcscReader, answer_seconds: float
) -> Path:
    (folder / "token").write_text(stage.agent_token, "ascii")
    file = folder / "agent.toml"
    file.write_text(
        f"""[agent]
relying_party = "{RELYING_PARTY}"
state_dir = "{folder / "state"}"
[service]
url = "{url}"
token_file = "{folder / "token"}"
answer_seconds = {answer_seconds}
[[readers]]
name = "{READER}"
match = "{reader.name}"
role = "counter"
""",
        "utf-8",
    )
    return file


def _prepare(
    fault: Fault, stage: Stage, reader: VirtualPcscReader, cards: FaultCards, dice: random.Random
) -> None:
    usual = dice.choice((cards.good, cards.locked)).card
    card: PoweredCard = usual
    if fault is Fault.TORN:
        card = RemovedCard(usual, dice.randint(1, _LAST_APDU))
    elif fault is Fault.GARBAGE:
        card = GarbageCard(usual)
    elif fault is Fault.REVOKED:
        card = cards.revoked.card
    elif fault is Fault.LOCKED:
        installation, card = stage.installation, cards.locked.card
        lifecycle.suspend(
            installation.store, cards.locked.guid, operator=_OPERATOR, at=installation.clock.now()
        )
    reader.slot.remove()
    reader.slot.insert(card, wait_seconds=_NOTICED_SECONDS)
    time.sleep(0.05)


def _strike(fault: Fault, agent: AgentProcess, network: CutNetwork, pcscd: PrivatePcscd) -> None:
    if fault is Fault.NETWORK:
        network.cut()
    elif fault is Fault.PCSCD:
        number = (pcscd.socket_path.parent / "pcscd.pid").read_text("ascii")
        os.kill(int(number.strip("\0\n ")), signal.SIGKILL)
    elif fault is Fault.AGENT:
        agent.kill()


def _note(run: FaultRun, fault: Fault, told: dict[str, Any] | None, life: list[int]) -> None:
    if told is None:
        run.outcomes[fault, "agent killed before it told"] += 1
        run.silent += fault is not Fault.AGENT
        return
    how = f"{told['outcome']}{' offline' if told.get('offline') else ''}: {told['reason']}"
    run.outcomes[fault, how] += 1
    granted = told["outcome"] == "granted"
    if told.get("apdus") == _KNOWN_APDUS:
        run.known += 1
        run.known_refused += not granted
    if granted and (fault is Fault.REVOKED or (fault is Fault.LOCKED and not told["offline"])):
        run.wrong_grants += 1
    if "receipt" in told:
        (run.offline if told["offline"] else run.online).append(told["receipt"])
    life.append(told["resident_kb"])
    if len(life) > 20 and len(life) % 10 == 0:
        run.resident_kb = max(run.resident_kb, (life[20], life[-1]), key=lambda one: one[1])


def _mend(
    fault: Fault, agent: AgentProcess, network: CutNetwork, pcscd: PrivatePcscd, life: list[int]
) -> None:
    if fault is Fault.NETWORK:
        network.mend()
    elif fault is Fault.PCSCD:
        pcscd.start_service()
    elif fault is Fault.AGENT:
        agent.restart()
        life.clear()


def _compare(run: FaultRun, stage: Stage) -> None:
    """Look for every decision that was told at the service, and for any that is there twice."""
    installation = stage.installation
    kept = Counter(
        f"offline:{one.event.facts['decision']}"
        for one in installation.events.events(kind=DECIDED_OFFLINE, agent=AGENT)
    )
    run.lost = sum(kept[one] == 0 for one in run.offline)
    run.twice = sum(count > 1 for count in kept.values())
    for receipt in run.online:
        decision = installation.check_receipt(receipt)["jti"]
        run.lost += installation.history.decision(decision) is None


def table(run: FaultRun) -> Table:
    """Return the outcomes as a table, by fault."""
    made = Table("fault", "outcome", "taps", title="Taps with random faults")
    for (fault, how), count in sorted(run.outcomes.items()):
        made.add_row(fault.value, how, str(count))
    return made


def verdict(run: FaultRun) -> str:
    """Return what must hold, and whether it did, in a line each."""
    first, last = run.resident_kb
    return "\n".join(
        [
            f"wrong grants: {run.wrong_grants}",
            f"cards known by their signature: {run.known}, of these refused: {run.known_refused}",
            f"taps without a message while the agent lived: {run.silent}",
            f"decisions told: {len(run.online)} online, {len(run.offline)} offline",
            f"of these not at the service: {run.lost}; there twice: {run.twice}",
            f"memory of the agent that lived longest: {first} kB, later {last} kB",
            "holds" if run.holds else "DOES NOT HOLD",
        ]
    )
