"""``cardsvc audit witness``: a second instance that cosigns the log, and asking it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from cardsvc.clock import SystemClock
from cardsvc.errors import CardsvcError
from cardsvc.witness_records import LogWitness
from web.bootstrap import Installation
from web.cli.support import FILE, OPERATOR, error_line, opened
from web.settings import Settings
from web.wiring.witness import (
    log_key_text,
    make_witness,
    open_witness,
    parse_note_key,
    watch_log,
)

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group()
def witness() -> None:
    """Bên chứng kiến nhật ký – witnesses of the audit log."""


@witness.command("init")
@click.argument("folder", type=_FOLDER)
@click.option("--name", required=True, help="such as nhan-chung.tinh-khac.gov.vn")
def init_witness(folder: Path, name: str) -> None:
    """Make a witness in FOLDER, at somebody else's machine; prints its key for the logs."""
    with _said():
        click.echo(make_witness(folder, name))


@witness.command("watch")
@click.argument("folder", type=_FOLDER)
@click.argument("log_key")
def watch(folder: Path, log_key: str) -> None:
    """Let the witness of FOLDER watch a log, by the log's key (`cardsvc audit witness key`)."""
    with _said():
        origin = watch_log(folder, log_key)
    click.echo(origin or "watched already")


@witness.command("serve")
@click.argument("folder", type=_FOLDER)
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 0xFFFF), default=8460, show_default=True)
def serve_witness(folder: Path, host: str, port: int) -> None:
    """Chạy bên chứng kiến – answer logs over HTTP."""
    import waitress  # noqa: PLC0415 - this command alone needs it

    from web.witness.app import create_witness_app  # noqa: PLC0415

    with _said():
        app = create_witness_app(open_witness(folder), SystemClock())
        waitress.serve(app, host=host, port=port, ident=None)


@witness.command("cosign")
@click.argument("folder", type=_FOLDER)
@click.argument("request_file", type=FILE)
def cosign(folder: Path, request_file: Path) -> None:
    """Cosign a request that was brought (`cardsvc audit witness request`); prints the lines."""
    with _said():
        answer = open_witness(folder).add_checkpoint(request_file.read_bytes(), SystemClock().now())
    click.echo(answer.body, nl=False)
    if answer.status != 200:
        click.echo(f"✗ {answer.status}", err=True)
        sys.exit(1)


@witness.command("key")
@click.pass_obj
def show_key(settings: Settings) -> None:
    """Print this log's key for its witnesses."""
    with opened(settings) as installation:
        click.echo(log_key_text(installation.log_signer))


@witness.command("add")
@click.argument("key")
@click.option("--url", default="", help="where it answers; without it, it is brought requests")
@OPERATOR
@click.pass_obj
def add_witness(settings: Settings, key: str, url: str, operator: str) -> None:
    """Have the log cosigned by a witness, by its KEY, every hour from now on."""
    with opened(settings) as installation:
        parsed = parse_note_key(key)
        if not parsed.is_witness:
            raise click.ClickException("that is the key of a log, not of a witness")
        put = LogWitness(parsed.name, parsed.text, url.rstrip("/"))
        installation.witnesses.book.put(put, operator=operator, at=installation.clock.now())
        click.echo(parsed.name)


@witness.command("list")
@click.pass_obj
def list_witnesses(settings: Settings) -> None:
    """List the witnesses, and how much of the log each cosigned."""
    with opened(settings) as installation:
        book = installation.witnesses.book
        for one in book.all():
            click.echo(f"{one.name}\t{book.last_size(one.name)}\t{one.url or '–'}")


@witness.command("ask")
@click.pass_obj
def ask(settings: Settings) -> None:
    """Nhờ chứng kiến ngay – have the log's head cosigned now."""
    with opened(settings) as installation:
        click.echo(str(installation.witnesses.ask_all(installation.clock.now())))


@witness.command("request")
@click.argument("name")
@click.pass_obj
def request(settings: Settings, name: str) -> None:
    """Print a request to carry to a witness that the network does not reach."""
    with opened(settings) as installation:
        asked = installation.witnesses.request(_named(installation, name), installation.clock.now())
        click.echo(asked.encode(), nl=False)


@witness.command("take")
@click.argument("name")
@click.argument("request_file", type=FILE)
@click.argument("answer_file", type=FILE)
@click.pass_obj
def take(settings: Settings, name: str, request_file: Path, answer_file: Path) -> None:
    """Keep the cosignature that a witness gave to a request."""
    from cardsvc.checkpoint import parse_cosigning_request  # noqa: PLC0415

    with opened(settings) as installation:
        signed = parse_cosigning_request(request_file.read_bytes()).signed
        found = installation.witnesses.take(
            _named(installation, name), signed, answer_file.read_bytes()
        )
        click.echo(str(found.size))


def _named(installation: Installation, name: str) -> LogWitness:
    for one in installation.witnesses.book.all():
        if one.name == name:
            return one
    raise click.ClickException(f"no witness {name}; see `cardsvc audit witness list`")


@contextmanager
def _said() -> Iterator[None]:
    """Say what is wrong in one line instead of a traceback."""
    try:
        yield
    except CardsvcError as error:
        raise click.ClickException(error_line(error)) from error
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error
