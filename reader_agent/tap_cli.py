"""``reader-agent tap``: one tap against the service, as a kiosk or counter makes it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.tap import DecisionMessage
from reader_agent.reason_texts import reason_text
from reader_agent.service_options import (
    ask_option,
    asked_attributes,
    open_client,
    service_options,
)
from reader_agent.sources import open_source
from reader_agent.tap import TapCost, tap_card
from reader_agent.terminal_pin import pin_of

_BY_TOKEN = ""
"""The service knows an agent by its token; the message names none."""


@click.command("tap")
@service_options
@click.option("--relying-party", required=True, help="who relies on the answer")
@click.option("--service", required=True, help="for which of its services")
@click.option("--level", type=click.Choice(["X1", "X2"]), default="X1", show_default=True)
@click.option("--pin-stdin", is_flag=True, help="read the PIN from standard input (one line)")
@ask_option
@click.option("--json", "json_output", is_flag=True, help="print JSON")
def tap(
    *,
    reader: str,
    service_url: str,
    token_file: Path,
    relying_party: str,
    service: str,
    level: str,
    pin_stdin: bool,
    ask: str | None,
    json_output: bool,
) -> None:
    """Chạm thẻ và hỏi dịch vụ – tap a card and ask the service.

    Exit status: 0 granted, 1 denied, 2 the card or the service could not be read.
    """
    wanted = AssuranceLevel[level]
    needs_pin = wanted >= AssuranceLevel.X2
    try:
        client = open_client(service_url, token_file)
        challenge = client.open_challenge(relying_party, service, wanted)
        consent = challenge.consent
        if consent is not None and needs_pin:
            # on standard error: above the PIN, and out of what programs read
            click.echo(f"{consent.vi}\n{consent.en}", err=True)
        source = open_source(reader)
        try:
            answered = tap_card(
                source.connection,
                message=challenge.message,
                nonce=challenge.nonce,
                agent=_BY_TOKEN,
                level=wanted,
                ask_pin=pin_of(source.connection, from_stdin=pin_stdin) if needs_pin else None,
                asked=asked_attributes(ask),
                consent=None if consent is None else consent.id,
            )
        finally:
            source.connection.close()
        decision = client.present(answered.presentation)
    except CardsvcError as error:
        _fail(error.reason, json_output=json_output)
        return
    _show(decision, answered.cost, json_output=json_output)
    sys.exit(0 if decision.granted else 1)


def _fail(reason: ReasonCode, *, json_output: bool) -> None:
    if json_output:
        click.echo(json.dumps({"granted": False, "code": "unreadable", "reason": reason.value}))
    else:
        click.echo(f"✗ {reason.value}: {reason_text(reason)}", err=True)
    sys.exit(2)


def _show(decision: DecisionMessage, cost: TapCost, *, json_output: bool) -> None:
    if json_output:
        body = json.loads(decision.encode()) | {"apdus": cost.apdus, "octets": cost.octets}
        click.echo(json.dumps(body, ensure_ascii=False, indent=2))
        return
    mark = "✓" if decision.granted else "✗"
    name = f"  {decision.holder_name}" if decision.holder_name else ""
    click.echo(f"{mark} {decision.message_vi}{name}\n  {decision.message_en}")
    for attribute, value in decision.released.items():
        click.echo(f"  {attribute}: {'–' if value is None else value}")
    click.echo(
        f"  {decision.code}, {decision.level or '–'}, {cost.apdus} APDU, {cost.octets} octets"
    )
