"""The agent of the latency run: as ``reader-agent run`` makes it, telling when things happened.

Each happening is a JSON line; a line on standard input asks for the times by stage; the end of
standard input ends the agent.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

from reader_agent.run.compose import Agent, assemble
from reader_agent.run.config import load_agent_config
from reader_agent.run.happenings import AtReader, Happening, NetworkBack, NetworkLost, TapDecided
from reader_agent.run.hub import Subscription

_LOOK_SECONDS = 0.5


def main() -> None:
    """Run until standard input ends."""
    stop = threading.Event()
    with assemble(load_agent_config(Path(sys.argv[1]))) as agent:
        heard = agent.tools.hub.subscribe(AtReader, NetworkBack, NetworkLost)
        threads = [
            threading.Thread(target=agent.run, args=(stop,)),
            threading.Thread(target=_tell, args=(heard, stop)),
        ]
        for thread in threads:
            thread.start()
        for _ in sys.stdin:
            _say({"kind": "Stages", "p50_ms": _stages(agent), "bundle": _has_bundle(agent)})
        stop.set()
        for thread in threads:
            thread.join(5)


def _tell(heard: Subscription, stop: threading.Event) -> None:
    while not stop.is_set():
        happening = heard.get(_LOOK_SECONDS)
        if happening is not None:
            _say(_facts(happening))


def _facts(happening: Happening) -> dict[str, object]:
    facts: dict[str, object] = {
        "kind": type(happening).__name__, "at": happening.at.timestamp()
    }  # fmt: skip
    if isinstance(happening, TapDecided):
        facts |= {"code": happening.decision.code, "offline": happening.offline}
    return facts


def _stages(agent: Agent) -> dict[str, float]:
    return {one.stage.value: one.p50_seconds * 1e3 for one in agent.tools.stages.summaries()}


def _has_bundle(agent: Agent) -> bool:
    offline = agent.tools.offline
    return offline is not None and offline.keeper is not None and offline.keeper.bundle is not None


def _say(told: dict[str, object]) -> None:
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
