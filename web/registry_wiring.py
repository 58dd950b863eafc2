"""Fits together what the pages of holders, agencies and imports use, nothing else."""

from __future__ import annotations

from uuid import uuid4

from cardsvc.clock import Clock
from cardsvc.store.agency_staff import SqlAgencyStaff
from cardsvc.store.agency_store import SqlAgencyStore
from cardsvc.store.application_directory import ApplicationFilter, SqlApplicationDirectory
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from cardsvc.store.holder_search import SqlHolderDirectory
from cardsvc.store.holder_store import SqlHolderStore
from cardsvc.store.import_store import SqlImportStore
from cardsvc.store.issuance_directory import SqlIssuanceDirectory
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.photo_store import SqlPhotoStore
from cardsvc.store.sealed import Sealer
from issuance.importing.agencies import AgenciesOfBook
from issuance.importing.desk import ImportDesk
from web.console.registry_services import RegistryServices
from web.import_worker import ImportWorker


def wire_registry(database: Database, sealer: Sealer, clock: Clock) -> RegistryServices:
    """Return the use cases behind the pages of holders, agencies and imports."""
    agencies = SqlAgencyStore(database)
    requests = SqlApplicationDirectory(database, sealer)
    photos = SqlPhotoStore(database, sealer)
    imports = ImportDesk(
        SqlImportStore(database, sealer), lambda: AgenciesOfBook(agencies.book()), clock, _new_id
    )
    return RegistryServices(
        directory=SqlHolderDirectory(database, sealer),
        holders=SqlHolderStore(database, sealer),
        agencies=agencies,
        staff=SqlAgencyStaff(database),
        photos=photos,
        lists=SqlIssuanceDirectory(database),
        requests_of=lambda holder_id: requests.page(ApplicationFilter(holder_id=holder_id)),
        log=AuditLog(database),
        imports=imports,
        runner=ImportWorker(imports, SqlIssuanceStore(database, sealer), photos),
        new_id=_new_id,
    )


def _new_id() -> str:
    return str(uuid4())
