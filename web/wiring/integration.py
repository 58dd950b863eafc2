"""What the pages of integration use, out of the parts of an open service; nothing but wiring."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

from cardsvc.store.engine import Database
from cardsvc.store.past_decisions import SqlPastDecisions
from cardsvc.store.policy_store import SqlPolicyStore
from cardsvc.store.verification_store import SqlDecisionHistory
from cardsvc.store.webhooks import SqlWebhooks
from web.console.integration_services import IntegrationServices
from web.events.feed import EventFeed
from web.events.webhook_desk import WebhookDesk


def wire_integration(
    database: Database, feed: EventFeed, webhook_secret: Callable[[str, int], bytes]
) -> IntegrationServices:
    """Return what the pages of integration use."""
    return IntegrationServices(
        shelf=SqlPolicyStore(database),
        past=SqlPastDecisions(database),
        decision=SqlDecisionHistory(database).decision,
        webhooks=WebhookDesk(SqlWebhooks(database), feed, webhook_secret, lambda: str(uuid4())),
    )
