"""An agent that appends numbered events and sends them until it is killed.

Run as a program with a folder, a first number, and optionally address and token of a service: it
prints each number when the outbox says that the event is durable.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from cardsvc.clock import SystemClock
from reader_agent.client import ServiceClient
from reader_agent.outbox.config import OutboxConfig
from reader_agent.outbox.outbox import Outbox
from reader_agent.outbox.sender import OutboxSender


def main(folder: str, first: str, url: str = "", token: str = "") -> None:
    clock, config = SystemClock(), OutboxConfig()
    outbox = Outbox(Path(folder), config, clock)
    if url:
        sender = OutboxSender(outbox, ServiceClient(url, token), clock, config)
        threading.Thread(target=sender.run, args=(threading.Event(),), daemon=True).start()
    number = int(first)
    while True:
        outbox.append("test.counted", {"n": number}, clock.now())
        print(number, flush=True)
        number += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
