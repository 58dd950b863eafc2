"""Shows readers and their events as lines of text."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from reader_agent import monitor, pcsc


def reader_names() -> list[str]:
    """Return the readers' names.

    Raises:
        CardError: the PC/SC service is not there.
    """
    return pcsc.list_readers()


def event_lines(stop: threading.Event) -> Iterator[str]:
    """Yield a line for each event at the readers, until ``stop`` is set."""
    for event in monitor.ReaderMonitor().events(stop):
        yield _describe(event)


def _describe(event: monitor.ReaderEvent) -> str:
    match event:
        case monitor.ServiceLost(detail):
            return f"PC/SC ✗  {detail}"
        case monitor.ServiceBack():
            return "PC/SC ✓"
        case monitor.ReaderAdded(reader):
            return f"+ {reader}"
        case monitor.ReaderRemoved(reader):
            return f"- {reader}"
        case monitor.CardInserted(reader, atr):
            return f"▣ {reader}  {atr.hex().upper()}"
        case monitor.CardRemoved(reader):
            return f"□ {reader}"
        case monitor.CardMute(reader):
            return f"▣ {reader}  thẻ không trả lời – the card does not answer (upside down?)"
        case monitor.ReaderCapReached(count):
            return f"! {count} readers: the service may hide further ones"
