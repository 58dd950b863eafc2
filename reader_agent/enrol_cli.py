"""``reader-agent enrol``: makes this device an agent, by a code from the service."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cardsvc.errors import CardsvcError, ReasonCode
from reader_agent.reason_texts import reason_text

if TYPE_CHECKING:
    from reader_agent.run.config import ServiceConfig

_MAX_CODE_LINE = 128
_MAX_CODE = 64
_NO_CODE = (
    "Mã đăng ký không đúng, đã dùng hoặc đã hết hạn (một giờ): xin mã mới bằng cardsvc agent invite"
    " – the code is wrong, used or has expired (an hour): ask for a new one by cardsvc agent invite"
)


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

    config = None
    try:
        config = load_agent_config(config_file)
        if code_stdin:
            code = sys.stdin.readline(_MAX_CODE_LINE).strip()
        else:
            code = click.prompt("Mã đăng ký – code", hide_input=True, err=True).strip()
        if not (0 < len(code) <= _MAX_CODE and code.isprintable()):
            click.echo(f"✗ {_NO_CODE}", err=True)
            sys.exit(2)
        identity = enrol_device(config, code, replace=replace)
    except CardsvcError as error:
        denied = error.reason is ReasonCode.ACCESS_DENIED
        text = _NO_CODE if denied else reason_text(error.reason)
        click.echo(f"✗ {error.reason.value}: {text} ({error})", err=True)
        if config is not None and error.reason is ReasonCode.NETWORK_FAILED:
            _tell_why(config.service)
        sys.exit(2)
    except OSError as error:
        click.echo(f"✗ {error.filename}: {error.strerror}", err=True)
        sys.exit(2)
    until = identity.certificate.not_valid_after_utc
    click.echo(f"✓ {identity.name}, {until:%Y-%m-%d}")


def _tell_why(service: ServiceConfig) -> None:
    """Say which layer on the way to the service failed, as the doctor does."""
    from reader_agent.doctor.service_check import reach  # noqa: PLC0415
    from reader_agent.doctor.texts import SIGN_TEXTS  # noqa: PLC0415

    found = reach(service)
    if found is not None:
        said = SIGN_TEXTS[found.sign]
        click.echo(f"✗ {said.vi} – {said.en} ({found.detail})", err=True)
        click.echo(f"    → {said.fix_vi}\n    → {said.fix_en}", err=True)
