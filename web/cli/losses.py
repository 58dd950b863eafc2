"""``cardsvc loss``: lost cards, from the report to the end of the case."""

from __future__ import annotations

import uuid

import click

from cardsvc.card.guid import CardGuid
from cardsvc.loss_records import CallerCheck, LossChannel, LossState
from issuance.losses.report import report_to_operator
from issuance.losses.settle import close_as_found, confirm_loss
from web.cli.support import GUID, OPERATOR, opened
from web.settings import Settings


@click.group()
def loss() -> None:
    """Báo mất thẻ – lost cards."""


@loss.command("report")
@click.argument("guid", type=GUID)
@click.option(
    "--channel",
    type=click.Choice([LossChannel.TELEPHONE.value, LossChannel.COUNTER.value]),
    default=LossChannel.TELEPHONE.value,
    show_default=True,
)
@click.option(
    "--check",
    "checks",
    type=click.Choice([check.value for check in CallerCheck]),
    multiple=True,
    required=True,
    help="what the caller was asked; may be given several times",
)
@OPERATOR
@click.pass_obj
def report(
    settings: Settings, *, guid: CardGuid, channel: str, checks: tuple[str, ...], operator: str
) -> None:
    """Báo mất – lock every card of the person who has card GUID; prints the case's id."""
    with opened(settings) as installation:
        with installation.store.transaction() as unit:
            holder_id = unit.card(guid).holder_id
        case = report_to_operator(
            installation.store,
            holder_id,
            case_id=str(uuid.uuid4()),
            channel=LossChannel(channel),
            checks=frozenset(CallerCheck(check) for check in checks),
            operator=operator,
            at=installation.clock.now(),
        )
        click.echo(case.id)


@loss.command("list")
@click.option("--state", type=click.Choice([state.value for state in LossState]), default="open")
@click.pass_obj
def list_losses(settings: Settings, state: str) -> None:
    """List cases, the oldest first."""
    with opened(settings) as installation:
        for case in installation.directory.loss_cases(LossState(state)):
            cards = " ".join(str(one.guid) for one in case.cards)
            at = case.reported_at.isoformat(timespec="seconds")
            click.echo(f"{case.id}\t{at}\t{case.channel}\t{case.reported_by}\t{cards}")


@loss.command("found")
@click.argument("case_id")
@OPERATOR
@click.pass_obj
def found(settings: Settings, case_id: str, operator: str) -> None:
    """Tìm thấy thẻ – unlock the cards; not by whoever took the report."""
    with opened(settings) as installation:
        at = installation.clock.now()
        close_as_found(installation.store, case_id, operator=operator, at=at)


@loss.command("confirm")
@click.argument("case_id")
@click.option("--stolen", is_flag=True, help="somebody else may know the PIN")
@click.option("--replace/--no-replace", default=True, help="ask for new cards at once")
@OPERATOR
@click.pass_obj
def confirm(
    settings: Settings, *, case_id: str, stolen: bool, replace: bool, operator: str
) -> None:
    """Xác nhận mất thẻ – withdraw the cards for good, and ask for new ones."""
    with opened(settings) as installation:
        confirm_loss(
            installation.store,
            case_id,
            operator=operator,
            at=installation.clock.now(),
            stolen=stolen,
            new_id=(lambda: str(uuid.uuid4())) if replace else None,
        )
