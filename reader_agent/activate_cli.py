"""``reader-agent activate``: the holder changes the activation code into a PIN, and proves it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.wire.tap import DecisionMessage
from reader_agent.activation import activate_card, set_holder_pin
from reader_agent.reason_texts import reason_text
from reader_agent.service_options import open_client, service_options
from reader_agent.sources import open_source

_MAX_PIN_LINE = 64
_BY_TOKEN = ""
"""The service knows an agent by its token; the message names none."""


@click.command("activate")
@service_options
@click.option(
    "--pin-stdin", is_flag=True, help="read code and PIN from standard input, a line each"
)
@click.option("--pin-changed", is_flag=True, help="the PIN is set already; ask for it only")
def activate(
    *, reader: str, service_url: str, token_file: Path, pin_stdin: bool, pin_changed: bool
) -> None:
    """Kích hoạt thẻ – activate a card that was handed over.

    Both secrets go to the card and nowhere else. Exit status: 0 active, 1 refused, 2 the card or
    the service could not be reached.
    """
    code = None if pin_changed else _ask("Mã kích hoạt – activation code", pin_stdin=pin_stdin)
    pin = _ask("Mã PIN mới – new PIN", pin_stdin=pin_stdin, twice=not pin_changed)
    changed = pin_changed
    try:
        client = open_client(service_url, token_file)
        source = open_source(reader)
        try:
            if code is not None:
                set_holder_pin(source.connection, code, pin)
                changed = True
            decision = activate_card(client, source.connection, agent=_BY_TOKEN, pin=pin)
        finally:
            source.connection.close()
            client.close()
    except CardsvcError as error:
        _fail(error.reason, changed=changed)
    else:
        _show(decision)


def _ask(what: str, *, pin_stdin: bool, twice: bool = False) -> str:
    if pin_stdin:
        return sys.stdin.readline(_MAX_PIN_LINE).rstrip("\r\n")
    return str(click.prompt(what, hide_input=True, confirmation_prompt=twice, err=True))


def _fail(reason: ReasonCode, *, changed: bool) -> None:
    click.echo(f"✗ {reason.value}: {reason_text(reason)}", err=True)
    if changed:
        click.echo("  PIN đã đổi – the PIN is set; run again with --pin-changed", err=True)
    sys.exit(2)


def _show(decision: DecisionMessage) -> None:
    if decision.granted:
        click.echo(f"✓ Thẻ đã kích hoạt – active  {decision.level}")
        return
    click.echo(f"✗ {decision.code}: {decision.message_vi}\n  {decision.message_en}", err=True)
    sys.exit(1)
