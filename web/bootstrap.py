"""All wiring, nothing else: settings in, an installation out."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from cardsvc.clock import Clock, SystemClock
from cardsvc.errors import ReasonCode, StoreError, VaultError
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.agent_presence import SqlAgentPresence
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.certificate_ledger import SqlCertificateLedger
from cardsvc.store.decision_log import SqlDecisionLog
from cardsvc.store.engine import Database
from cardsvc.store.holder_facts import SqlHolderFacts
from cardsvc.store.holder_store import SqlHolderStore
from cardsvc.store.import_store import SqlImportStore
from cardsvc.store.issuance_directory import SqlIssuanceDirectory
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.job_store import SqlJobStore
from cardsvc.store.migrate import migrate
from cardsvc.store.past_decisions import SqlPastDecisions
from cardsvc.store.policy_store import SqlPolicyStore
from cardsvc.store.privacy_store import SqlPrivacyStore
from cardsvc.store.published_documents import SqlPublishedDocuments
from cardsvc.store.sealed import DerivedDataKeys, Sealer
from cardsvc.store.spent_nonces import SqlSpentNonces
from cardsvc.store.status_lists import SqlStatusLists
from cardsvc.store.stock_directory import SqlStockDirectory
from cardsvc.store.unblock_store import SqlUnblockStore
from cardsvc.store.verification_store import (
    SqlCardDirectory,
    SqlDecisionHistory,
    SqlPolicyDirectory,
)
from issuance.desk import DeskTools, PersonalisationDesk
from issuance.faces.layout_file import load_layout
from issuance.faces.make import FaceMaker
from issuance.importing.agencies import NoAgencyRegistry
from issuance.importing.desk import ImportDesk
from issuance.issuing_desk import IssuingDesk
from issuance.privacy.own_files import load_retention, load_working_days
from issuance.privacy.requests import RequestDesk
from issuance.privacy.retention import RetentionRun
from issuance.privacy.retention_rules import DataKind
from issuance.unblock_desk import UnblockDesk, UnblockTools
from keys.ceremony_plan import ROOT, CeremonyPlan
from keys.credential_signer import open_credential_signer
from keys.log_signer import LogSigner, LogVerifier, open_log_signer
from keys.pki import Pki, open_pki
from keys.sealed_file import ScryptCost, require_private
from keys.signers import verify_receipt
from keys.software_vault import SoftwareVault
from keys.status_list_token import StatusListSource
from keys.vault import KeyHandle, KeyVault, VaultAlgorithm
from verification.counter import DecisionCounter
from verification.decide import DecisionDesk
from verification.path.trust import TrustMaterial
from verification.release.grant import ReleaseSources
from verification.release.pseudonym import PairwisePseudonyms
from verification.sealed_challenge import SealedChallenges
from verification.trusted import PkiTrust
from verification.verify import Verifier
from web.activation import ActivationDesk
from web.console_wiring import ConsoleParts, wire_console
from web.one_process import opening
from web.services import Services
from web.settings import Settings, SettingsError

_DATA_MASTER_LABEL = "data-master-1"
_DATA_KEY_ID = "v1"
_CONSOLE_MASTER_LABEL = "console-master-1"
_PSEUDONYM_MASTER_PREFIX = "pseudonym-master-"


@dataclass(frozen=True, slots=True)
class Installation:
    """Everything of one service, open.

    Args:
        settings: as it was opened with.
        clock: its clock.
        database: its database, migrated.
        pki: the CA's side.
        store: the issuance side of the database.
        holders: the registry of holders.
        imports: takes lists of people in.
        orders: personalisation that was ordered; the serving process picks it up there.
        directory: lists applications and cards for the people who work with them.
        stock: lists blanks, their movements and closed days.
        privacy: personal data, as SQL keeps it.
        requests: works off what people ask about their data.
        retention: ends what is due.
        access: agents, relying parties, policies.
        policies: versions of policies and their activations.
        past: decisions by service and by holder.
        holder_facts: what may be released of holders.
        audit: the audit log.
        log_signer: signs the log's tree heads.
        jobs: the personalisation desk.
        unblocks: unblockings of PINs.
        presence: which agents are there.
        history: decisions that were made.
        faces: makes card faces.
        services: what the views use.
    """

    settings: Settings
    clock: Clock
    database: Database
    pki: Pki
    store: SqlIssuanceStore
    holders: SqlHolderStore
    imports: ImportDesk
    orders: SqlJobStore
    directory: SqlIssuanceDirectory
    stock: SqlStockDirectory
    privacy: SqlPrivacyStore
    requests: RequestDesk
    retention: RetentionRun
    access: SqlAccessStore
    policies: SqlPolicyStore
    past: SqlPastDecisions
    holder_facts: SqlHolderFacts
    audit: AuditLog
    log_signer: LogSigner
    jobs: PersonalisationDesk
    unblocks: SqlUnblockStore
    presence: SqlAgentPresence
    history: SqlDecisionHistory
    faces: FaceMaker
    services: Services

    @property
    def log_verifier(self) -> LogVerifier:
        """Checks the log's tree heads."""
        return LogVerifier(self.log_signer.public_key)

    def check_receipt(self, receipt: str) -> dict[str, Any]:
        """Return a receipt's claims, checked with the keys that we publish.

        Raises:
            CardsvcError: not a receipt of ours.
        """
        return verify_receipt(receipt, self.services.status.jwks())

    def close(self) -> None:
        """Close the database."""
        self.database.dispose()


def open_installation(
    settings: Settings, clock: Clock | None = None, *, scrypt_cost: ScryptCost | None = None
) -> Installation:
    """Open a service; makes database, vault and CAs where there are none.

    Args:
        settings: where and how.
        clock: the system's by default.
        scrypt_cost: of a vault that is made now; the library's default in production.

    Raises:
        SettingsError: no passphrase for the vault.
        CardsvcError: the database or the vault can't be opened.
        OSError: the data folder can't be made or written to.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with opening(settings.data_dir):
        return _open(settings, clock or SystemClock(), scrypt_cost)


def _open(settings: Settings, clock: Clock, scrypt_cost: ScryptCost | None) -> Installation:
    try:
        database = Database.open(settings.effective_database_url)
    except ValueError as error:
        msg = f"database_url: {error}"
        raise SettingsError(msg) from None
    if not database.is_reachable():
        raise StoreError(ReasonCode.SERVICE_UNAVAILABLE, "the database can't be reached")
    migrate(database.engine)
    vault = SoftwareVault.open(settings.vault_dir, _passphrase(settings), cost=scrypt_cost)
    pki = _open_pki(settings, vault, database, clock.now(), cost=scrypt_cost)
    sealer = Sealer(_data_keys(vault))
    holder_facts = SqlHolderFacts(database, sealer)
    sources = ReleaseSources(holder_facts, _pseudonyms(vault))
    store, orders = SqlIssuanceStore(database, sealer), SqlJobStore(database, sealer)
    desk = _decision_desk(settings, database, pki, vault, sources)
    tools = DeskTools(
        pki.factory,
        pki.content_signers,
        pki.card_secrets,
        clock,
        os.urandom,
        settings.stock_rule,
    )
    privacy, own = SqlPrivacyStore(database, sealer), settings.privacy_folder
    retention = load_retention(own)
    jobs = PersonalisationDesk(store, orders, tools)
    unblocks, presence = SqlUnblockStore(database), SqlAgentPresence(database)
    unblocking = UnblockDesk(
        UnblockTools(store, unblocks, orders, pki.card_secrets, clock, os.urandom)
    )
    access = SqlAccessStore(database)
    history = SqlDecisionHistory(database)
    credentials = open_credential_signer(vault)
    folder = settings.faces_folder
    faces = FaceMaker(store, lambda kind: load_layout(kind, folder), credentials, settings.issuer)
    services = Services(
        clock=clock,
        random_octets=os.urandom,
        access=access,
        desk=desk,
        counter=DecisionCounter(desk),
        activate=ActivationDesk(desk, store, os.urandom).settle,
        jobs=IssuingDesk(store, orders, jobs, unblocking, clock),
        presence=presence.seen,
        status=pki.status,
        credential_keys=credentials.jwks,
        places=SqlStatusLists(database),
        history=history,
        ready=lambda: _readiness(database, pki, clock.now()),
        console=wire_console(
            ConsoleParts(
                settings, clock, database, sealer, access, os.urandom, _console_keys(vault)
            )
        ),
    )
    return Installation(
        settings=settings,
        clock=clock,
        database=database,
        pki=pki,
        store=store,
        holders=SqlHolderStore(database, sealer),
        imports=ImportDesk(
            SqlImportStore(database, sealer), NoAgencyRegistry(), clock, lambda: str(uuid4())
        ),
        orders=orders,
        directory=SqlIssuanceDirectory(database),
        stock=SqlStockDirectory(database),
        privacy=privacy,
        requests=RequestDesk(privacy, load_working_days(own), retention[DataKind.HOLDER]),
        retention=RetentionRun(privacy, retention),
        access=access,
        policies=SqlPolicyStore(database),
        past=SqlPastDecisions(database),
        holder_facts=holder_facts,
        audit=AuditLog(database),
        log_signer=open_log_signer(vault),
        jobs=jobs,
        unblocks=unblocks,
        presence=presence,
        history=history,
        faces=faces,
        services=services,
    )


def _open_pki(
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


def _decision_desk(
    settings: Settings, database: Database, pki: Pki, vault: KeyVault, sources: ReleaseSources
) -> DecisionDesk:
    issuing = pki.issuing_certificates
    trust = PkiTrust(
        TrustMaterial((pki.root_certificate,), tuple(issuing.values())),
        {authority.issuer.key_id: kind for kind, authority in pki.authorities.items()},
    )
    spent = SqlSpentNonces(database)
    challenges = SealedChallenges(_derived(vault, b"challenges", b"sealing"), spent)
    verifier = Verifier(challenges, SqlCardDirectory(database), trust)
    return DecisionDesk(
        issuer=settings.issuer,
        verifier=verifier,
        policies=SqlPolicyDirectory(database),
        receipts=pki.receipt_signer,
        log=SqlDecisionLog(database, spent),
        sources=sources,
    )


def _readiness(database: Database, pki: Pki, at: datetime) -> Mapping[str, bool]:
    return {
        "database": database.is_reachable(),
        "authorities": all(
            certificate.not_valid_after_utc > at
            for certificate in pki.issuing_certificates.values()
        ),
    }


def _data_keys(vault: KeyVault) -> DerivedDataKeys:
    """Derive the keys for personal data at rest."""
    sealing = _derived(vault, b"personal data", b"sealing")
    index = _derived(vault, b"personal data", b"blind index")
    return DerivedDataKeys({_DATA_KEY_ID: sealing}, index)


def _derived(vault: KeyVault, label: bytes, context: bytes) -> bytes:
    """Derive 32 octets from a master in the vault, the same in every process."""
    master: KeyHandle = vault.find(_DATA_MASTER_LABEL) or vault.generate(
        _DATA_MASTER_LABEL, VaultAlgorithm.DERIVING_AES_256
    )
    return vault.derive(master, label, context, 32)


def _console_keys(vault: KeyVault) -> Callable[[bytes], bytes]:
    """Derive the console's keys from a master in the vault: none lies in a file of its own."""
    master = vault.find(_CONSOLE_MASTER_LABEL) or vault.generate(
        _CONSOLE_MASTER_LABEL, VaultAlgorithm.DERIVING_AES_256
    )
    return lambda purpose: vault.derive(master, b"console", purpose, 32)


def _pseudonyms(vault: KeyVault) -> PairwisePseudonyms:
    """Derive each partner's key from the newest master for pseudonyms; makes the first one."""
    numbers = [
        int(label.removeprefix(_PSEUDONYM_MASTER_PREFIX))
        for label in vault.labels()
        if label.startswith(_PSEUDONYM_MASTER_PREFIX)
    ]
    newest = max(numbers, default=1)
    if not numbers:
        vault.generate(f"{_PSEUDONYM_MASTER_PREFIX}1", VaultAlgorithm.DERIVING_AES_256)

    def partner_key(version: str, relying_party: str) -> bytes:
        master = vault.find(_PSEUDONYM_MASTER_PREFIX + version.removeprefix("v"))
        if master is None:
            raise VaultError(ReasonCode.KEY_UNKNOWN, "no such version of pseudonyms")
        return vault.derive(master, b"pairwise pseudonym", relying_party.encode(), 32)

    return PairwisePseudonyms(f"v{newest}", partner_key)


def _passphrase(settings: Settings) -> str:
    """Return the vault's passphrase; the embedded default makes one of its own, once."""
    if settings.vault_passphrase:
        return settings.vault_passphrase
    path = settings.passphrase_file
    if not path.exists():
        if settings.vault_dir.exists():
            msg = f"the vault is there, but neither CARDSVC_VAULT_PASSPHRASE nor {path.name} is"
            raise SettingsError(msg)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(secrets.token_urlsafe(32) + "\n")
    require_private(path)
    try:
        return path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError as error:
        msg = f"{path}: not a passphrase"
        raise SettingsError(msg) from error
