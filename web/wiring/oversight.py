"""What the pages of oversight use, out of the parts of an open service; nothing but wiring."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cardsvc.store.agent_presence import SqlAgentPresence
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.audit_search import SqlAuditSearch
from cardsvc.store.card_figures import SqlCardFigures
from cardsvc.store.due_figures import SqlDueFigures
from cardsvc.store.engine import Database
from cardsvc.store.housekeeping_store import SqlHousekeepingStore
from cardsvc.store.privacy_store import SqlPrivacyStore
from issuance.privacy.export import PersonalCopy, export_person
from issuance.privacy.requests import RequestDesk
from issuance.privacy.retention import RetentionRun
from keys.log_signer import LogSigner, LogVerifier
from keys.pki import Pki
from keys.status_expiry import crl_good_until, token_good_until
from web.console.oversight_services import OversightServices
from web.oversight.audit_desk import AuditDesk
from web.oversight.publishing import publish_due, published_status


@dataclass(frozen=True, slots=True)
class OversightParts:
    """What of an open service oversight stands on.

    Args:
        database: migrated.
        pki: the CA's side.
        log_signer: signs the log's tree heads.
        presence: what agents tell.
        privacy: personal data, as SQL keeps it.
        requests: works off what people ask about their data.
        retention: ends what is due.
    """

    database: Database
    pki: Pki
    log_signer: LogSigner
    presence: SqlAgentPresence
    privacy: SqlPrivacyStore
    requests: RequestDesk
    retention: RetentionRun


def wire_oversight(parts: OversightParts) -> OversightServices:
    """Return what the pages of oversight use."""
    database, signer, status = parts.database, parts.log_signer, parts.pki.status

    def export(holder_id: str, operator: str, at: datetime) -> PersonalCopy:
        return export_person(
            parts.privacy, holder_id, parts.retention.rules, operator=operator, at=at
        )

    return OversightServices(
        figures=SqlCardFigures(database).current,
        presence=parts.presence.all,
        audit=AuditDesk(
            SqlAuditSearch(database), AuditLog(database), signer, LogVerifier(signer.public_key)
        ),
        queue=parts.privacy,
        requests=parts.requests,
        retention=parts.retention,
        due=SqlDueFigures(database, parts.retention.check).current,
        export=export,
        publishing=lambda at: published_status(status, at, crl_good_until, token_good_until),
        publish=lambda at: publish_due(status, at),
        regular_work=SqlHousekeepingStore(database).records,
    )
