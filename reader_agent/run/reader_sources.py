"""Where readers and their cards come from: PC/SC, files, or both; each loaded when needed."""

from __future__ import annotations

from collections.abc import Sequence

from cardsvc.card.connection import CardConnection
from cardsvc.errors import CardError, ReasonCode
from reader_agent.run.part import Part
from reader_agent.run.reader_config import VIRTUAL, ReaderConfig
from reader_agent.run.readers import ReaderBoard, ReaderWatch, Watch


def reader_watches(configured: Sequence[ReaderConfig], board: ReaderBoard) -> list[Part]:
    """Return the parts that watch the readers.

    Raises:
        CardError: SERVICE_UNAVAILABLE, PC/SC is asked for and pyscard is not installed.
    """
    files = [one.card_file for one in configured if one.card_file is not None]
    only_files = bool(files) and len(files) == len(configured)
    watches: list[Part] = []
    if not only_files:
        watches.append(ReaderWatch("readers", _pcsc_events(), board))
    if files:
        from reader_agent.run.virtual_reader import FileWatch  # noqa: PLC0415 - for trials only

        watch = FileWatch(files, instead_of_pcsc=only_files)
        watches.append(ReaderWatch("virtual readers", watch.events, board))
    return watches


def open_reader(there: str) -> CardConnection:
    """Connect to the card in a reader.

    Args:
        there: a PC/SC reader's whole name, or ``virtual:FILE``.

    Raises:
        CardsvcError: no such reader, no card, or another program keeps it.
    """
    if there.startswith(VIRTUAL):
        from reader_agent.run.virtual_reader import open_card_file  # noqa: PLC0415

        return open_card_file(there)
    from reader_agent.pcsc import PcscConnection  # noqa: PLC0415 - files work without pyscard

    return PcscConnection(there)


def _pcsc_events() -> Watch:
    try:
        from reader_agent.monitor import ReaderMonitor  # noqa: PLC0415 - files work without it
    except ImportError as error:
        raise CardError(ReasonCode.SERVICE_UNAVAILABLE, "pyscard is not installed") from error
    return ReaderMonitor().events
