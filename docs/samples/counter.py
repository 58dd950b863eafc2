"""Counter software in Python, with nothing but the standard library: verify one card and end.

    python counter.py http://127.0.0.1:8460 counter.token tra-cuu X2
    python counter.py http://127.0.0.1:8460 counter.token xac-nhan X3 --officer can-bo-lan

The holder is led on the agent's own screen and types the PIN there; it never comes here. Exit
status: 0 verified, 1 refused, 2 nothing came of it.
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Counter:
    """Talks to the agent on this machine.

    Args:
        url: such as ``http://127.0.0.1:8460``.
        token: what stands in the agent's file ``counter.token``.
    """

    def __init__(self, url: str, token: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send an order; return the answer."""
        sent = json.dumps(body).encode()
        request = urllib.request.Request(f"{self._url}/v1/{path}", sent, self._headers)
        with urllib.request.urlopen(request, timeout=15) as answer:
            return dict(json.loads(answer.read() or b"{}"))

    def events(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield what happens: kind and data. The first is ``state``."""
        request = urllib.request.Request(f"{self._url}/v1/events", headers=self._headers)
        with urllib.request.urlopen(request, timeout=60) as stream:
            kind = ""
            for line in stream:
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name == "event":
                    kind = value
                elif name == "data":
                    yield kind, json.loads(value)


def main(arguments: list[str] | None = None) -> int:
    """Verify one card."""
    parser = argparse.ArgumentParser(description="Verify one card at a counter.")
    parser.add_argument("url")
    parser.add_argument("token_file", type=Path)
    parser.add_argument("service")
    parser.add_argument("level", choices=["X1", "X2", "X3"])
    parser.add_argument("--officer", help="who compares the photo, for X3")
    given = parser.parse_args(arguments)
    counter = Counter(given.url, given.token_file.read_text("utf-8").strip())
    events = counter.events()
    print("state", next(events)[1])
    tap = counter.ask("verify", {"service": given.service, "level": given.level})["tap"]
    for kind, told in events:
        print(kind, told.get("message_vi") or told.get("reader") or "")
        if told.get("tap") != tap:
            continue
        if kind == "photo_needed":
            counter.ask("confirm-photo", {"tap": tap, "officer": given.officer, "matches": True})
        elif kind in ("verified", "refused"):
            print(told["level"], told["name"] or "")
            return 0 if kind == "verified" else 1
        elif kind == "ended":
            return 2
    return 2


if __name__ == "__main__":
    sys.exit(main())
