"""Another process of the same installation: serves it, and does an operator's work on demand.

Run as a program it prints its address, then answers each line of standard input, a JSON list
``[deed, identifier, operator]``, with a line: ``ok`` or the reason code.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from cardsvc.card.guid import CardGuid
from cardsvc.errors import CardsvcError
from cardsvc.terms import RevocationReason
from issuance import lifecycle
from issuance.approve import approve
from tests.support.installations import AT, TickingClock, open_cheaply
from web.app import create_app
from web.bootstrap import Installation
from web.loopback import on_loopback
from web.settings import Settings

ROOT = Path(__file__).parents[2]


def _set_clock(installation: Installation, instant: str, who: str, at: datetime) -> None:
    """Move the process's clock on to an instant, so that both have one time."""
    del who
    assert isinstance(installation.clock, TickingClock)
    installation.clock.advance(datetime.fromisoformat(instant) - at)


Deed = Callable[[Installation, str, str, datetime], object]
DEEDS: dict[str, Deed] = {
    "clock": _set_clock,
    "approve": lambda it, id_, who, at: approve(it.store, id_, operator=who, at=at),
    "hand_over": lambda it, guid, who, at: lifecycle.hand_over(
        it.store, CardGuid.parse(guid), operator=who, at=at
    ),
    "suspend": lambda it, guid, who, at: lifecycle.suspend(
        it.store, CardGuid.parse(guid), operator=who, at=at
    ),
    "resume": lambda it, guid, who, at: lifecycle.resume(
        it.store, CardGuid.parse(guid), operator=who, at=at
    ),
    "revoke": lambda it, guid, who, at: lifecycle.revoke(
        it.store, CardGuid.parse(guid), reason=RevocationReason.KEY_COMPROMISE,
        operator=who, at=at,
    ),
}  # fmt: skip


def do(installation: Installation, deed: str, subject: str, operator: str) -> str:
    """Do an operator's work; return ``ok`` or why not."""
    try:
        DEEDS[deed](installation, subject, operator, installation.clock.now())
    except CardsvcError as error:
        return error.reason.value
    return "ok"


class SecondProcess:
    """The other end of such a process."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self._process = process
        self.url = url

    def do(self, deed: str, subject: str, operator: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps([deed, subject, operator]), file=self._process.stdin, flush=True)
        return self._process.stdout.readline().strip()


@contextmanager
def second_process(settings: Settings) -> Iterator[SecondProcess]:
    """Start one on the same data folder and database; it ends when its input does."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.second_process"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=settings.as_environment() | {"PYTHONPATH": str(ROOT), "PATH": ""},
    ) as process:
        assert process.stdout is not None
        yield SecondProcess(process, process.stdout.readline().strip())
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0


def main() -> None:
    from web.settings import load_settings  # noqa: PLC0415 - in the other process only

    installation = open_cheaply(load_settings(), TickingClock(AT))
    with on_loopback(create_app(installation.services)) as url:
        print(url, flush=True)
        for line in sys.stdin:
            print(do(installation, *json.loads(line)), flush=True)
    installation.close()


if __name__ == "__main__":
    main()
