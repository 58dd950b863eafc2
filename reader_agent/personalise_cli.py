"""``reader-agent personalise``: makes the card in a desk's reader, as the service orders."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.lifecycle import CardState
from reader_agent.desk import RelayedJob, relay_job
from reader_agent.reason_texts import reason_text
from reader_agent.service_options import open_client, service_options
from reader_agent.sources import open_source


@click.command("personalise")
@service_options
@click.option("--job", required=True, help="as `cardsvc desk open-job` printed it")
@click.option("--json", "json_output", is_flag=True, help="print JSON")
def personalise(
    *, reader: str, service_url: str, token_file: Path, job: str, json_output: bool
) -> None:
    """Cá thể hóa thẻ trong đầu đọc – personalise the card in a reader.

    Run it again with the same job when the card was torn. Exit status: 0 made, 1 torn, 2 the card
    or the service could not be reached.
    """
    try:
        client = open_client(service_url, token_file)
        source = open_source(reader)
        try:
            done = relay_job(client, job, source.connection)
        finally:
            source.connection.close()
            client.close()
    except CardsvcError as error:
        _fail(error.reason, json_output=json_output)
    else:
        _show(done, json_output=json_output)
        sys.exit(0 if done.state == CardState.PERSONALISED else 1)


def _fail(reason: ReasonCode, *, json_output: bool) -> None:
    if json_output:
        click.echo(json.dumps({"state": None, "reason": reason.value}))
    else:
        click.echo(f"✗ {reason.value}: {reason_text(reason)}", err=True)
    sys.exit(2)


def _show(done: RelayedJob, *, json_output: bool) -> None:
    reason = done.reason.value if done.reason else None
    if json_output:
        document = {
            "state": done.state,
            "reason": reason,
            "apdus": done.apdus,
            "round_trips": done.round_trips,
        }
        click.echo(json.dumps(document))
    elif done.state == CardState.PERSONALISED:
        click.echo(f"✓ personalised  {done.apdus} APDU, {done.round_trips} round trips")
    else:
        text = reason_text(done.reason) if done.reason else ""
        click.echo(f"✗ {done.state}: {reason or ''} {text}".rstrip(), err=True)
        click.echo(
            "  Đặt lại thẻ và chạy lại lệnh này – put the card back, run this again", err=True
        )
