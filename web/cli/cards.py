"""``cardsvc card``: cards from hand-over to their end."""

from __future__ import annotations

import click

from cardsvc.card.guid import CardGuid
from cardsvc.lifecycle import CardState
from cardsvc.terms import RevocationReason
from issuance import lifecycle
from issuance.activation_code import show_activation_code
from web.cli.support import GUID, OPERATOR, opened
from web.settings import Settings


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
@OPERATOR
@click.pass_obj
def suspend_card(settings: Settings, guid: CardGuid, operator: str) -> None:
    """Khóa thẻ – lock a card."""
    with opened(settings) as installation:
        at = installation.clock.now()
        lifecycle.suspend(installation.store, guid, operator=operator, at=at)


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


@card.command("replace")
@click.argument("guid", type=GUID)
@click.option("--by", "successor", type=GUID, required=True, help="the holder's new card")
@OPERATOR
@click.pass_obj
def replace_card(settings: Settings, guid: CardGuid, successor: CardGuid, operator: str) -> None:
    """Cấp đổi thẻ – end a card because a new one was handed over."""
    with opened(settings) as installation:
        at = installation.clock.now()
        lifecycle.replace_card(installation.store, guid, by=successor, operator=operator, at=at)


@card.command("spoil")
@click.argument("guid", type=GUID)
@OPERATOR
@click.pass_obj
def spoil_card(settings: Settings, guid: CardGuid, operator: str) -> None:
    """Hủy phôi – give up a card that was never handed over."""
    with opened(settings) as installation:
        at = installation.clock.now()
        lifecycle.spoil(installation.store, guid, operator=operator, at=at)
