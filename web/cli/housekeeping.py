"""``cardsvc housekeeping``: the regular work, by hand or in a process of its own."""

from __future__ import annotations

import threading

import click

from cardsvc.clock import VIETNAM_TIME
from cardsvc.store.housekeeping_store import SqlHousekeepingStore
from web.cli.support import opened
from web.housekeeping.background import LOOK_EVERY_SECONDS, HousekeepingThread
from web.housekeeping_wiring import wire_housekeeping
from web.settings import Settings


@click.group()
def housekeeping() -> None:
    """Công việc định kỳ – what the serving process does regularly."""


@housekeeping.command("run")
@click.option("--once", is_flag=True, help="do everything now, and end")
@click.pass_obj
def run(settings: Settings, *, once: bool) -> None:
    """Chạy – do the regular work, unless another process does it already.

    With --once prints each step, how many things it did, and why it failed; the exit status is 1
    where one did.
    """
    with opened(settings) as installation:
        housekeeper = wire_housekeeping(installation)
        if not once:
            HousekeepingThread(housekeeper, LOOK_EVERY_SECONDS).start()
            threading.Event().wait()
        records = housekeeper.run_all()
        housekeeper.give_back()
        if not records:
            lease = SqlHousekeepingStore(installation.database).lease()
            holder = lease.holder if lease else "–"
            raise click.ClickException(f"tiến trình khác đang chạy – {holder} does it")
        for record in records:
            click.echo(f"{record.step.value}\t{record.failure or record.done}")
        if any(record.failure for record in records):
            raise SystemExit(1)


@housekeeping.command("show")
@click.pass_obj
def show(settings: Settings) -> None:
    """Xem – show when each step ran last, what it did and why it failed."""
    with opened(settings) as installation:
        store = SqlHousekeepingStore(installation.database)
        for record in store.records():
            at = record.ran_at.astimezone(VIETNAM_TIME).isoformat(timespec="seconds")
            click.echo(f"{record.step.value}\t{at}\t{record.failure or record.done}")
