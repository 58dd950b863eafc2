"""What the pages of integration may use: policies, decisions, where partners are called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cardsvc.service_records import DecisionRecord
from verification.policy.life import PastDecisions
from verification.policy.shelf import PolicyShelf
from web.events.webhook_desk import WebhookDesk


@dataclass(frozen=True, slots=True)
class IntegrationServices:
    """The use cases behind the pages of integration.

    Args:
        shelf: versions of policies, and what was in force when.
        past: decisions of a service, for a rehearsal.
        decision: one decision by its number, or None.
        webhooks: where partners are called, and what did not get there.
    """

    shelf: PolicyShelf
    past: PastDecisions
    decision: Callable[[str], DecisionRecord | None]
    webhooks: WebhookDesk
