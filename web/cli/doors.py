"""``cardsvc door``: opening a door from afar takes two people."""

from __future__ import annotations

import uuid
from datetime import timedelta

import click

from cardsvc.clock import VIETNAM_TIME
from web.cli.support import OPERATOR, opened
from web.console.door_texts import ALARMS
from web.settings import Settings


@click.group()
def door() -> None:
    """Mở cửa từ xa – doors, opened from afar."""


@door.command("open")
@click.argument("agent")
@click.argument("name")
@OPERATOR
@click.pass_obj
def ask_to_open(settings: Settings, agent: str, name: str, operator: str) -> None:
    """Đề nghị mở cửa – ask for door NAME of AGENT to be opened; prints the order's id."""
    with opened(settings) as installation:
        order = installation.services.door_orders.ask(
            agent,
            name,
            order_id=str(uuid.uuid4()),
            operator=operator,
            at=installation.clock.now(),
        )
        click.echo(order.id)


@door.command("approve")
@click.argument("order_id")
@OPERATOR
@click.pass_obj
def approve_order(settings: Settings, order_id: str, operator: str) -> None:
    """Duyệt – approve an order within 5 minutes; not by whoever asked. It opens now or never."""
    with opened(settings) as installation:
        at = installation.clock.now()
        installation.services.door_orders.approve(order_id, operator=operator, at=at)


@door.command("withdraw")
@click.argument("order_id")
@OPERATOR
@click.pass_obj
def withdraw_order(settings: Settings, order_id: str, operator: str) -> None:
    """Rút đề nghị – withdraw an order that nobody has approved."""
    with opened(settings) as installation:
        at = installation.clock.now()
        installation.services.door_orders.withdraw(order_id, operator=operator, at=at)


@door.command("orders")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True)
@click.pass_obj
def list_orders(settings: Settings, limit: int) -> None:
    """List orders, the newest first."""
    with opened(settings) as installation:
        for one in installation.door_orders.latest(limit):
            at = one.requested_at.astimezone(VIETNAM_TIME).strftime("%d/%m/%Y %H:%M:%S")
            who = f"{one.requested_by}\t{one.decided_by or '–'}"
            click.echo(f"{one.id}\t{at}\t{one.agent}\t{one.door}\t{one.state}\t{who}")


@door.command("alarms")
@click.option("--hours", type=click.IntRange(1, 24 * 366), default=24, show_default=True)
@click.pass_obj
def list_alarms(settings: Settings, hours: int) -> None:
    """Báo động tại cửa – who was forced, doors that were forced or held open; the oldest first."""
    with opened(settings) as installation:
        since = installation.clock.now() - timedelta(hours=hours)
        found = [
            kept for kind in ALARMS for kept in installation.events.events(kind=kind, since=since)
        ]
        for kept in sorted(found, key=lambda one: one.event.at):
            at = kept.event.at.astimezone(VIETNAM_TIME).strftime("%d/%m/%Y %H:%M:%S")
            facts = kept.event.facts
            text = ALARMS[kept.event.kind]
            where = f"{kept.agent}\t{facts.get('door') or '–'}"
            click.echo(f"{at}\t{where}\t{text.vi} – {text.en}\t{facts.get('card') or '–'}")
