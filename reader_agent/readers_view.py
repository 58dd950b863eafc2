"""Shows readers and their events as lines of text."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from reader_agent import events, pcsc
from reader_agent.monitor import ReaderMonitor
from reader_agent.reader_advice import advice


def reader_names() -> list[str]:
    """Return the readers' names.

    Raises:
        CardError: the PC/SC service is not there.
    """
    return pcsc.list_readers()


def event_lines(stop: threading.Event) -> Iterator[str]:
    """Yield a line for each event at the readers, until ``stop`` is set."""
    for event in ReaderMonitor().events(stop):
        yield _describe(event)


def _describe(event: events.ReaderEvent) -> str:
    match event:
        case events.ServiceLost(reason, detail):
            return f"PC/SC ✗  {advice(reason) or detail}"
        case events.ServiceBack():
            return "PC/SC ✓"
        case events.ReaderAdded(reader):
            return f"+ {reader}"
        case events.ReaderRemoved(reader):
            return f"- {reader}"
        case events.CardInserted(reader, atr):
            return f"▣ {reader}  {atr.hex().upper()}"
        case events.CardRemoved(reader):
            return f"□ {reader}"
        case events.CardMute(reader):
            return f"▣ {reader}  thẻ không trả lời – the card does not answer (upside down?)"
        case events.ReaderCapReached(count):
            return f"! {count} đầu đọc, có thể còn nữa – readers; the service may hide further ones"
