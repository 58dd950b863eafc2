"""``reader-agent enrol``: makes this device an agent, by a code from the service."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from cardsvc.errors import CardsvcError
from reader_agent.reason_texts import reason_text

_MAX_CODE_LINE = 128


@click.command("enrol")
@click.option(
    "--config",
    "config_file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="agent.toml",
)
@click.option("--code-stdin", is_flag=True, help="read the code from standard input (one line)")
@click.option(
    "--replace",
    is_flag=True,
    help="the device was another agent: put what that one has kept aside (stop it first)",
)
def enrol(*, config_file: Path, code_stdin: bool, replace: bool) -> None:
    """Đăng ký thiết bị này – make this device an agent, by the code of `cardsvc agent invite`.

    The key is made here and stays here. A device that is another agent already is refused, and
    the code stays good. Exit status: 0 enrolled, 2 not.
    """
    from reader_agent.enrol.ask import enrol_device  # noqa: PLC0415 - heavy; --help is not
    from reader_agent.run.config import load_agent_config  # noqa: PLC0415

    try:
        config = load_agent_config(config_file)
        if code_stdin:
            code = sys.stdin.readline(_MAX_CODE_LINE).strip()
        else:
            code = click.prompt("Mã đăng ký – code", hide_input=True, err=True).strip()
        identity = enrol_device(config, code, replace=replace)
    except CardsvcError as error:
        text = reason_text(error.reason)
        click.echo(f"✗ {error.reason.value}: {text} ({error})", err=True)
        sys.exit(2)
    except OSError as error:
        click.echo(f"✗ {error.filename}: {error.strerror}", err=True)
        sys.exit(2)
    until = identity.certificate.not_valid_after_utc
    click.echo(f"✓ {identity.name}, {until:%Y-%m-%d}")
