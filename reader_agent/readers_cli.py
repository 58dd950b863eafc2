"""``reader-agent readers``: lists the PC/SC readers, or tells what happens at them."""

from __future__ import annotations

import sys
import threading
from types import ModuleType

import click

from cardsvc.errors import CardError, CardsvcError, ReasonCode
from reader_agent.reader_advice import advice


@click.command("readers")
@click.option("--watch", is_flag=True, help="stay and tell what happens at the readers")
def readers(*, watch: bool) -> None:
    """Liệt kê đầu đọc thẻ – list the card readers."""
    try:
        view = _view()
        if watch:
            for line in view.event_lines(threading.Event()):
                click.echo(line)
            return
        names = view.reader_names()
    except CardsvcError as error:
        click.echo(advice(error.reason) or str(error), err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        return
    if not names:
        click.echo("Không có đầu đọc thẻ – no card reader", err=True)
        sys.exit(1)
    for name in names:
        click.echo(name)


def _view() -> ModuleType:
    """Load what needs pyscard only now: the other commands work without it."""
    try:
        from reader_agent import readers_view  # noqa: PLC0415
    except ImportError as error:
        raise CardError(ReasonCode.READER_FAILED, "chưa cài – not installed: pyscard") from error
    return readers_view
