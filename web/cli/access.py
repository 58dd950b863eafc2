"""``cardsvc agent``: reader agents that may call the service."""

from __future__ import annotations

import json

import click

from cardsvc.wire.fields import encode_instant
from web.cli.agent_events import agent_alarms, agent_events, offline_report
from web.cli.agent_settings import agent_settings, configure_agent
from web.cli.support import OPERATOR, opened
from web.settings import Settings


@click.group()
def agent() -> None:
    """Reader agents."""


@agent.command("enrol")
@click.argument("agent_id")
@click.option("--name", required=True)
@OPERATOR
@click.pass_obj
def enrol_agent(settings: Settings, agent_id: str, name: str, operator: str) -> None:
    """Enrol an agent, or give it a new token; prints the token, once."""
    with opened(settings) as installation:
        at = installation.clock.now()
        click.echo(installation.access.enrol_agent(agent_id, name, operator=operator, at=at))


@agent.command("invite")
@click.argument("agent_id")
@click.option("--name", required=True)
@OPERATOR
@click.pass_obj
def invite_agent(settings: Settings, agent_id: str, name: str, operator: str) -> None:
    """Let a device become this agent, by a key that it makes; prints a code for one hour.

    On the device: reader-agent enrol. What was this agent before is shut out then.
    """
    with opened(settings) as installation:
        at = installation.clock.now()
        desk = installation.services.agents.enrolment
        click.echo(desk.invite(agent_id, name, operator=operator, at=at))


@agent.command("list")
@click.pass_obj
def list_agents(settings: Settings) -> None:
    """List the agents."""
    with opened(settings) as installation:
        for one in installation.access.agents():
            click.echo(f"{one.id}\t{'enabled' if one.enabled else 'disabled'}\t{one.name}")


@agent.command("health")
@click.pass_obj
def agent_health(settings: Settings) -> None:
    """Say what every agent last told of itself, a JSON object a line."""
    with opened(settings) as installation:
        for one in installation.presence.all():
            told = {
                "agent": one.agent,
                "seen_at": encode_instant(one.seen_at),
                "version": one.version,
                "pcsc": one.pcsc,
                "readers": {name: state.value for name, state in one.readers},
                "health": one.health,
            }
            click.echo(json.dumps(told, ensure_ascii=False))


@agent.command("disable")
@click.argument("agent_id")
@OPERATOR
@click.pass_obj
def disable_agent(settings: Settings, agent_id: str, operator: str) -> None:
    """Shut an agent out at once."""
    with opened(settings) as installation:
        at = installation.clock.now()
        if not installation.access.disable_agent(agent_id, operator=operator, at=at):
            raise click.ClickException(f"no agent {agent_id}; see `cardsvc agent list`")


for command in (agent_events, agent_alarms, offline_report, configure_agent, agent_settings):
    agent.add_command(command)
