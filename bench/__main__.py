"""One run of all measurements, in a minute or two; ``big`` for those that need millions of rows.

``console`` measures the console's pages among a million people, in a database that it makes once;
``latency`` taps at a door of a running agent; ``outbox`` lives through three days offline,
``offline`` decides by a bundle of 100,000 cards.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from rich.console import Console

from bench.batch_issue import measure_batch_issue
from bench.console import measure_console
from bench.core import measure_core
from bench.decisions import measure_decisions, measure_revocation
from bench.faults import FaultCards, run_faults, table, verdict
from bench.footprint import measure_footprint
from bench.imports import measure_import
from bench.latency import measure_latency
from bench.many_cards import measure_many_cards
from bench.measure import Measurement
from bench.offline import measure_offline
from bench.outbox import measure_outbox
from bench.parts import issue_cards, measure_chuid, measure_crl, measure_look_ups
from bench.presentations import measure_presentations
from bench.seed import PROVINCE, open_seeded
from bench.service import granian, measure_personalisation, measure_round_trips, werkzeug
from bench.stage import open_stage
from bench.status_list import measure_status_list
from bench.table import (
    CONSOLE_RESULTS,
    FOOTPRINT_RESULTS,
    LATENCY_RESULTS,
    RESULTS,
    print_table,
    write_results,
)
from bench.taps import measure_in_process, measure_pcsc, why_no_pcsc

CARDS = 12
FAULT_TAPS = 1000


def main() -> None:
    """Measure what is measured each day, print, keep; a minute or two."""
    console, started = Console(), time.perf_counter()
    rows: list[Measurement] = []
    with open_stage() as stage:
        cards, personalised = issue_cards(stage, range(CARDS))
        rows += measure_core(stage, cards)
        bare_us = rows[0].bare_limit or 0.0
        reason = why_no_pcsc()
        if reason is None:
            rows += measure_pcsc(stage, cards[0])
        else:
            console.print(f"not measured over PC/SC: {reason}")
        rows += measure_in_process(stage, cards[0])
        with werkzeug(stage) as url:
            rows += measure_round_trips(stage, cards[0], url, "werkzeug", bare_us)
            relayed = measure_personalisation(stage, url, range(CARDS, CARDS + 5))
        rows += measure_decisions(stage, cards)
        # what was decided up to here is told to partners now, not by the service that is measured
        stage.installation.services.events.feed.catch_up()
        with granian(stage) as url:
            rows += measure_round_trips(stage, cards[0], url, "granian", bare_us)
            rows += measure_presentations(stage, cards, url, "granian")
            rows.append(measure_revocation(stage, cards[1], [url]))
        rows += [personalised, relayed, measure_chuid(cards[0].card)]
        rows += measure_batch_issue(stage)
        rows += measure_crl(stage)
        rows += measure_look_ups(stage, cards[0])
    rows += measure_status_list()
    rows += measure_import()
    print_table(rows, console)
    write_results(rows)
    console.print(f"{RESULTS} · {time.perf_counter() - started:.0f} s")


def big() -> None:
    """Measure what needs many rows, and print it; takes minutes and 3 GB of disk."""
    with open_stage() as stage:
        rows = measure_batch_issue(stage, cards=10_000)
    print_table([measure_many_cards(), *rows], Console())


def console() -> None:
    """Measure the console's pages in a province, print, keep; the first time makes the province."""
    with open_seeded(PROVINCE) as installation:
        rows = measure_console(installation)
    print_table(rows, Console())
    write_results(rows, CONSOLE_RESULTS)


def offline() -> None:
    """Measure bundles and offline decisions among 100,000 cards, and print it."""
    with open_stage() as stage:
        rows = measure_offline(stage)
    print_table(rows, Console())


def outbox() -> None:
    """Live through three days offline with 100,000 events, and print what became of them."""
    found, rows = measure_outbox(datetime(2026, 11, 19, tzinfo=UTC))
    print_table(rows, Console())
    print(found)


def latency() -> None:
    """Tap at a door of a running agent, online and offline, print, keep; some two minutes."""
    if (reason := why_no_pcsc()) is not None:
        sys.exit(f"no latency run: {reason}")
    with open_stage() as stage:
        (locked, *cards), _ = issue_cards(stage, range(5))
        rows = measure_latency(stage, cards, locked)
    print_table(rows, Console())
    write_results(rows, LATENCY_RESULTS)


def footprint() -> None:
    """Measure an agent with its kiosk page for half a minute, print, keep."""
    rows = measure_footprint()
    print_table(rows, Console())
    write_results(rows, FOOTPRINT_RESULTS)


def faults() -> None:
    """Tap a thousand times with random faults, and print what came of it; some 20 minutes."""
    if (reason := why_no_pcsc()) is not None:
        sys.exit(f"no fault run: {reason}")
    with open_stage() as stage:
        cards, _ = issue_cards(stage, range(3))
        run = run_faults(stage, FaultCards(*cards), FAULT_TAPS)
    Console().print(table(run))
    print(verdict(run))
    sys.exit(0 if run.holds else 1)


RUNS = (big, console, faults, footprint, latency, offline, outbox)


def chosen_run(arguments: Sequence[str]) -> Callable[[], None]:
    """Return the run that a command line names, the daily one where it names none.

    Raises:
        SystemExit: it asks for help, or says what no run understands.
    """
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.set_defaults(run=main)
    others = parser.add_subparsers(title="other runs", metavar="RUN")
    for run in RUNS:
        other = others.add_parser(run.__name__, help=run.__doc__, description=run.__doc__)
        other.set_defaults(run=run)
    chosen: Callable[[], None] = parser.parse_args(arguments).run
    return chosen


if __name__ == "__main__":
    chosen_run(sys.argv[1:])()
