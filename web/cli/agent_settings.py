"""``cardsvc agent configure`` and ``settings``: what is set at agents from afar."""

from __future__ import annotations

from typing import TextIO

import click

from cardsvc.clock import VIETNAM_TIME
from verification.agent_settings.text import allowed_entries
from web.cli.support import OPERATOR, opened
from web.settings import Settings


@click.command("configure")
@click.argument("agent_id")
@click.argument("file", type=click.File("r", encoding="utf-8"), required=False)
@click.option("--restore", type=click.IntRange(1), help="the version to go back to")
@OPERATOR
@click.pass_obj
def configure_agent(
    settings: Settings, agent_id: str, file: TextIO | None, restore: int | None, operator: str
) -> None:
    """Cấu hình từ xa – set FILE (TOML, `-` for standard input) at an agent, or an earlier version.

    The whole of what is set from afar: an entry that is not in FILE is the machine's own again.
    Prints the version; `cardsvc agent health` says which one runs.
    """
    if (file is None) is (restore is None):
        raise click.UsageError("FILE or --restore is needed")
    with opened(settings) as installation:
        desk, at = installation.services.agent_settings, installation.clock.now()
        after = desk.wanted(agent_id) or 0
        if restore is not None:
            made = desk.restore(agent_id, restore, after=after, operator=operator, at=at)
        else:
            text = _text(file)
            made = desk.configure(agent_id, text, after=after, operator=operator, at=at)
        click.echo(made.seq)


@click.command("settings")
@click.argument("agent_id", required=False)
@click.option("--version", "seq", type=click.IntRange(1), help="print this version")
@click.pass_obj
def agent_settings(settings: Settings, agent_id: str | None, seq: int | None) -> None:
    """Cấu hình đã đặt – list an agent's versions or print one; without AGENT_ID what can be set."""
    if agent_id is None:
        click.echo("\n".join(allowed_entries()))
        return
    with opened(settings) as installation:
        desk = installation.services.agent_settings
        if seq is None:
            for one in desk.history(agent_id):
                at = one.made_at.astimezone(VIETNAM_TIME).strftime("%d/%m/%Y %H:%M:%S")
                source = "" if one.restored_from is None else f"\t← {one.restored_from}"
                click.echo(f"{one.seq}\t{at}\t{one.made_by}{source}")
            return
        found = desk.version(agent_id, seq)
        if found is None:
            raise click.ClickException(f"no version {seq}; see `cardsvc agent settings {agent_id}`")
        click.echo(found.text, nl=False)


def _text(file: TextIO | None) -> str:
    try:
        return "" if file is None else file.read()
    except UnicodeDecodeError as error:
        raise click.ClickException("the file is not UTF-8") from error
