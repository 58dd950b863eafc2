"""Erasing a person: facts, numbers and photos go, identifiers stay as pseudonyms.

The audit log is not touched. It holds identifiers and codes only, so it proves after the erasure
what it proved before, about a person whom nobody can name from it any more.
"""

from __future__ import annotations

from datetime import datetime

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from issuance.privacy.ports import PrivacyTransaction
from issuance.privacy.retention_rules import RetentionRule


def erase_person(
    unit: PrivacyTransaction, holder_id: str, rule: RetentionRule, *, operator: str, at: datetime
) -> bool:
    """Erase a person unless something stands against it; False where it was done before.

    Raises:
        IssuanceError: no such holder (HOLDER_UNKNOWN); a live card, an open application, a post
            that lasts or the retention duty stands against it (ERASURE_HELD).
    """
    at = require_utc(at)
    holds = unit.holds(holder_id, at, at - rule.keep_at_least)
    if holds:
        shown = ", ".join(sorted(hold.value for hold in holds))
        raise IssuanceError(ReasonCode.ERASURE_HELD, shown)
    if not unit.erase(holder_id, at):
        return False
    unit.record(AuditEvent(at, operator, AuditAction.PRIVACY_ERASED, holder_id))
    return True
