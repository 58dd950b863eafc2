"""``reader-agent desk``: an issuing desk that waits for work and never ends by itself."""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import click

from cardsvc.card.connection import CardConnection
from cardsvc.desk_records import ReaderState
from cardsvc.errors import CardError, CardsvcError, ReasonCode
from reader_agent.desk_loop import DeskLoop
from reader_agent.desk_pin import HolderPin
from reader_agent.desk_presence import Heartbeat
from reader_agent.desk_readers import DeskReaders, ReaderView, WatchedReaders
from reader_agent.desk_screen import MAX_PIN_CHARACTERS, TerminalScreen
from reader_agent.pin_rules import PinRules
from reader_agent.reason_texts import reason_text
from reader_agent.service_options import open_client, service_options
from reader_agent.sources import card_file, open_source


class FileReader:
    """Implements ``DeskReaders`` for a virtual card in a file: it is always there.

    Args:
        name: ``virtual:FILE``.
    """

    def __init__(self, name: str) -> None:
        self._readers = {name: ReaderState.CARD}
        self._insertion = 0
        self._name = name

    def view(self) -> ReaderView:
        """Return the file as a reader with a card in it."""
        return ReaderView(
            pcsc=True, readers=self._readers, insertions={self._name: self._insertion}
        )

    def wait(self, seconds: float) -> None:
        """Take the card out and put it in again: nobody else would."""
        time.sleep(seconds)
        self._insertion += 1

    def open(self, reader: str) -> CardConnection:
        """Connect to the card."""
        return open_source(reader).connection


@click.command("desk")
@service_options
@click.option("--jobs", type=click.IntRange(1), help="end after so many jobs, for scripts")
@click.option("--pin-stdin", is_flag=True, help="read what the holder types from standard input")
@click.option(
    "--pin-digits",
    type=click.IntRange(6, 8),
    default=PinRules().least_digits,
    show_default=True,
    help="how many digits a PIN has at least",
)
@click.option("--allow-dates", is_flag=True, help="let a PIN look like a date")
def desk(
    *,
    reader: str,
    service_url: str,
    token_file: Path,
    jobs: int | None,
    pin_stdin: bool,
    pin_digits: int,
    allow_dates: bool,
) -> None:
    """Bàn cấp thẻ – work as an issuing desk: cards, activations, PIN unblocks as they come.

    ``--reader any`` is whichever reader holds a card. Ends at Ctrl-C only.
    """
    stop = threading.Event()
    with ExitStack() as undo:
        try:
            client = open_client(service_url, token_file)
            undo.callback(client.close)
            readers = _open_readers(reader, undo)
        except CardsvcError as error:
            click.echo(f"✗ {error.reason.value}: {reason_text(error.reason)}", err=True)
            sys.exit(2)
        undo.callback(Heartbeat(client, readers).stop)
        screen = TerminalScreen(_read_line if pin_stdin else None)
        rules = PinRules(least_digits=pin_digits, dates=allow_dates)
        holder = HolderPin(client, readers, screen, rules)
        wanted = "" if reader == "any" else reader
        undo.callback(stop.set)
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, lambda *_: stop.set())
        try:
            DeskLoop(client, readers, screen, holder, wanted=wanted, stop=stop).run(jobs=jobs)
        except (KeyboardInterrupt, click.Abort):
            return


def _read_line() -> str:
    return sys.stdin.readline(MAX_PIN_CHARACTERS)


def _open_readers(reader: str, undo: ExitStack) -> DeskReaders:
    if card_file(reader) is not None:
        return FileReader(reader)
    try:
        from reader_agent import pcsc  # noqa: PLC0415 - files work without pyscard, too
        from reader_agent.monitor import ReaderMonitor  # noqa: PLC0415
    except ImportError as error:
        raise CardError(ReasonCode.SERVICE_UNAVAILABLE, "pyscard is not installed") from error
    watched = WatchedReaders(ReaderMonitor().events, pcsc.PcscConnection)
    undo.callback(watched.close)
    return watched
