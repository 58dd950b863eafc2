"""Deliveries to webhooks: queued with the event, taken by lease, in order for each card.

A delivery is taken only while none before it of the same card waits for the same webhook. Each
webhook gets a few at a time, and rests when it fails: one that hangs keeps no other waiting.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.event_records import Delivery, DeliveryState, PartnerEvent
from cardsvc.store.audit_trail import audited
from cardsvc.store.engine import Database
from cardsvc.store.partner_feed import read_partner_event
from cardsvc.store.schema import PartnerEventRow, RelyingPartyRow, WebhookDeliveryRow, WebhookRow
from cardsvc.store.webhooks import read_webhook

_SYSTEM = "system"


def enqueue(session: Session, events: Sequence[PartnerEvent]) -> None:
    """Queue events for the webhooks of their partners, in the transaction that tells them."""
    parties = {event.relying_party for event in events}
    query = select(WebhookRow.id, WebhookRow.relying_party).where(
        WebhookRow.relying_party.in_(sorted(parties)), WebhookRow.enabled.is_(True)
    )
    webhooks = session.execute(query.order_by(WebhookRow.id)).all()
    session.add_all(
        WebhookDeliveryRow(
            webhook_id=webhook_id,
            position=event.position,
            relying_party=party,
            guid=event.guid,
            state=DeliveryState.WAITING,
            attempts=0,
            due_at=event.at,
            outcome="",
        )
        for event in events
        for webhook_id, party in webhooks
        if party == event.relying_party
    )
    session.flush()


class SqlWebhookQueue:
    """Gives deliveries to couriers.

    Args:
        database: migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(
        self, lease: str, at: datetime, until: datetime, *, most: int, per_webhook: int
    ) -> Sequence[Delivery]:
        """Take what is due, under a lease.

        Args:
            lease: names the turn, unlike any other.
            at: now.
            until: when others may take what was not settled by then.
            most: how many at most.
            per_webhook: how many of one webhook may be on their way, other turns' included.
        """
        with self._database.reading() as session:
            due = session.scalars(_due_webhooks(at)).all()
        taken: list[Delivery] = []
        for webhook_id in due:
            if len(taken) >= most:
                break
            with self._database.writing() as session:
                found = _take_of(session, webhook_id, at, min(most - len(taken), per_webhook))
                for row, _ in found:
                    row.lease, row.leased_until = lease, until
                taken += [
                    Delivery(
                        read_webhook(session.get_one(WebhookRow, webhook_id)),
                        read_partner_event(event),
                        row.attempts,
                        lease,
                    )
                    for row, event in found
                ]
        return taken

    def arrived(self, delivery: Delivery, at: datetime) -> None:
        """Note that a webhook took an event; nothing happens where that was noted before."""
        row = WebhookDeliveryRow
        gone = delete(row).where(
            row.webhook_id == delivery.webhook.id, row.position == delivery.event.position
        )
        with self._database.writing() as session:
            session.execute(
                update(WebhookRow)
                .where(WebhookRow.id == delivery.webhook.id)
                .values(failures=0, rests_until=None, last_success_at=at)
            )
            session.execute(gone)

    def failed(
        self,
        delivery: Delivery,
        outcome: str,
        *,
        due_at: datetime | None,
        rests_until: datetime | None,
    ) -> None:
        """Note that a call failed; nothing happens where the lease was lost.

        Args:
            delivery: as it was taken.
            outcome: a short code, no text of the other side.
            due_at: when to try again; None to give the delivery up.
            rests_until: when the webhook is called again at all; None where it is not to blame.
        """
        row = WebhookDeliveryRow
        state = DeliveryState.DEAD if due_at is None else DeliveryState.WAITING
        values = {
            "state": state,
            "attempts": delivery.attempts + 1,
            "lease": None,
            "leased_until": None,
            "outcome": outcome,
        }
        with self._database.writing() as session:
            if rests_until is not None:
                session.execute(
                    update(WebhookRow)
                    .where(WebhookRow.id == delivery.webhook.id)
                    .values(failures=WebhookRow.failures + 1, rests_until=rests_until)
                )
            session.execute(
                update(row)
                .where(
                    row.webhook_id == delivery.webhook.id,
                    row.position == delivery.event.position,
                    row.lease == delivery.lease,
                )
                .values(values if due_at is None else values | {"due_at": due_at})
            )

    def shut(self, delivery: Delivery, at: datetime) -> None:
        """Shut a webhook off that says it is gone (410); what waits for it waits on."""
        row = WebhookDeliveryRow
        with audited(self._database) as (session, trail):
            session.execute(
                update(WebhookRow).where(WebhookRow.id == delivery.webhook.id).values(enabled=False)
            )
            session.execute(
                update(row)
                .where(row.webhook_id == delivery.webhook.id, row.lease == delivery.lease)
                .values(lease=None, leased_until=None)
            )
            action = AuditAction.WEBHOOK_DISABLED
            trail.record(AuditEvent(at, _SYSTEM, action, delivery.webhook.id))


def _take_of(
    session: Session, webhook_id: str, at: datetime, most: int
) -> Sequence[tuple[WebhookDeliveryRow, PartnerEventRow]]:
    """Return a webhook's next deliveries, as many as may still be on their way beside others."""
    # its lock puts those who take of one webhook in line
    webhook = session.get(WebhookRow, webhook_id, with_for_update=True)
    if webhook is None or not webhook.enabled:
        return []
    row = WebhookDeliveryRow
    on_their_way = session.scalar(
        select(func.count()).where(row.webhook_id == webhook_id, row.leased_until > at)
    )
    # what failed last is tried with one call, not with several
    free = (1 if webhook.failures else most) - (on_their_way or 0)
    found = session.execute(_next_of(webhook_id, at).limit(max(free, 0))).all()
    return [(delivery, event) for delivery, event in found]


def _due_webhooks(at: datetime) -> Select[str]:
    """Return the webhooks that may be called and have something due, longest waiting first."""
    row = WebhookDeliveryRow
    return (
        select(row.webhook_id)
        .join(WebhookRow, WebhookRow.id == row.webhook_id)
        .join(RelyingPartyRow, RelyingPartyRow.id == WebhookRow.relying_party)
        .where(
            row.state == DeliveryState.WAITING,
            row.due_at <= at,
            or_(row.leased_until.is_(None), row.leased_until <= at),
            WebhookRow.enabled.is_(True),
            RelyingPartyRow.enabled.is_(True),
            or_(WebhookRow.rests_until.is_(None), WebhookRow.rests_until <= at),
        )
        .group_by(row.webhook_id)
        .order_by(func.min(row.due_at), row.webhook_id)
    )


def _next_of(webhook_id: str, at: datetime) -> Select[WebhookDeliveryRow, PartnerEventRow]:
    row, event, earlier = WebhookDeliveryRow, PartnerEventRow, aliased(WebhookDeliveryRow)
    before = select(earlier.position).where(
        earlier.webhook_id == row.webhook_id,
        earlier.guid == row.guid,
        earlier.position < row.position,
        earlier.state == DeliveryState.WAITING,
    )
    return (
        select(row, event)
        .join(event, (event.relying_party == row.relying_party) & (event.position == row.position))
        .where(
            row.webhook_id == webhook_id,
            row.state == DeliveryState.WAITING,
            row.due_at <= at,
            or_(row.leased_until.is_(None), row.leased_until <= at),
            ~before.exists(),
        )
        .order_by(row.due_at, row.position)
    )
