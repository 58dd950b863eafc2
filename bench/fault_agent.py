"""The agent of a fault run: runs as it does at a counter, and taps when it is told to.

Each line of standard input is a tap; each is answered by one JSON line, unless the process is
killed in between.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

from cardsvc.desk_records import ReaderState
from cardsvc.errors import CardsvcError
from reader_agent.run.compose import Agent, assemble
from reader_agent.run.config import load_agent_config

READER = "counter"
_CARD_SECONDS = 6.0


def main() -> None:
    """Run until standard input ends."""
    service = sys.argv[2]
    stop = threading.Event()
    with assemble(load_agent_config(Path(sys.argv[1]))) as agent:
        running = threading.Thread(target=agent.run, args=(stop,))
        running.start()
        _say({"ready": True})
        for _ in sys.stdin:
            _say(_tap(agent, service) | {"resident_kb": _resident_kb()})
        deadline = time.monotonic() + 30
        while agent.tools.offline is not None and agent.tools.offline.outbox.health().unsent:
            if time.monotonic() > deadline:
                break
            time.sleep(0.1)
        stop.set()
        running.join(5)


def _tap(agent: Agent, service: str) -> dict[str, object]:
    deadline = time.monotonic() + _CARD_SECONDS
    while agent.tools.readers.state_of(READER) is not ReaderState.CARD:
        if time.monotonic() > deadline:
            break
        time.sleep(0.01)
    try:
        outcome = agent.tools.tapper.tap(READER, service)
    except CardsvcError as error:
        return {"outcome": "failed", "reason": error.reason.value}
    decided = outcome.decision
    return {
        "outcome": "granted" if decided.granted else "denied",
        "reason": decided.code,
        "offline": outcome.offline,
        "receipt": decided.receipt,
        "apdus": outcome.cost.apdus,
    }


def _resident_kb() -> int:
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))


def _say(told: dict[str, object]) -> None:
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
