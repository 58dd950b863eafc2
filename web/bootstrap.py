"""All wiring, nothing else: settings in, an installation out."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from argon2 import PasswordHasher

from cardsvc.clock import Clock, SystemClock
from cardsvc.privacy_records import DataKind
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.agency_store import SqlAgencyStore
from cardsvc.store.agent_events import SqlAgentEvents
from cardsvc.store.agent_presence import SqlAgentPresence
from cardsvc.store.application_directory import SqlApplicationDirectory
from cardsvc.store.attendance_store import SqlAttendance
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.batch_directory import SqlBatchDirectory
from cardsvc.store.bulk_issuance import SqlBulkStore
from cardsvc.store.door_orders import SqlDoorOrders
from cardsvc.store.engine import Database
from cardsvc.store.holder_facts import SqlHolderFacts
from cardsvc.store.holder_search import SqlHolderDirectory
from cardsvc.store.holder_store import SqlHolderStore
from cardsvc.store.housekeeping_store import SqlHousekeepingStore
from cardsvc.store.import_store import SqlImportStore
from cardsvc.store.issuance_directory import SqlIssuanceDirectory
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.job_store import SqlJobStore
from cardsvc.store.partner_store import SqlPartnerStore
from cardsvc.store.past_decisions import SqlPastDecisions
from cardsvc.store.photo_store import SqlPhotoStore
from cardsvc.store.policy_store import SqlPolicyStore
from cardsvc.store.privacy_store import SqlPrivacyStore
from cardsvc.store.sealed import Sealer
from cardsvc.store.status_lists import SqlStatusLists
from cardsvc.store.stock_directory import SqlStockDirectory
from cardsvc.store.unblock_store import SqlUnblockStore
from cardsvc.store.verification_store import SqlDecisionHistory
from cardsvc.store.webhooks import SqlWebhooks
from cardsvc.terms import Realm
from issuance.bulk import BulkTools
from issuance.desk import DeskTools, PersonalisationDesk
from issuance.faces.layout_file import load_layout
from issuance.faces.make import FaceMaker
from issuance.importing.agencies import AgenciesOfBook
from issuance.importing.desk import ImportDesk
from issuance.issuing_desk import IssuingDesk
from issuance.privacy.own_files import load_retention, load_working_days
from issuance.privacy.requests import RequestDesk
from issuance.privacy.retention import RetentionRun
from issuance.unblock_desk import UnblockDesk, UnblockTools
from keys.bundle_signer import open_bundle_signer
from keys.credential_signer import open_credential_signer
from keys.door_order_signer import open_door_order_signer
from keys.log_signer import LogSigner, LogVerifier, open_log_signer
from keys.pass_signer import PassSigner
from keys.pki import Pki
from keys.sealed_file import ScryptCost
from keys.signers import verify_receipt
from keys.software_vault import SoftwareVault
from verification.counter import DecisionCounter
from verification.doors.orders import DoorOrderDesk
from verification.release.grant import ReleaseSources
from web.activation import ActivationDesk
from web.console_wiring import ConsoleParts, wire_console
from web.housekeeping.summary import regular_work
from web.losses import LossCounter
from web.metrics.instruments import Instruments
from web.metrics.state import StateCollector
from web.named_files import require_named_files
from web.one_process import opening
from web.operators.passwords import Passwords
from web.services import Services
from web.settings import Settings
from web.wiring.agents import agent_access, agent_settings_desk
from web.wiring.authorities import open_authorities
from web.wiring.bundles import bundle_press
from web.wiring.database import open_database
from web.wiring.decisions import decision_desk
from web.wiring.doors import wire_doors, wire_visitors
from web.wiring.events import open_feed, webhook_secrets
from web.wiring.flows import FlowParts, wire_flows
from web.wiring.integration import wire_integration
from web.wiring.issuing_pages import IssuingParts, wire_issuing
from web.wiring.metrics import CountedVault, StateParts, state_reader
from web.wiring.operations import operations_board
from web.wiring.oversight import OversightParts, wire_oversight
from web.wiring.partners import wire_partners
from web.wiring.vault_keys import console_keys, data_keys, passphrase, pseudonyms
from web.wiring.witness import witness_desk
from web.witness.asking import WitnessDesk


@dataclass(frozen=True, slots=True)
class Installation:
    """Everything of one service, open.

    Args:
        settings: as it was opened with.
        clock: its clock.
        database: its database, migrated.
        pki: the CA's side.
        store: the issuance side of the database.
        agencies: the registry of agencies.
        holders: the registry of holders.
        imports: takes lists of people in.
        people: finds holders.
        photos: holders' photos.
        orders: personalisation that was ordered; the serving process picks it up there.
        directory: lists cards and cases of loss for the people who work with them.
        applications: lists applications by what they have in common, and decisions.
        batches: lists changes to many cards at once.
        stock: lists blanks, their movements and closed days.
        privacy: personal data, as SQL keeps it.
        requests: works off what people ask about their data.
        attendance: taps of staff, and corrections of them.
        door_orders: lists orders to open doors from afar.
        retention: ends what is due.
        access: agents, relying parties, policies.
        partners: what was agreed with partners, and their keys.
        policies: versions of policies and their activations.
        past: decisions by service and by holder.
        holder_facts: what may be released of holders.
        audit: the audit log.
        log_signer: signs the log's tree heads.
        jobs: the personalisation desk.
        unblocks: unblockings of PINs.
        presence: which agents are there.
        events: what agents saw and did.
        history: decisions that were made.
        witnesses: has the audit log cosigned.
        webhooks: where partners are called.
        webhook_secret: derives what signs the calls: the webhook, the secret's version.
        faces: makes card faces.
        bulk: issues cards that are made elsewhere by the thousand.
        services: what the views use.
    """

    settings: Settings
    clock: Clock
    database: Database
    pki: Pki
    store: SqlIssuanceStore
    agencies: SqlAgencyStore
    holders: SqlHolderStore
    imports: ImportDesk
    people: SqlHolderDirectory
    photos: SqlPhotoStore
    orders: SqlJobStore
    directory: SqlIssuanceDirectory
    applications: SqlApplicationDirectory
    batches: SqlBatchDirectory
    stock: SqlStockDirectory
    privacy: SqlPrivacyStore
    requests: RequestDesk
    attendance: SqlAttendance
    door_orders: SqlDoorOrders
    retention: RetentionRun
    access: SqlAccessStore
    partners: SqlPartnerStore
    policies: SqlPolicyStore
    past: SqlPastDecisions
    holder_facts: SqlHolderFacts
    audit: AuditLog
    log_signer: LogSigner
    jobs: PersonalisationDesk
    unblocks: SqlUnblockStore
    presence: SqlAgentPresence
    events: SqlAgentEvents
    history: SqlDecisionHistory
    witnesses: WitnessDesk
    webhooks: SqlWebhooks
    webhook_secret: Callable[[str, int], bytes]
    faces: FaceMaker
    bulk: BulkTools
    services: Services

    @property
    def log_verifier(self) -> LogVerifier:
        """Checks the log's tree heads."""
        return LogVerifier(self.log_signer.public_key)

    def check_receipt(self, receipt: str, realm: Realm = Realm.PRODUCTION) -> dict[str, Any]:
        """Return a receipt's claims, checked with the keys that we publish for a realm.

        Raises:
            CardsvcError: not a receipt of ours.
        """
        return verify_receipt(receipt, self.services.status.jwks(realm))

    def close(self) -> None:
        """Close the database."""
        self.database.dispose()


def open_installation(
    settings: Settings,
    clock: Clock | None = None,
    *,
    scrypt_cost: ScryptCost | None = None,
    password_hasher: PasswordHasher | None = None,
) -> Installation:
    """Open a service; makes database, vault and CAs where there are none.

    Args:
        settings: where and how.
        clock: the system's by default.
        scrypt_cost: of a vault that is made now; the library's default in production.
        password_hasher: of operators' passwords; RFC 9106's recommendation in production.

    Raises:
        SettingsError: no passphrase for the vault, or a file is not where a setting says.
        CardsvcError: the database or the vault can't be opened.
        OSError: the data folder can't be made or written to.
    """
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with opening(settings.data_dir):
        return _open(settings, clock or SystemClock(), scrypt_cost, Passwords(password_hasher))


def _open(
    settings: Settings, clock: Clock, scrypt_cost: ScryptCost | None, passwords: Passwords
) -> Installation:
    require_named_files(settings)
    database = open_database(settings)
    instruments = Instruments()
    opened = SoftwareVault.open(settings.vault_dir, passphrase(settings), cost=scrypt_cost)
    vault = CountedVault(opened, instruments)
    pki = open_authorities(settings, vault, database, clock.now(), cost=scrypt_cost)
    sealer, agencies = Sealer(data_keys(vault)), SqlAgencyStore(database)
    holder_facts = SqlHolderFacts(database, sealer)
    names = pseudonyms(vault)
    sources = ReleaseSources(holder_facts, names)
    store, orders = SqlIssuanceStore(database, sealer), SqlJobStore(database, sealer)
    desk = decision_desk(settings, database, pki, vault, sources, instruments=instruments)
    tools = DeskTools(
        pki.factory,
        pki.every_content_signer,
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
    history, events = SqlDecisionHistory(database), SqlAgentEvents(database)
    credentials = {realm: open_credential_signer(vault, realm) for realm in Realm}
    bundle_signer = open_bundle_signer(vault)

    def credential_keys(realm: Realm) -> dict[str, Any]:
        return credentials[realm].jwks()

    passes = {realm: PassSigner(vault, realm) for realm in Realm}
    folder = settings.faces_folder
    faces = FaceMaker(store, lambda kind: load_layout(kind, folder), credentials, settings.issuer)
    log_signer = open_log_signer(vault)
    requests = RequestDesk(privacy, load_working_days(own), retention[DataKind.HOLDER])
    ending = RetentionRun(privacy, retention)
    feed = open_feed(settings, database)
    reader = state_reader(StateParts(database, access, presence, feed))
    instruments.add(StateCollector(reader, clock))
    agents = agent_access(settings, database, vault, sealer, clock.now())
    agent_settings = agent_settings_desk(database, vault)
    door_orders = DoorOrderDesk(SqlDoorOrders(database), open_door_order_signer(vault))
    flows = wire_flows(
        FlowParts(desk, pki, credential_keys, passes, names, feed, sealer, history, database)
    )
    services = Services(
        clock=clock,
        random_octets=os.urandom,
        access=access,
        partners=wire_partners(settings, database, sealer, os.urandom),
        desk=desk,
        counter=DecisionCounter(desk),
        activate=ActivationDesk(desk, store, os.urandom).settle,
        report_loss=LossCounter(store, lambda: str(uuid4())).receive,
        jobs=IssuingDesk(store, orders, jobs, unblocking, clock),
        agents=agents,
        agent_events=events,
        bundles=bundle_press(database, pki, bundle_signer),
        bundle_keys=bundle_signer.key_set,
        door_orders=door_orders,
        agent_settings=agent_settings,
        presence=presence.seen,
        status=pki.status,
        credential_keys=credential_keys,
        places=SqlStatusLists(database),
        history=history,
        flows=flows,
        events=feed,
        instruments=instruments,
        watch_token=settings.watch_token,
        record=AuditLog(database).record,
        board=operations_board(database, access, presence, instruments),
        ready=lambda: _readiness(database, pki, clock.now()),
        regular_work=lambda: regular_work(SqlHousekeepingStore(database)),
        console=wire_console(
            ConsoleParts(
                settings,
                clock,
                database,
                sealer,
                access,
                agents.enrolment,
                agent_settings,
                passwords,
                os.urandom,
                console_keys(vault),
            ),
            wire_issuing(
                IssuingParts(
                    settings, clock, database, sealer, store, orders, pki.card_secrets, faces
                )
            ),
            wire_oversight(
                OversightParts(database, pki, log_signer, presence, privacy, requests, ending)
            ),
            wire_integration(database, feed, webhook_secrets(vault)),
            doors=wire_doors(database, door_orders),
            visitors=wire_visitors(database, flows.visitors),
        ),
    )
    return Installation(
        settings=settings,
        clock=clock,
        database=database,
        pki=pki,
        store=store,
        agencies=agencies,
        holders=SqlHolderStore(database, sealer),
        imports=ImportDesk(
            SqlImportStore(database, sealer),
            lambda: AgenciesOfBook(agencies.book()),
            clock,
            lambda: str(uuid4()),
        ),
        people=SqlHolderDirectory(database, sealer),
        photos=SqlPhotoStore(database, sealer),
        orders=orders,
        directory=SqlIssuanceDirectory(database),
        applications=SqlApplicationDirectory(database, sealer),
        batches=SqlBatchDirectory(database),
        stock=SqlStockDirectory(database),
        privacy=privacy,
        requests=requests,
        attendance=SqlAttendance(database),
        door_orders=SqlDoorOrders(database),
        retention=ending,
        access=access,
        partners=SqlPartnerStore(database),
        policies=SqlPolicyStore(database),
        past=SqlPastDecisions(database),
        holder_facts=holder_facts,
        audit=AuditLog(database),
        log_signer=log_signer,
        jobs=jobs,
        unblocks=unblocks,
        presence=presence,
        events=events,
        history=history,
        witnesses=witness_desk(database, log_signer),
        webhooks=SqlWebhooks(database),
        webhook_secret=webhook_secrets(vault),
        faces=faces,
        bulk=BulkTools(SqlBulkStore(database, sealer), pki.factory, settings.stock_rule),
        services=services,
    )


def _readiness(database: Database, pki: Pki, at: datetime) -> Mapping[str, bool]:
    return {
        "database": database.is_reachable(),
        "authorities": all(
            certificate.not_valid_after_utc > at
            for realm in Realm
            for certificate in pki.of(realm).issuing_certificates.values()
        ),
    }
