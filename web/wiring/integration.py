"""What the pages of integration use, out of the parts of an open service; nothing but wiring."""

from __future__ import annotations

from cardsvc.store.engine import Database
from cardsvc.store.past_decisions import SqlPastDecisions
from cardsvc.store.policy_store import SqlPolicyStore
from cardsvc.store.verification_store import SqlDecisionHistory
from web.console.integration_services import IntegrationServices


def wire_integration(database: Database) -> IntegrationServices:
    """Return what the pages of integration use."""
    return IntegrationServices(
        shelf=SqlPolicyStore(database),
        past=SqlPastDecisions(database),
        decision=SqlDecisionHistory(database).decision,
    )
