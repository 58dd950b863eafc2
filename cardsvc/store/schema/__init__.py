"""One schema: typed models of every table. Migrations create it; a test holds them together."""

from __future__ import annotations

from cardsvc.store.schema.access import (
    AgentRow,
    DecisionRow,
    OperatorRow,
    RelyingPartyRow,
    SpentNonceRow,
)
from cardsvc.store.schema.agent_events import (
    AgentAlarmRow,
    AgentChainRow,
    AgentEventRow,
    BundleEditionRow,
)
from cardsvc.store.schema.agents import (
    DEVICE_AUTHORITY_ID,
    AgentInviteRow,
    AgentSettingsRow,
    DeviceAuthorityRow,
    DeviceCertificateRow,
)
from cardsvc.store.schema.attendance import AttendanceCorrectionRow, AttendanceTapRow
from cardsvc.store.schema.audit import AUDIT_HEAD_ID, AuditEventRow, AuditHeadRow, TreeHeadRow
from cardsvc.store.schema.base import Base
from cardsvc.store.schema.batches import BatchRow, BatchStepRow
from cardsvc.store.schema.cards import CardKeyRow, CardRow, PersonalisationJobRow
from cardsvc.store.schema.counter import CounterSessionRow, CounterStepRow
from cardsvc.store.schema.decisions import ApprovalDecisionRow
from cardsvc.store.schema.desk import (
    DESK_FEED_ID,
    AgentPresenceRow,
    DeskFeedRow,
    JobProgressRow,
    UnblockRequestRow,
)
from cardsvc.store.schema.doors import DoorOrderRow
from cardsvc.store.schema.events import (
    EVENT_CURSOR_ID,
    EventCursorRow,
    PartnerCardRow,
    PartnerEventRow,
    PartnerFeedRow,
    WebhookDeliveryRow,
    WebhookRow,
)
from cardsvc.store.schema.imports import ImportRecordRow, ImportRowRow
from cardsvc.store.schema.ledger import CertificateRow, CrlNumberRow
from cardsvc.store.schema.losses import LossCardRow, LossCaseRow, LossReportRow
from cardsvc.store.schema.oversight import (
    HOUSEKEEPING_LEASE_ID,
    CountedFiguresRow,
    HousekeepingLeaseRow,
    HousekeepingStepRow,
)
from cardsvc.store.schema.partners import (
    AgentAnsweredRequestRow,
    AnsweredRequestRow,
    PartnerKeyRow,
    PartnerTokenRow,
    RequestWindowRow,
    SpentAssertionRow,
)
from cardsvc.store.schema.people import (
    ApplicationRow,
    HolderAliasRow,
    HolderRow,
    HolderWordRow,
)
from cardsvc.store.schema.policy import (
    HolderResidenceRow,
    PolicyActivationRow,
    PolicyVersionRow,
)
from cardsvc.store.schema.privacy import (
    HolderErasureRow,
    HolderRestrictionRow,
    PrivacyRequestRow,
)
from cardsvc.store.schema.registry import (
    AgencyRow,
    AgencySuccessorRow,
    AgencyVersionRow,
    HolderPhotoRow,
)
from cardsvc.store.schema.sign_in import (
    FormSubmissionRow,
    OperatorSessionRow,
    RecoveryCodeRow,
    SignInFailureRow,
)
from cardsvc.store.schema.status import (
    PublishedDocumentRow,
    StatusChangeRow,
    StatusEntryRow,
    StatusListRow,
)
from cardsvc.store.schema.stock import (
    StockBlankRow,
    StockCountRow,
    StockDayLineRow,
    StockDayRow,
    StockDifferenceRow,
    StockKeeperRow,
    StockMovementRow,
)
from cardsvc.store.schema.visitors import VisitorPassRow
from cardsvc.store.schema.witnesses import CosignatureRow, WitnessRow

__all__ = [
    "AUDIT_HEAD_ID",
    "DESK_FEED_ID",
    "DEVICE_AUTHORITY_ID",
    "EVENT_CURSOR_ID",
    "HOUSEKEEPING_LEASE_ID",
    "AgencyRow",
    "AgencySuccessorRow",
    "AgencyVersionRow",
    "AgentAlarmRow",
    "AgentAnsweredRequestRow",
    "AgentChainRow",
    "AgentEventRow",
    "AgentInviteRow",
    "AgentPresenceRow",
    "AgentRow",
    "AgentSettingsRow",
    "AnsweredRequestRow",
    "ApplicationRow",
    "ApprovalDecisionRow",
    "AttendanceCorrectionRow",
    "AttendanceTapRow",
    "AuditEventRow",
    "AuditHeadRow",
    "Base",
    "BatchRow",
    "BatchStepRow",
    "BundleEditionRow",
    "CardKeyRow",
    "CardRow",
    "CertificateRow",
    "CosignatureRow",
    "CountedFiguresRow",
    "CounterSessionRow",
    "CounterStepRow",
    "CrlNumberRow",
    "DecisionRow",
    "DeskFeedRow",
    "DeviceAuthorityRow",
    "DeviceCertificateRow",
    "DoorOrderRow",
    "EventCursorRow",
    "FormSubmissionRow",
    "HolderAliasRow",
    "HolderErasureRow",
    "HolderPhotoRow",
    "HolderResidenceRow",
    "HolderRestrictionRow",
    "HolderRow",
    "HolderWordRow",
    "HousekeepingLeaseRow",
    "HousekeepingStepRow",
    "ImportRecordRow",
    "ImportRowRow",
    "JobProgressRow",
    "LossCardRow",
    "LossCaseRow",
    "LossReportRow",
    "OperatorRow",
    "OperatorSessionRow",
    "PartnerCardRow",
    "PartnerEventRow",
    "PartnerFeedRow",
    "PartnerKeyRow",
    "PartnerTokenRow",
    "PersonalisationJobRow",
    "PolicyActivationRow",
    "PolicyVersionRow",
    "PrivacyRequestRow",
    "PublishedDocumentRow",
    "RecoveryCodeRow",
    "RelyingPartyRow",
    "RequestWindowRow",
    "SignInFailureRow",
    "SpentAssertionRow",
    "SpentNonceRow",
    "StatusChangeRow",
    "StatusEntryRow",
    "StatusListRow",
    "StockBlankRow",
    "StockCountRow",
    "StockDayLineRow",
    "StockDayRow",
    "StockDifferenceRow",
    "StockKeeperRow",
    "StockMovementRow",
    "TreeHeadRow",
    "UnblockRequestRow",
    "VisitorPassRow",
    "WebhookDeliveryRow",
    "WebhookRow",
    "WitnessRow",
]
