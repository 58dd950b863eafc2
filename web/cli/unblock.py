"""``cardsvc card unblock-…``: a blocked or forgotten PIN, by two officers and a desk."""

from __future__ import annotations

import uuid

import click

from cardsvc.card.guid import CardGuid
from cardsvc.unblock_records import UnblockState
from issuance import unblock
from web.cli.desk import require_agent
from web.cli.support import GUID, OPERATOR, opened
from web.settings import Settings


@click.command("unblock-request")
@click.argument("guid", type=GUID)
@OPERATOR
@click.pass_obj
def request(settings: Settings, guid: CardGuid, operator: str) -> None:
    """Ask for a card's PIN to be unblocked; the holder is here and was identified."""
    with opened(settings) as installation:
        asked = unblock.request_unblock(
            installation.store,
            installation.unblocks,
            guid,
            request_id=uuid.uuid4(),
            operator=operator,
            at=installation.clock.now(),
        )
        click.echo(asked.id)


@click.command("unblock-approve")
@click.argument("request_id")
@click.option("--agent", required=True, help="the desk's agent; the card goes into its reader")
@OPERATOR
@click.pass_obj
def approve(settings: Settings, *, request_id: str, agent: str, operator: str) -> None:
    """Approve somebody else's request and give it to a desk."""
    with opened(settings) as installation:
        require_agent(installation, agent)
        unblock.approve_unblock(
            installation.unblocks,
            installation.store,
            installation.orders,
            request_id,
            agent=agent,
            operator=operator,
            at=installation.clock.now(),
        )


@click.command("unblock-refuse")
@click.argument("request_id")
@OPERATOR
@click.pass_obj
def refuse(settings: Settings, request_id: str, operator: str) -> None:
    """Refuse somebody else's request."""
    with opened(settings) as installation:
        at = installation.clock.now()
        unblock.refuse_unblock(installation.unblocks, request_id, operator=operator, at=at)


@click.command("unblock-withdraw")
@click.argument("request_id")
@OPERATOR
@click.pass_obj
def withdraw(settings: Settings, request_id: str, operator: str) -> None:
    """Take a request back that was not carried out."""
    with opened(settings) as installation:
        at = installation.clock.now()
        unblocks, orders = installation.unblocks, installation.orders
        unblock.withdraw_unblock(unblocks, orders, request_id, operator=operator, at=at)


@click.command("unblock-code")
@click.argument("request_id")
@click.option("--again", is_flag=True, help="the first slip was lost")
@OPERATOR
@click.pass_obj
def code(settings: Settings, *, request_id: str, again: bool, operator: str) -> None:
    """Print the code that the card took; once, to whoever approved, and audited."""
    with opened(settings) as installation:
        click.echo(
            unblock.show_unblock_code(
                installation.unblocks,
                installation.pki.card_secrets,
                request_id,
                operator=operator,
                at=installation.clock.now(),
                again=again,
            )
        )


@click.command("unblock-list")
@click.option(
    "--state",
    type=click.Choice([state.value for state in UnblockState]),
    default=UnblockState.REQUESTED.value,
    show_default=True,
)
@click.pass_obj
def list_requests(settings: Settings, state: str) -> None:
    """List unblockings."""
    with opened(settings) as installation:
        for one in installation.unblocks.in_state(UnblockState(state)):
            decided = one.decided_by or "–"
            click.echo(f"{one.id}\t{one.guid}\t{one.requested_by}\t{decided}")


UNBLOCKING = (request, approve, refuse, withdraw, code, list_requests)
