"""Webhooks on record, and the deliveries that were given up; for the people who run them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.event_records import (
    DeadDelivery,
    DeliveryState,
    QueuedDelivery,
    Webhook,
    WebhookBacklog,
)
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import (
    PartnerEventRow,
    RelyingPartyRow,
    WebhookDeliveryRow,
    WebhookRow,
)

FORMER_SECRET_SIGNS = timedelta(days=1)
"""So long a partner may take to put a new secret in the place of the old one."""


class SqlWebhooks:
    """Keeps webhooks.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, webhook_id: str, relying_party: str, url: str, *, operator: str, at: datetime
    ) -> Webhook | None:
        """Put a webhook on record; what happens from now on is sent. None for no such partner."""
        with audited(self._database) as (session, trail):
            if session.get(RelyingPartyRow, relying_party) is None:
                return None
            row = WebhookRow(
                id=webhook_id,
                relying_party=relying_party,
                url=url,
                enabled=True,
                secret_version=1,
                failures=0,
                created_by=operator,
                created_at=at,
            )
            session.add(row)
            session.flush()
            facts: dict[str, str | int | bool | None] = {"relying_party": relying_party}
            trail.record(AuditEvent(at, operator, AuditAction.WEBHOOK_ADDED, webhook_id, facts))
            return read_webhook(row)

    def all(self) -> Sequence[Webhook]:
        """Return all webhooks, by partner."""
        query = select(WebhookRow).order_by(WebhookRow.relying_party, WebhookRow.created_at)
        with self._database.reading() as session:
            return [read_webhook(row) for row in session.scalars(query)]

    def find(self, webhook_id: str) -> Webhook | None:
        """Return a webhook, or None."""
        with self._database.reading() as session:
            row = session.get(WebhookRow, webhook_id)
            return None if row is None else read_webhook(row)

    def set_enabled(self, webhook_id: str, *, enabled: bool, operator: str, at: datetime) -> bool:
        """Shut a webhook off or open it again; False for no such webhook."""
        action = AuditAction.WEBHOOK_ENABLED if enabled else AuditAction.WEBHOOK_DISABLED
        with audited(self._database) as (session, trail):
            row = session.get(WebhookRow, webhook_id)
            if row is None:
                return False
            row.enabled, row.failures, row.rests_until = enabled, 0, None
            trail.record(AuditEvent(at, operator, action, webhook_id))
            return True

    def rotate_secret(self, webhook_id: str, *, operator: str, at: datetime) -> Webhook | None:
        """Sign with a new secret, and with the former one for a day; None for no such webhook."""
        with audited(self._database) as (session, trail):
            row = session.get(WebhookRow, webhook_id, with_for_update=True)
            if row is None:
                return None
            row.secret_version += 1
            row.former_until = at + FORMER_SECRET_SIGNS
            facts: dict[str, str | int | bool | None] = {"version": row.secret_version}
            action = AuditAction.WEBHOOK_SECRET_ROTATED
            trail.record(AuditEvent(at, operator, action, webhook_id, facts))
            return read_webhook(row)

    def queued(
        self, webhook_id: str, state: DeliveryState, *, after: int = 0, limit: int = 100
    ) -> Sequence[QueuedDelivery]:
        """Return what waits or was given up, by its place in the feed, behind a place."""
        row, event = WebhookDeliveryRow, PartnerEventRow
        query = (
            select(row, event.kind, event.at)
            .join(
                event,
                (event.relying_party == row.relying_party) & (event.position == row.position),
            )
            .where(row.webhook_id == webhook_id, row.state == state, row.position > after)
            .order_by(row.position)
            .limit(limit)
        )
        with self._database.reading() as session:
            return [
                QueuedDelivery(one.position, kind, at, one.attempts, one.due_at, one.outcome)
                for one, kind, at in session.execute(query)
            ]

    def dead(self, limit: int = 100) -> Sequence[DeadDelivery]:
        """Return deliveries that were given up, oldest first."""
        row, event = WebhookDeliveryRow, PartnerEventRow
        query = (
            select(row, event.at)
            .join(
                event,
                (event.relying_party == row.relying_party) & (event.position == row.position),
            )
            .where(row.state == DeliveryState.DEAD)
            .order_by(event.at, row.webhook_id, row.position)
            .limit(limit)
        )
        with self._database.reading() as session:
            return [
                DeadDelivery(one.webhook_id, one.position, at, one.attempts, one.outcome)
                for one, at in session.execute(query)
            ]

    def redeliver(
        self, webhook_id: str, position: int | None, *, operator: str, at: datetime
    ) -> int:
        """Send given-up deliveries again, one or all of a webhook; return how many."""
        row = WebhookDeliveryRow
        again = update(row).where(row.webhook_id == webhook_id, row.state == DeliveryState.DEAD)
        if position is not None:
            again = again.where(row.position == position)
        values = {"state": DeliveryState.WAITING, "attempts": 0, "due_at": at, "outcome": ""}
        with audited(self._database) as (session, trail):
            found = session.scalars(again.values(values).returning(row.position)).all()
            if found:
                facts: dict[str, str | int | bool | None] = {"deliveries": len(found)}
                action = AuditAction.WEBHOOK_REDELIVERED
                trail.record(AuditEvent(at, operator, action, webhook_id, facts))
            return len(found)

    def backlog(self, webhook_id: str | None = None) -> WebhookBacklog:
        """Return how many deliveries wait, and how many were given up; of all, or of one."""
        state = WebhookDeliveryRow.state
        query = select(state, func.count()).group_by(state)
        if webhook_id is not None:
            query = query.where(WebhookDeliveryRow.webhook_id == webhook_id)
        counts = dict.fromkeys(DeliveryState, 0)
        with self._database.reading() as session:
            for one, count in session.execute(query):
                counts[one] = count
        return WebhookBacklog(counts[DeliveryState.WAITING], counts[DeliveryState.DEAD])


def read_webhook(row: WebhookRow) -> Webhook:
    """Return the webhook that a row is."""
    return Webhook(
        row.id,
        row.relying_party,
        row.url,
        row.enabled,
        row.secret_version,
        row.former_until,
        row.failures,
        row.last_success_at,
    )
