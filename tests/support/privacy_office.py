"""A person with everything that a person can have on record, and the desks that work on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

from cardsvc.access_records import PersonalisationJob
from cardsvc.identity.email import EmailAddress
from cardsvc.identity.number_alias import AliasStatus, NumberAlias
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.identity.phone import PhoneNumber
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.privacy_records import DataKind, ErasureHold, RequestKind
from cardsvc.records import Application, Holder
from cardsvc.store.certificate_ledger import SqlCertificateLedger
from cardsvc.store.engine import Database
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.job_store import SqlJobStore
from cardsvc.store.privacy_store import SqlPrivacyStore
from cardsvc.store.schema import HolderResidenceRow
from cardsvc.store.sealed import Sealer
from cardsvc.terms import RevocationReason
from issuance.privacy.requests import RequestDesk
from issuance.privacy.retention import RetentionRun
from issuance.privacy.retention_rules import shipped_retention
from issuance.privacy.working_days import WorkingDays
from keys.ports import Reservation
from tests.support.issuance_store_contract import AT, make_application, make_card, make_event
from tests.support.people import CIVIL_SERVANT

NAME, NUMBER, FORMER = "Nguyễn Thị Hoà", "001190012345", "001090012345"
PHONE, EMAIL = "+84912345678", "hoa@example.vn"
ISSUER = bytes(range(20))
LONG_AGO = AT - timedelta(days=4000)


class Office:
    """One person with everything that a person can have, and the desks that work on it."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self.database = database
        self.store = SqlIssuanceStore(database, sealer)
        self.privacy = SqlPrivacyStore(database, sealer)
        self.jobs = SqlJobStore(database, sealer)
        self.rules = shipped_retention()
        self.requests = RequestDesk(self.privacy, WorkingDays(), self.rules[DataKind.HOLDER])
        self.retention = RetentionRun(self.privacy, self.rules)
        employment = CIVIL_SERVANT.employment
        assert employment is not None
        self.holder = replace(
            CIVIL_SERVANT,
            phone=PhoneNumber.parse(PHONE),
            email=EmailAddress.parse(EMAIL),
            employment=replace(employment, staff_code="MNV-77", until=date(2015, 1, 1)),
            aliases=(NumberAlias(PersonalNumber(FORMER), AliasStatus.REPLACED),),
        )
        self.numbers = iter(range(1000))

    def person(
        self,
        at: datetime = LONG_AGO,
        card: CardState | None = CardState.REVOKED,
        application: ApplicationState = ApplicationState.FULFILLED,
    ) -> Application:
        made = replace(
            make_application(f"application-{next(self.numbers)}"),
            holder=self.holder,
            requested_at=at,
            state=application,
        )
        with self.store.transaction() as unit:
            unit.add_application(made)
            unit.record(make_event(made.id))
        with self.database.writing() as session:
            home = {"province_code": "79", "province_table": "2004", "recorded_at": at}
            session.merge(HolderResidenceRow(holder_id=self.holder.id, **home))
        if card is not None:
            self._card(made, card, at)
        return made

    def _card(self, made: Application, state: CardState, at: datetime) -> None:
        record = replace(make_card(made), state=state, expires_at=at + timedelta(days=100))
        with self.store.transaction() as unit:
            unit.add_card(record)
        ledger = SqlCertificateLedger(self.database)
        token, serial = record.guid.octets * 2, int.from_bytes(record.guid.octets, "big")
        named = NAME.encode() + b" in a subject"
        ledger.reserve(
            Reservation(
                ISSUER, serial, "authentication", record.guid, token, at + timedelta(days=99),
                at, token, named,
            )
        )  # fmt: skip
        ledger.redeem(token, at)
        ledger.record_signed(ISSUER, serial, named, at)
        with self.store.transaction() as unit:
            unit.revoke_certificates(record.guid, RevocationReason.SUPERSEDED, at)
            unit.record(make_event(str(record.guid)))

    def order(self, application: Application, at: datetime) -> None:
        plan = {"photo": f"a portrait of {NAME}"}
        name = f"job-{next(self.numbers)}"
        self.jobs.add(
            PersonalisationJob(name, application.id, "ban-1", "mai", "open", plan, at, at)
        )

    def asked(self, kind: RequestKind) -> str:
        name = f"request-{next(self.numbers)}"
        self.requests.receive(name, self.holder.id, kind, operator="lan", at=AT)
        self.requests.acknowledge(name, operator="lan", at=AT)
        return name

    def holds(self) -> set[ErasureHold]:
        with self.privacy.transaction() as unit:
            keep = self.rules[DataKind.HOLDER].keep_at_least
            return set(unit.holds(self.holder.id, AT, AT - keep))


def next_number(holder: Holder) -> PersonalNumber:
    return PersonalNumber(f"{int(holder.personal_number.value) + 1:012}")
