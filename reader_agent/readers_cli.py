"""``reader-agent readers``: lists the PC/SC readers, or tells what happens at them."""

from __future__ import annotations

import sys
import threading

import click

from cardsvc.errors import CardsvcError, ReasonCode
from reader_agent import monitor, pcsc

_ADVICE = {
    ReasonCode.SERVICE_UNAVAILABLE: (
        "Dịch vụ PC/SC không chạy – pcscd is not running: sudo systemctl start pcscd.socket"
    ),
    ReasonCode.ACCESS_DENIED: (
        "Không có quyền dùng đầu đọc – not allowed to use readers: install the polkit rule in docs/"
    ),
}


@click.command("readers")
@click.option("--watch", is_flag=True, help="stay and tell what happens at the readers")
def readers(*, watch: bool) -> None:
    """Liệt kê đầu đọc thẻ – list the card readers."""
    if watch:
        _watch()
        return
    try:
        names = pcsc.list_readers()
    except CardsvcError as error:
        click.echo(_ADVICE.get(error.reason, str(error)), err=True)
        sys.exit(2)
    if not names:
        click.echo("Không có đầu đọc thẻ – no card reader", err=True)
        sys.exit(1)
    for name in names:
        click.echo(name)


def _watch() -> None:
    stop = threading.Event()
    try:
        for event in monitor.ReaderMonitor().events(stop):
            click.echo(_describe(event))
    except KeyboardInterrupt:
        stop.set()


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
