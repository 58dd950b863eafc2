"""``cardsvc agent``, ``cardsvc partner``: who may call the service, and for what."""

from __future__ import annotations

import click

from cardsvc.terms import AssuranceLevel, CardType
from verification.policy.evaluate import compiled
from verification.policy.simple import simple_policy
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


@agent.command("list")
@click.pass_obj
def list_agents(settings: Settings) -> None:
    """List the agents."""
    with opened(settings) as installation:
        for one in installation.access.agents():
            click.echo(f"{one.id}\t{'enabled' if one.enabled else 'disabled'}\t{one.name}")


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


@click.group()
def partner() -> None:
    """Relying parties and their services."""


@partner.command("enrol")
@click.argument("party_id")
@click.option("--name", required=True)
@OPERATOR
@click.pass_obj
def enrol_partner(settings: Settings, party_id: str, name: str, operator: str) -> None:
    """Enrol a relying party, or give it a new token; prints the token, once."""
    with opened(settings) as installation:
        at = installation.clock.now()
        token = installation.access.enrol_relying_party(party_id, name, operator=operator, at=at)
        click.echo(token)


@partner.command("list")
@click.pass_obj
def list_partners(settings: Settings) -> None:
    """List the relying parties and the policies in force."""
    with opened(settings) as installation:
        for one in installation.access.relying_parties():
            click.echo(f"{one.id}\t{'enabled' if one.enabled else 'disabled'}\t{one.name}")
        for policy in installation.access.policies(installation.clock.now()):
            document = compiled(policy.document)
            where = f"{policy.relying_party}/{policy.service}"
            level = min(rule.minimum_level for rule in document.rules).name
            click.echo(f"  {where}\tversion {policy.version}\t{level}\t{document.title.vi}")


@partner.command("disable")
@click.argument("party_id")
@OPERATOR
@click.pass_obj
def disable_partner(settings: Settings, party_id: str, operator: str) -> None:
    """Shut a relying party out at once; its services are granted nothing any more."""
    with opened(settings) as installation:
        at = installation.clock.now()
        if not installation.access.disable_relying_party(party_id, operator=operator, at=at):
            raise click.ClickException(f"no partner {party_id}; see `cardsvc partner list`")


@partner.command("policy")
@click.argument("party_id")
@click.argument("service")
@click.option("--level", type=click.Choice(["X1", "X2"]), default="X1", show_default=True)
@click.option(
    "--card-type",
    "card_types",
    type=click.Choice([kind.value for kind in CardType]),
    multiple=True,
    help="may be given several times [default: all]",
)
@OPERATOR
@click.pass_obj
def put_policy(
    settings: Settings,
    *,
    party_id: str,
    service: str,
    level: str,
    card_types: tuple[str, ...],
    operator: str,
) -> None:
    """Put a service's policy in force; prints its version."""
    kinds = frozenset(CardType(kind) for kind in card_types) or frozenset(CardType)
    policy = simple_policy(party_id, service, kinds, AssuranceLevel[level])
    with opened(settings) as installation:
        if party_id not in {one.id for one in installation.access.relying_parties()}:
            raise click.ClickException(f"no partner {party_id}; see `cardsvc partner list`")
        at = installation.clock.now()
        click.echo(installation.access.put_policy(policy, operator=operator, at=at))
