"""``cardsvc init``, ``serve``, ``demo``: the service itself."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from cardsvc.errors import CardsvcError
from web.bootstrap import Installation
from web.cli.support import opened
from web.settings import DATABASE_FILE, Settings


@click.command()
@click.pass_obj
def init(settings: Settings) -> None:
    """Tạo cơ sở dữ liệu, kho khóa và các CA – make database, vault and CAs, or show them."""
    with opened(settings) as installation:
        for line in installation.pki.transcript:
            click.echo(str(line))
        click.echo(f"\n{settings.data_dir}")


@click.command()
@click.pass_obj
def serve(settings: Settings) -> None:
    """Chạy dịch vụ – serve the APIs."""
    from web import server  # noqa: PLC0415 - this command alone needs it

    with opened(settings):
        pass  # what is wrong is said here, not in a worker's traceback
    try:
        server.run(settings)
    except server.CannotServe as error:
        raise click.ClickException(str(error)) from error


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_obj
def backup(settings: Settings, folder: Path) -> None:
    """Sao lưu – copy database and vault into a new FOLDER; the passphrase is not copied.

    May be run while the service runs. A PostgreSQL database is left to pg_dump.
    """
    with opened(settings) as installation:
        try:
            folder.mkdir(mode=0o700, parents=True)
            copied = _copy(installation, folder)
        except shutil.Error as error:
            raise click.ClickException(f"{folder}: {error.args[0][0][2]}") from error
        except OSError as error:
            raise click.ClickException(f"{error.filename}: {error.strerror}") from error
    click.echo(f"✓ {folder}")
    if not copied:
        click.echo("! the database is PostgreSQL: back it up with pg_dump", err=True)


def _copy(installation: Installation, folder: Path) -> bool:
    """Copy everything, or leave no folder that looks like a backup."""
    settings = installation.settings
    try:
        copied = installation.database.copy_to(folder / DATABASE_FILE)
        shutil.copytree(settings.vault_dir, folder / settings.vault_dir.name)
        if settings.root_crl_file.exists():
            shutil.copy2(settings.root_crl_file, folder)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return copied


@click.command()
@click.option("--once", is_flag=True, help="end when the story is told")
@click.option("--console", is_flag=True, help="a furnished service to click through instead")
def demo(*, once: bool, console: bool) -> None:
    """Trình diễn: ba thẻ, từ đề nghị đến thu hồi – three cards from request to revocation."""
    from web.demo.console import run_console  # noqa: PLC0415
    from web.demo.run import run_demo  # noqa: PLC0415 - the demo alone needs the agent
    from web.demo.story import DemoFailed  # noqa: PLC0415

    try:
        if console:
            run_console()
        else:
            run_demo(once=once)
    except (DemoFailed, CardsvcError) as error:
        click.secho(f"✗ {error}", fg="red", err=True)
        sys.exit(1)
