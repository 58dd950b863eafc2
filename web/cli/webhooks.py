"""``cardsvc webhook``: where partners are called, and what did not get there."""

from __future__ import annotations

from uuid import uuid4

import click

from web.bootstrap import Installation
from web.cli.support import OPERATOR, opened
from web.events.webhook_desk import WebhookDesk
from web.settings import Settings

_UNKNOWN = "no webhook {}; see `cardsvc webhook list`"


@click.group()
def webhook() -> None:
    """Địa chỉ nhận sự kiện của đối tác – where partners are told of events."""


@webhook.command("add")
@click.argument("party_id")
@click.argument("url")
@OPERATOR
@click.pass_obj
def add_webhook(settings: Settings, party_id: str, url: str, operator: str) -> None:
    """Send PARTY_ID's events to URL from now on; prints its id and its secret, once."""
    with opened(settings) as installation:
        at = installation.clock.now()
        added, secret = _desk(installation).add(party_id, url, operator=operator, at=at)
        click.echo(f"{added.id}\n{secret}")


@webhook.command("list")
@click.pass_obj
def list_webhooks(settings: Settings) -> None:
    """List the webhooks, and how many events wait or were given up."""
    with opened(settings) as installation:
        for one in installation.webhooks.all():
            state = "enabled" if one.enabled else "disabled"
            last = one.last_success_at.isoformat(timespec="seconds") if one.last_success_at else "–"
            click.echo(f"{one.id}\t{one.relying_party}\t{state}\t{last}\t{one.failures}\t{one.url}")
        backlog = installation.webhooks.backlog()
        click.echo(f"waiting {backlog.waiting}, given up {backlog.dead}")


@webhook.command("disable")
@click.argument("webhook_id")
@OPERATOR
@click.pass_obj
def disable_webhook(settings: Settings, webhook_id: str, operator: str) -> None:
    """Send nothing more; what waits for it waits on."""
    _set_enabled(settings, webhook_id, operator, enabled=False)


@webhook.command("enable")
@click.argument("webhook_id")
@OPERATOR
@click.pass_obj
def enable_webhook(settings: Settings, webhook_id: str, operator: str) -> None:
    """Send again; what happened in between is in the feed."""
    _set_enabled(settings, webhook_id, operator, enabled=True)


def _set_enabled(settings: Settings, webhook_id: str, operator: str, *, enabled: bool) -> None:
    with opened(settings) as installation:
        at = installation.clock.now()
        known = installation.webhooks.set_enabled(
            webhook_id, enabled=enabled, operator=operator, at=at
        )
        if not known:
            raise click.ClickException(_UNKNOWN.format(webhook_id))


@webhook.command("rotate")
@click.argument("webhook_id")
@OPERATOR
@click.pass_obj
def rotate_secret(settings: Settings, webhook_id: str, operator: str) -> None:
    """Đổi khóa ký – sign with a new secret, for one day with the former one as well."""
    with opened(settings) as installation:
        at = installation.clock.now()
        secret = _desk(installation).rotate(webhook_id, operator=operator, at=at)
        if secret is None:
            raise click.ClickException(_UNKNOWN.format(webhook_id))
        click.echo(f"{webhook_id}\n{secret}")


@webhook.command("dead")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@click.pass_obj
def list_dead(settings: Settings, limit: int) -> None:
    """Sự kiện không gửi được – list what was given up: webhook, event, when, attempts, why."""
    with opened(settings) as installation:
        for one in installation.webhooks.dead(limit):
            at = one.at.isoformat(timespec="seconds")
            click.echo(f"{one.webhook_id}\t{one.position}\t{at}\t{one.attempts}\t{one.outcome}")


@webhook.command("redeliver")
@click.argument("webhook_id")
@click.option("--event", "position", type=click.IntRange(1), help="its number; all without it")
@OPERATOR
@click.pass_obj
def redeliver(settings: Settings, webhook_id: str, position: int | None, operator: str) -> None:
    """Gửi lại – send again what was given up."""
    with opened(settings) as installation:
        at = installation.clock.now()
        again = installation.webhooks.redeliver(webhook_id, position, operator=operator, at=at)
        click.echo(str(again))


def _desk(installation: Installation) -> WebhookDesk:
    return WebhookDesk(
        installation.webhooks,
        installation.services.events,
        installation.webhook_secret,
        lambda: str(uuid4()),
    )
