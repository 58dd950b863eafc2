"""``cardsvc card``: cards from hand-over to their end."""

from __future__ import annotations

from datetime import datetime

import click

from cardsvc.card.guid import CardGuid
from cardsvc.clock import VIETNAM_TIME, require_utc
from cardsvc.lifecycle import CardState
from cardsvc.records import Suspension
from cardsvc.terms import RevocationReason, SuspensionCause, WithdrawalCause
from issuance import lifecycle
from issuance.activation_code import show_activation_code
from web.cli.support import GUID, OPERATOR, opened
from web.settings import Settings

_CAUSES = [cause.value for cause in SuspensionCause if cause is not SuspensionCause.LOSS]


@click.group()
def card() -> None:
    """Cards that were made."""


@card.command("list")
@click.option("--state", type=click.Choice([state.value for state in CardState]))
@click.pass_obj
def list_cards(settings: Settings, state: str | None) -> None:
    """List cards."""
    with opened(settings) as installation:
        for one in installation.directory.cards(CardState(state) if state else None):
            last_day = one.expires_at.date().isoformat()
            line = f"{one.guid}\t{one.state}\t{one.card_type}\t{last_day}\t{one.holder_name}"
            click.echo(line)


@card.command("show")
@click.argument("guid", type=GUID)
@click.pass_obj
def show_card(settings: Settings, guid: CardGuid) -> None:
    """Show a card and its keys on record."""
    with opened(settings) as installation:
        with installation.store.transaction() as unit:
            found = unit.card(guid)
        click.echo(f"guid         {found.guid}\nstate        {found.state.value}")
        click.echo(f"card type    {found.card_type.value}\napplication  {found.application_id}")
        click.echo(f"valid until  {found.expires_at.isoformat()}")
        if found.suspension is not None:
            until = found.suspension.until
            click.echo(f"locked for   {found.suspension.cause.value}")
            click.echo(f"until        {until.isoformat() if until else '-'}")
        if found.replaced_by is not None:
            click.echo(f"replaced by  {found.replaced_by}")
        for key in found.keys:
            click.echo(f"key {key.slot:X}       {key.algorithm.name}, serial {key.serial:x}")


@card.command("hand-over")
@click.argument("guid", type=GUID)
@OPERATOR
@click.pass_obj
def hand_over(settings: Settings, guid: CardGuid, operator: str) -> None:
    """Bàn giao thẻ – hand a personalised card to its holder; not usable before activation."""
    with opened(settings) as installation:
        at = installation.clock.now()
        lifecycle.hand_over(installation.store, guid, operator=operator, at=at)


@card.command("activation-code")
@click.argument("guid", type=GUID)
@click.option("--again", is_flag=True, help="the first slip was lost")
@OPERATOR
@click.pass_obj
def activation_code(settings: Settings, guid: CardGuid, *, again: bool, operator: str) -> None:
    """Mã kích hoạt – print the code that the holder changes into a PIN; once, and audited."""
    with opened(settings) as installation:
        click.echo(
            show_activation_code(
                installation.store,
                installation.pki.card_secrets,
                guid,
                operator=operator,
                at=installation.clock.now(),
                again=again,
            )
        )


@card.command("suspend")
@click.argument("guid", type=GUID)
@click.option("--cause", type=click.Choice(_CAUSES), default="other", show_default=True)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    help="a leave's day of return, on which the card is unlocked by itself",
)
@OPERATOR
@click.pass_obj
def suspend_card(
    settings: Settings, *, guid: CardGuid, cause: str, until: datetime | None, operator: str
) -> None:
    """Khóa thẻ – lock a card; a loss is reported by `cardsvc loss report`."""
    if until is not None and cause != SuspensionCause.LEAVE:
        raise click.UsageError("--until goes with --cause leave")
    with opened(settings) as installation:
        returns = None if until is None else require_utc(until.replace(tzinfo=VIETNAM_TIME))
        lifecycle.suspend(
            installation.store,
            guid,
            operator=operator,
            at=installation.clock.now(),
            suspension=Suspension(SuspensionCause(cause), returns),
        )


@card.command("resume-due")
@click.pass_obj
def resume_due(settings: Settings) -> None:
    """Mở khóa thẻ đến hạn – unlock the cards whose day of return has come; for a daily timer."""
    with opened(settings) as installation:
        at = installation.clock.now()
        for guid in lifecycle.resume_due(installation.store, installation.directory, at=at):
            click.echo(guid)


@card.command("resume")
@click.argument("guid", type=GUID)
@OPERATOR
@click.pass_obj
def resume_card(settings: Settings, guid: CardGuid, operator: str) -> None:
    """Mở khóa thẻ – unlock a card."""
    with opened(settings) as installation:
        at = installation.clock.now()
        lifecycle.resume(installation.store, guid, operator=operator, at=at)


@card.command("revoke")
@click.argument("guid", type=GUID)
@click.option(
    "--reason",
    type=click.Choice(sorted(reason.value for reason in lifecycle.FINAL_REASONS)),
    required=True,
)
@OPERATOR
@click.pass_obj
def revoke_card(settings: Settings, guid: CardGuid, reason: str, operator: str) -> None:
    """Thu hồi thẻ – withdraw a card for good."""
    with opened(settings) as installation:
        lifecycle.revoke(
            installation.store,
            guid,
            reason=RevocationReason(reason),
            operator=operator,
            at=installation.clock.now(),
        )


@card.command("withdraw")
@click.argument("guid", type=GUID)
@click.option(
    "--cause", type=click.Choice([cause.value for cause in WithdrawalCause]), required=True
)
@OPERATOR
@click.pass_obj
def withdraw_card(settings: Settings, guid: CardGuid, cause: str, operator: str) -> None:
    """Thu hồi thẻ theo lý do – withdraw a card for a cause; the certificates' reason follows."""
    with opened(settings) as installation:
        lifecycle.withdraw_card(
            installation.store,
            guid,
            cause=WithdrawalCause(cause),
            operator=operator,
            at=installation.clock.now(),
        )


@card.command("destroy")
@click.argument("guid", type=GUID)
@click.option("--record", required=True, help="số biên bản, the number of the record")
@click.option("--witness", required=True, help="the second operator who saw it")
@OPERATOR
@click.pass_obj
def destroy_card(
    settings: Settings, *, guid: CardGuid, record: str, witness: str, operator: str
) -> None:
    """Hủy thẻ – note that an ended card was destroyed, before a witness."""
    with opened(settings) as installation:
        lifecycle.destroy(
            installation.store,
            guid,
            record=record,
            witness=witness,
            operator=operator,
            at=installation.clock.now(),
        )


@card.command("spoil")
@click.argument("guid", type=GUID)
@OPERATOR
@click.pass_obj
def spoil_card(settings: Settings, guid: CardGuid, operator: str) -> None:
    """Hủy phôi – give up a card that was never handed over."""
    with opened(settings) as installation:
        at = installation.clock.now()
        lifecycle.spoil(installation.store, guid, operator=operator, at=at)
