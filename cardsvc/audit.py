"""What the audit log records: one event per change or decision."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum, unique
from typing import TypeAlias

from msgspec import Struct, field

AuditFacts: TypeAlias = dict[str, str | int | bool | None]
"""Flat facts; identifiers and codes only, never a name, number, PIN, key or token."""


@unique
class AuditAction(StrEnum):
    """What was done."""

    AGENCY_ADDED = "agency.added"
    AGENCY_CHANGED = "agency.changed"
    AGENCY_RENAMED = "agency.renamed"
    AGENCY_MERGED = "agency.merged"
    AGENCY_SPLIT = "agency.split"
    AGENCY_DISSOLVED = "agency.dissolved"
    HOLDER_ADDED = "holder.added"
    HOLDER_CORRECTED = "holder.corrected"
    HOLDER_EMPLOYMENT_ENDED = "holder.employment_ended"
    HOLDER_PHOTO_PUT = "holder.photo_put"
    HOLDER_DISCLOSED = "holder.disclosed"
    HOLDERS_EXPORTED = "holder.list_exported"
    IMPORT_STARTED = "import.started"
    IMPORT_CONFIRMED = "import.confirmed"
    IMPORT_FINISHED = "import.finished"
    IMPORT_ROW_FIXED = "import.row_fixed"
    IMPORT_ROW_SKIPPED = "import.row_skipped"
    IMPORT_ROW_ASSIGNED = "import.row_assigned"
    IMPORT_ERRORS_EXPORTED = "import.errors_exported"
    IMPORT_FORGOTTEN = "import.forgotten"
    APPLICATION_REQUESTED = "application.requested"
    APPLICATION_RETURNED = "application.returned"
    APPLICATION_RESUBMITTED = "application.resubmitted"
    APPLICATION_REJECTED = "application.rejected"
    APPLICATION_APPROVED = "application.approved"
    APPLICATION_FULFILLED = "application.fulfilled"
    APPLICATION_WITHDRAWN = "application.withdrawn"
    DECISION_RECORDED = "decision.recorded"
    CERTIFICATE_RESERVED = "certificate.reserved"
    CERTIFICATE_SIGNED = "certificate.signed"
    CERTIFICATE_REVOKED = "certificate.revoked"
    CERTIFICATE_RELEASED = "certificate.released"
    CARD_PERSONALISING = "card.personalising"
    CARD_TORN = "card.torn"
    CARD_PERSONALISED = "card.personalised"
    CARD_ISSUED = "card.issued"
    CARD_CODE_SHOWN = "card.code_shown"
    CARD_FACE_MADE = "card.face_made"
    CARD_ACTIVATED = "card.activated"
    CARD_SUSPENDED = "card.suspended"
    CARD_RESUMED = "card.resumed"
    CARD_REVOKED = "card.revoked"
    CARD_REPLACED = "card.replaced"
    CARD_SPOILED = "card.spoiled"
    UNBLOCK_REQUESTED = "unblock.requested"
    UNBLOCK_APPROVED = "unblock.approved"
    UNBLOCK_REFUSED = "unblock.refused"
    UNBLOCK_WITHDRAWN = "unblock.withdrawn"
    UNBLOCK_DONE = "unblock.done"
    UNBLOCK_FAILED = "unblock.failed"
    STOCK_KEEPER_PUT = "stock.keeper_put"
    STOCK_MOVED = "stock.moved"
    STOCK_BLANK_MARKED = "stock.blank_marked"
    STOCK_BYPASSED = "stock.bypassed"
    STOCK_COUNTED = "stock.counted"
    STOCK_DAY_CLOSED = "stock.day_closed"
    PRIVACY_RECEIVED = "privacy.received"
    PRIVACY_ACKNOWLEDGED = "privacy.acknowledged"
    PRIVACY_EXTENDED = "privacy.extended"
    PRIVACY_GRANTED = "privacy.granted"
    PRIVACY_REFUSED = "privacy.refused"
    PRIVACY_CLOSED = "privacy.closed"
    PRIVACY_RESTRICTION_LIFTED = "privacy.restriction_lifted"
    PRIVACY_EXPORTED = "privacy.exported"
    PRIVACY_ERASED = "privacy.erased"
    PRIVACY_RETENTION_ENDED = "privacy.retention_ended"
    CARD_DESTROYED = "card.destroyed"
    BATCH_PLANNED = "batch.planned"
    BATCH_STARTED = "batch.started"
    BATCH_STEP = "batch.step"
    BATCH_FINISHED = "batch.finished"
    BATCH_CANCELLED = "batch.cancelled"
    DOOR_ORDER_REQUESTED = "door_order.requested"
    DOOR_ORDER_APPROVED = "door_order.approved"
    DOOR_ORDER_WITHDRAWN = "door_order.withdrawn"
    DOOR_ORDER_TAKEN = "door_order.taken"
    ATTENDANCE_CORRECTION = "attendance.correction"
    ATTENDANCE_APPROVED = "attendance.approved"
    ATTENDANCE_REJECTED = "attendance.rejected"
    ATTENDANCE_SHEET_MADE = "attendance.sheet_made"
    LOSS_REPORTED = "loss.reported"
    LOSS_UNMATCHED = "loss.unmatched"
    LOSS_CLOSED = "loss.closed"
    TAP_DECIDED = "tap.decided"
    PORTRAIT_RELEASED = "portrait.released"
    PSEUDONYMS_ROTATED = "pseudonyms.rotated"
    PSEUDONYM_EXPLAINED = "pseudonym.explained"
    VISIT_PERMITTED = "visit.permitted"
    VISIT_ENTERED = "visit.entered"
    VISIT_REFUSED = "visit.refused"
    VISIT_REVOKED = "visit.revoked"
    COUNTER_SESSION_OPENED = "counter_session.opened"
    COUNTER_PHOTO_MATCHED = "counter_session.photo_matched"
    COUNTER_SESSION_CLOSED = "counter_session.closed"
    AGENT_INVITED = "agent.invited"
    AGENT_ENROLLED = "agent.enrolled"
    AGENT_RENEWED = "agent.renewed"
    AGENT_DISABLED = "agent.disabled"
    AGENT_CONFIGURED = "agent.configured"
    AGENT_EVENTS_TAKEN = "agent.events_taken"
    AGENT_ALARM = "agent.alarm"
    RELYING_PARTY_ENROLLED = "relying_party.enrolled"
    RELYING_PARTY_DISABLED = "relying_party.disabled"
    WITNESS_ADDED = "witness.added"
    WEBHOOK_ADDED = "webhook.added"
    WEBHOOK_ENABLED = "webhook.enabled"
    WEBHOOK_DISABLED = "webhook.disabled"
    WEBHOOK_SECRET_ROTATED = "webhook.secret_rotated"  # noqa: S105 - an action, not a secret
    WEBHOOK_REDELIVERED = "webhook.redelivered"
    RELYING_PARTY_ENABLED = "relying_party.enabled"
    RELYING_PARTY_CHANGED = "relying_party.changed"
    PARTNER_KEY_ADDED = "partner_key.added"
    PARTNER_KEY_REVOKED = "partner_key.revoked"
    PARTNER_TOKEN_GIVEN = "partner_token.given"  # noqa: S105 - an action, not a token
    PARTNER_REFUSED = "partner.refused"
    REQUESTS_REFUSED = "requests.refused"
    POLICY_PUT = "policy.put"
    POLICY_REHEARSED = "policy.rehearsed"
    POLICY_ACTIVATED = "policy.activated"
    RESIDENCE_RECORDED = "holder.residence_recorded"
    CEREMONY = "ceremony"
    OPERATOR_CHANGED = "operator.changed"
    OPERATOR_PASSWORD_SET = "operator.password_set"  # noqa: S105 - an action, not a password
    OPERATOR_SECOND_FACTOR_SET = "operator.second_factor_set"
    OPERATOR_SECOND_FACTOR_RESET = "operator.second_factor_reset"
    OPERATOR_RECOVERY_CODE_USED = "operator.recovery_code_used"
    OPERATOR_SIGNED_IN = "operator.signed_in"
    OPERATOR_SIGNED_OUT = "operator.signed_out"
    OPERATOR_SESSIONS_ENDED = "operator.sessions_ended"
    OPERATOR_PROVED_AGAIN = "operator.proved_again"
    SIGN_IN_REFUSED = "sign_in.refused"


class AuditEvent(Struct, frozen=True):
    """One event.

    Args:
        at: the instant of the decision, UTC.
        actor: operator, agent or partner identifier; ``system`` where nobody asked.
        action: what was done.
        subject: the identifier of what it was done to (card GUID, application id, serial).
        facts: flat details without personal data.
    """

    at: datetime
    actor: str
    action: AuditAction
    subject: str
    facts: AuditFacts = field(default_factory=dict)

    @property
    def request_id(self) -> str | None:
        """The name of the request that it came of, None where it came of none."""
        name = self.facts.get("request_id")
        return name if isinstance(name, str) else None
