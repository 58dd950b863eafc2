"""``reader-agent my-checks``: who checked this card, told to its holder."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cardsvc.clock import VIETNAM_TIME
from cardsvc.errors import CardsvcError
from cardsvc.wire.own_checks import OwnChecksMessage
from reader_agent.own_checks import ask_own_checks
from reader_agent.reason_texts import reason_text
from reader_agent.service_options import open_client, service_options
from reader_agent.sources import open_source
from reader_agent.terminal_pin import pin_of


@click.command("my-checks")
@service_options
@click.option("--pin-stdin", is_flag=True, help="read the PIN from standard input (one line)")
def my_checks(*, reader: str, service_url: str, token_file: Path, pin_stdin: bool) -> None:
    """Ai đã kiểm tra thẻ của tôi – who checked my card. Needs the card and its PIN.

    Exit status: 0 told, 1 refused, 2 the card or the service could not be reached.
    """
    try:
        client = open_client(service_url, token_file)
        source = open_source(reader)
        try:
            ask_pin = pin_of(source.connection, from_stdin=pin_stdin)
            told = ask_own_checks(client, source.connection, ask_pin)
        finally:
            source.connection.close()
            client.close()
    except CardsvcError as error:
        click.echo(f"✗ {error.reason.value}: {reason_text(error.reason)}", err=True)
        sys.exit(2)
    show(told)


def show(told: OwnChecksMessage) -> None:
    """Print the list; ends the program where the holder is told nothing."""
    if not told.decision.granted:
        click.echo(f"✗ {told.decision.message_vi}\n  {told.decision.message_en}", err=True)
        sys.exit(1)
    for one in told.checks:
        at = one.at.astimezone(VIETNAM_TIME).strftime("%Y-%m-%d %H:%M")
        mark = "✓" if one.granted else "✗"
        click.echo(
            f"{mark} {at}\t{one.partner}\t{one.service_vi} – {one.service_en}"
            f"\t{one.level or '–'}\t{one.code}\t{', '.join(one.released) or '–'}"
        )
    if not told.checks:
        click.echo("Chưa ai kiểm tra thẻ này – nobody checked this card")
