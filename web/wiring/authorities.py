"""The CA side: with the root in the service's vault, in its own, or locked away."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path

from cardsvc.store.certificate_ledger import SqlCertificateLedger
from cardsvc.store.engine import Database
from cardsvc.store.published_documents import SqlPublishedDocuments
from cardsvc.store.status_lists import SqlStatusLists
from keys.ceremony_plan import ROOT, CeremonyPlan
from keys.pki import Pki, open_pki
from keys.sealed_file import ScryptCost
from keys.software_vault import SoftwareVault
from keys.status_list_token import StatusListSource
from keys.vault import KeyVault
from web.settings import Settings


def open_authorities(
    settings: Settings,
    vault: KeyVault,
    database: Database,
    at: datetime,
    *,
    cost: ScryptCost | None,
) -> Pki:
    """Open the CA side: with the root in our vault, in its own, or locked away."""
    open_with = partial(
        open_pki,
        CeremonyPlan(base_url=settings.status_url if settings.public_url else None),
        vault,
        SqlCertificateLedger(database),
        at,
        documents=SqlPublishedDocuments(database),
        status_lists=StatusListSource(SqlStatusLists(database), settings.status_url),
    )
    if not settings.root_vault_dir:
        return open_with(root_vault=vault)
    left_behind = settings.root_crl_file
    if not settings.root_vault_passphrase:
        crl = left_behind.read_bytes() if left_behind.exists() else None
        return open_with(root_vault=None, root_crl_der=crl)
    folder = Path(settings.root_vault_dir).expanduser()
    root_vault = SoftwareVault.open(folder, settings.root_vault_passphrase, cost=cost)
    pki = open_with(root_vault=root_vault)
    crl = pki.status.crl(ROOT, at)
    if crl is not None:
        left_behind.write_bytes(crl)
    return pki
