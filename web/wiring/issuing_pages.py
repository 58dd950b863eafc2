"""Fits together what the console's pages of applications, cards, desk and stock use."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import uuid4

from cardsvc.clock import Clock
from cardsvc.store.agent_presence import SqlAgentPresence
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.batch_directory import SqlBatchDirectory
from cardsvc.store.engine import Database
from cardsvc.store.issuance_directory import SqlIssuanceDirectory
from cardsvc.store.issuance_queue import SqlIssuanceQueue
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.job_store import SqlJobStore
from cardsvc.store.photo_store import SqlPhotoStore
from cardsvc.store.sealed import Sealer
from cardsvc.store.status_lists import SqlStatusLists
from cardsvc.store.stock_directory import SqlStockDirectory
from cardsvc.store.unblock_store import SqlUnblockStore
from issuance.faces.make import FaceMaker
from issuance.ports import CardSecrets
from web.batch_worker import BatchWorker
from web.console.issuing_services import IssuingServices
from web.settings import Settings


@dataclass(frozen=True, slots=True)
class IssuingParts:
    """What of an open service these pages stand on.

    Args:
        settings: as the service was opened with.
        clock: its clock.
        database: its database.
        sealer: seals personal data at rest.
        store: the issuance side.
        orders: jobs of issuing desks.
        secrets: derive codes that are shown once.
        faces: makes card faces.
    """

    settings: Settings
    clock: Clock
    database: Database
    sealer: Sealer
    store: SqlIssuanceStore
    orders: SqlJobStore
    secrets: CardSecrets
    faces: FaceMaker


def wire_issuing(parts: IssuingParts) -> IssuingServices:
    """Return what these pages use."""
    database, settings = parts.database, parts.settings
    return IssuingServices(
        store=parts.store,
        queue=SqlIssuanceQueue(database, parts.sealer),
        losses=SqlIssuanceDirectory(database),
        batches=SqlBatchDirectory(database),
        batch_store=parts.store,
        batch_runner=BatchWorker(parts.store, parts.clock),
        log=AuditLog(database),
        new_id=lambda: str(uuid4()),
        photos=SqlPhotoStore(database, parts.sealer),
        places=SqlStatusLists(database),
        unblocks=SqlUnblockStore(database),
        secrets=parts.secrets,
        faces=parts.faces,
        faces_folder=settings.faces_folder,
        jobs=parts.orders,
        board=parts.orders,
        presence=SqlAgentPresence(database).all,
        stock=SqlStockDirectory(database),
        stock_rule=settings.stock_rule,
        serials=settings.blank_serials,
    )
