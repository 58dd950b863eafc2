"""What screens mask is shown in full for a reason only; who saw it is an audit event."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum, unique

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.clock import require_utc
from cardsvc.records import Holder
from issuance.registry.ports import HolderStore


@unique
class DisclosureReason(StrEnum):
    """Why somebody has to see what is masked."""

    COMPARE_DOCUMENT = "compare_document"
    CORRECT_RECORD = "correct_record"
    HOLDER_ASKS = "holder_asks"
    INSPECTION = "inspection"


def disclose_holder(
    store: HolderStore,
    holder_id: str,
    reason: DisclosureReason,
    *,
    operator: str,
    at: datetime,
) -> Holder:
    """Return a holder whose numbers and addresses somebody is going to see in full.

    Args:
        store: where holders are kept.
        holder_id: whose.
        reason: why.
        operator: who looks.
        at: the instant.

    Raises:
        IssuanceError: unknown (HOLDER_UNKNOWN); nothing is shown that was not recorded.
    """
    at = require_utc(at)
    with store.transaction() as unit:
        found = unit.holder(holder_id)
        facts: dict[str, str | int | bool | None] = {"reason": reason.value}
        unit.record(AuditEvent(at, operator, AuditAction.HOLDER_DISCLOSED, holder_id, facts))
    return found


def note_export(store: HolderStore, rows: int, *, operator: str, at: datetime) -> None:
    """Record that somebody takes a list of holders away; its numbers are masked.

    Args:
        store: where holders are kept.
        rows: how many holders are on it.
        operator: who takes it; also the event's subject.
        at: the instant.
    """
    at = require_utc(at)
    with store.transaction() as unit:
        unit.record(
            AuditEvent(at, operator, AuditAction.HOLDERS_EXPORTED, operator, {"rows": rows})
        )
