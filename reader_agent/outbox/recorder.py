"""Puts what happens at the agent into the outbox, where no other part does it: faults above all.

Decisions are not among it: online ones are on record at the service, offline ones are written by
whoever makes them, before anybody is told.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from cardsvc.event_chain import JsonScalar
from reader_agent.run.happenings import (
    AtReader,
    CardUnreadable,
    Happening,
    NetworkBack,
    NetworkLost,
    PcscBack,
    PcscLost,
    ReaderBack,
    ReaderLost,
    TapFailed,
    TooManyReaders,
)
from reader_agent.run.hub import Hub

_LOOK_SECONDS = 0.5
_KINDS: dict[type[Happening], str] = {
    CardUnreadable: "reader.card_unreadable",
    NetworkBack: "network.back",
    NetworkLost: "network.lost",
    PcscBack: "pcsc.back",
    PcscLost: "pcsc.lost",
    ReaderBack: "reader.back",
    ReaderLost: "reader.lost",
    TapFailed: "tap.failed",
    TooManyReaders: "reader.too_many",
}


class Journal(Protocol):
    """The outbox."""

    def append(self, kind: str, facts: Mapping[str, JsonScalar], at: datetime) -> int:
        """Keep an event for good before this returns; return its place."""
        ...


class FaultRecorder:
    """A part of the agent; hears of what happens from the moment it is made.

    Args:
        hub: tells it.
        journal: keeps it.
    """

    name = "recorder"

    def __init__(self, hub: Hub, journal: Journal) -> None:
        self._listening = hub.subscribe(*_KINDS)
        self._journal = journal

    def run(self, stop: threading.Event) -> None:
        """Keep what happens until told to stop."""
        while not stop.is_set():
            happened = self._listening.get(_LOOK_SECONDS)
            if happened is not None:
                self._journal.append(_KINDS[type(happened)], _facts(happened), happened.at)


def _facts(happened: Happening) -> dict[str, JsonScalar]:
    facts: dict[str, JsonScalar] = {}
    if isinstance(happened, AtReader):
        facts["reader"] = happened.reader
    if isinstance(happened, TapFailed):
        facts["service"] = happened.service
    if isinstance(happened, TapFailed | PcscLost):
        facts["reason"] = happened.reason.value
    if isinstance(happened, TooManyReaders):
        facts["count"] = happened.count
    return facts
