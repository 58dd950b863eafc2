"""Decisions between records and rows."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from sqlalchemy import Row

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.service_records import DecisionRecord, PolicyInputs
from cardsvc.store.schema import DecisionRow
from cardsvc.terms import AssuranceLevel, CardType


def decision_values(decision: DecisionRecord) -> dict[str, Any]:
    """Return a decision as the columns of its row."""
    inputs = decision.inputs
    return {
        "id": decision.id,
        "at": decision.at,
        "agent": decision.agent,
        "relying_party": decision.relying_party,
        "service": decision.service,
        "granted": decision.granted,
        "level": None if decision.level is None else int(decision.level),
        "reasons": list(decision.reasons),
        "guid": decision.guid,
        "policy_version": decision.policy_version,
        "receipt": decision.receipt,
        "card_type": None if inputs is None else inputs.card_type.value,
        "category": None if inputs is None else inputs.category,
        "agency_code": None if inputs is None else inputs.agency_code,
        "status_age_seconds": None if inputs is None else inputs.status_age_seconds,
        "rule": decision.rule,
        "purpose": decision.purpose,
        "released": list(decision.released),
        "consent": decision.consent,
    }


def decision_event(decision: DecisionRecord) -> AuditEvent:
    """Return a decision's audit event: names of attributes, never their values."""
    return AuditEvent(
        at=decision.at,
        actor=decision.agent,
        action=AuditAction.TAP_DECIDED,
        subject=decision.id,
        facts={
            "guid": None if decision.guid is None else str(decision.guid),
            "relying_party": decision.relying_party,
            "service": decision.service,
            "granted": decision.granted,
            "level": None if decision.level is None else int(decision.level),
            "reasons": " ".join(decision.reasons),
            "policy_version": decision.policy_version,
            "rule": decision.rule,
            "released": " ".join(decision.released),
            "consent": decision.consent,
            "receipt_sha256": sha256(decision.receipt.encode()).hexdigest(),
            "request_id": decision.request_id,
        },
    )


def read_decision(row: DecisionRow | Row[Any]) -> DecisionRecord:
    """Return the decision that a row is.

    Raises:
        StoreError: a level or card type is none of ours (RECORD_CORRUPT).
    """
    level = None if row.level is None else read_level(row.level)
    return DecisionRecord(
        id=row.id,
        at=row.at,
        agent=row.agent,
        relying_party=row.relying_party,
        service=row.service,
        granted=row.granted,
        level=level,
        reasons=tuple(row.reasons),
        guid=row.guid,
        policy_version=row.policy_version,
        receipt=row.receipt,
        inputs=_read_inputs(row, level),
        rule=row.rule,
        purpose=row.purpose,
        released=tuple(row.released or ()),
        consent=row.consent,
    )


def read_level(value: int) -> AssuranceLevel:
    """Return the level that a column holds.

    Raises:
        StoreError: none of ours (RECORD_CORRUPT).
    """
    try:
        return AssuranceLevel(value)
    except ValueError:
        raise StoreError(ReasonCode.RECORD_CORRUPT, "no such assurance level") from None


def _read_inputs(row: DecisionRow | Row[Any], level: AssuranceLevel | None) -> PolicyInputs | None:
    if row.card_type is None or level is None:
        return None
    try:
        card_type = CardType(row.card_type)
    except ValueError:
        raise StoreError(ReasonCode.RECORD_CORRUPT, "no such card type") from None
    age = row.status_age_seconds or 0
    return PolicyInputs(card_type, row.category, row.agency_code, level, row.agent, row.at, age)
