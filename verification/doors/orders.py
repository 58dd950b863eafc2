"""Opening a door from afar: asked for by one person, approved by another, taken once, and soon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.clock import require_utc
from cardsvc.door_order_records import DoorOrder, DoorOrderState
from cardsvc.errors import ReasonCode, VerificationError
from cardsvc.operator_key import is_same_operator, operator_key
from verification.doors.token import DoorCommand

APPROVE_WITHIN = timedelta(minutes=5)
"""After that the reason why somebody asked is gone, too."""
TAKE_WITHIN = timedelta(seconds=20)
"""Whoever stands at the door waits that long; later, somebody else may stand there."""


class DoorOrderStore(Protocol):
    """Keeps orders; each call is a transaction with its audit event."""

    def add(self, order: DoorOrder, event: AuditEvent) -> None:
        """Keep a new order.

        Raises:
            VerificationError: there is no such agent (DOOR_ORDER_UNKNOWN).
        """
        ...

    def find(self, order_id: str) -> DoorOrder:
        """Return an order.

        Raises:
            VerificationError: unknown (DOOR_ORDER_UNKNOWN).
        """
        ...

    def change(self, order: DoorOrder, *, expected: DoorOrderState, event: AuditEvent) -> bool:
        """Write an order that is still in the expected state; False where it is not."""
        ...

    def approved(self, agent: str, doors: Sequence[str], at: datetime) -> DoorOrder | None:
        """Return the oldest order for these doors that waits to be taken and is not over."""
        ...


class CommandSigner(Protocol):
    """Signs commands."""

    def sign(self, claims: Mapping[str, object]) -> str:
        """Return a compact JWS of the type of door orders."""
        ...


@dataclass(frozen=True, slots=True)
class DoorOrderDesk:
    """Takes orders and hands them out.

    Args:
        store: keeps them.
        signer: signs what doors obey.
    """

    store: DoorOrderStore
    signer: CommandSigner

    def ask(
        self, agent: str, door: str, *, order_id: str, operator: str, at: datetime
    ) -> DoorOrder:
        """Ask for a door to be opened.

        Raises:
            VerificationError: there is no such agent (DOOR_ORDER_UNKNOWN).
        """
        at = require_utc(at)
        order = DoorOrder(order_id, agent, door, operator_key(operator), at, at + APPROVE_WITHIN)
        event = _event(order, AuditAction.DOOR_ORDER_REQUESTED, order.requested_by, at)
        self.store.add(order, event)
        return order

    def approve(self, order_id: str, *, operator: str, at: datetime) -> DoorOrder:
        """Approve an order; from now on it waits for the agent, not for long.

        Raises:
            VerificationError: unknown (DOOR_ORDER_UNKNOWN), over or decided (DOOR_ORDER_OVER), or
                the same person asked (SAME_OPERATOR).
        """
        at, order = require_utc(at), self._open(order_id, at)
        if is_same_operator(operator, order.requested_by):
            raise VerificationError(ReasonCode.SAME_OPERATOR, "somebody else approves an order")
        approved = replace(
            order,
            state=DoorOrderState.APPROVED,
            decided_by=operator_key(operator),
            decided_at=at,
            expires_at=at + TAKE_WITHIN,
        )
        self._change(approved, AuditAction.DOOR_ORDER_APPROVED)
        return approved

    def withdraw(self, order_id: str, *, operator: str, at: datetime) -> DoorOrder:
        """Withdraw an order that nobody has approved.

        Raises:
            VerificationError: unknown (DOOR_ORDER_UNKNOWN), over or decided (DOOR_ORDER_OVER).
        """
        at, order = require_utc(at), self._open(order_id, at)
        withdrawn = replace(
            order,
            state=DoorOrderState.WITHDRAWN,
            decided_by=operator_key(operator),
            decided_at=at,
        )
        self._change(withdrawn, AuditAction.DOOR_ORDER_WITHDRAWN)
        return withdrawn

    def take(self, agent: str, doors: Sequence[str], nonce: bytes, at: datetime) -> str | None:
        """Return the command of an order for one of an agent's doors, once; None without one.

        Args:
            agent: who asks.
            doors: its doors.
            nonce: the question that the command answers, 32 octets.
            at: the instant.
        """
        at = require_utc(at)
        order = self.store.approved(agent, doors, at)
        if order is None:
            return None
        taken = replace(order, state=DoorOrderState.TAKEN)
        event = _event(taken, AuditAction.DOOR_ORDER_TAKEN, agent, at)
        if not self.store.change(taken, expected=DoorOrderState.APPROVED, event=event):
            return None
        command = DoorCommand(order.id, agent, order.door, nonce, order.expires_at)
        return self.signer.sign(command.claims())

    def _open(self, order_id: str, at: datetime) -> DoorOrder:
        order = self.store.find(order_id)
        if order.state is not DoorOrderState.REQUESTED or order.expires_at <= at:
            raise VerificationError(ReasonCode.DOOR_ORDER_OVER, "decided, or its time is over")
        return order

    def _change(self, order: DoorOrder, action: AuditAction) -> None:
        actor, at = order.decided_by or "", order.decided_at or order.requested_at
        event = _event(order, action, actor, at)
        if not self.store.change(order, expected=DoorOrderState.REQUESTED, event=event):
            raise VerificationError(ReasonCode.DOOR_ORDER_OVER, "somebody decided in between")


def _event(order: DoorOrder, action: AuditAction, actor: str, at: datetime) -> AuditEvent:
    facts: AuditFacts = {"agent": order.agent, "door": order.door}
    return AuditEvent(at, actor, action, order.id, facts)
