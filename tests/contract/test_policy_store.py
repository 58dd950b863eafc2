"""Versions of policies, activations, residences and past decisions, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec import structs
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from cardsvc.audit import AuditAction
from cardsvc.errors import CardsvcError, ReasonCode, StoreError
from cardsvc.identity.provinces import ProvinceCode, ProvinceTable
from cardsvc.policy_records import Activation, ActivationKind, Rehearsal
from cardsvc.service_records import DecisionRecord
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.decision_log import SqlDecisionLog
from cardsvc.store.engine import Database
from cardsvc.store.holder_facts import SqlHolderFacts
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.past_decisions import SqlPastDecisions
from cardsvc.store.policy_store import SqlPolicyStore
from cardsvc.store.sealed import Sealer
from cardsvc.store.verification_store import SqlPolicyDirectory
from cardsvc.terms import AssuranceLevel
from tests.support.issuance_store_contract import AT, LATER, make_application, make_card
from tests.support.policies import inputs, policy_text
from verification.policy import life

PARTY, SERVICE = "ubnd-phuong", "tra-cuu-ho-so"


@pytest.fixture
def book(database: Database) -> SqlPolicyStore:
    SqlAccessStore(database).enrol_relying_party(PARTY, "UBND", operator="op", at=AT)
    return SqlPolicyStore(database)


def drafted(book: SqlPolicyStore, body: str = "") -> int:
    return life.put_draft(book, PARTY, policy_text(body), author="lan", at=AT).version


def activated(book: SqlPolicyStore, version: int, **when: object) -> Activation:
    kept = life.require_version(book, PARTY, SERVICE, version)
    if kept.rehearsal is None:
        book.rehearse(PARTY, SERVICE, version, Rehearsal(AT, "lan", 3, 1))
        kept = life.require_version(book, PARTY, SERVICE, version)
        assert kept.rehearsal == Rehearsal(AT, "lan", 3, 1)
    return life.activate(book, kept, operator="hung", **({"active_from": AT, "at": AT} | when))  # type: ignore[arg-type]  # test convenience


def test_a_draft_is_not_in_force(database: Database, book: SqlPolicyStore) -> None:
    assert drafted(book) == 1
    assert SqlPolicyDirectory(database).find(PARTY, SERVICE, LATER) is None
    found = book.version(PARTY, SERVICE, 1)
    assert found is not None
    assert (found.author, found.created_at, found.rehearsal) == ("lan", AT, None)
    assert found.policy.document == policy_text()


def test_activation_rollback_and_what_is_in_force_when(
    database: Database, book: SqlPolicyStore
) -> None:
    directory = SqlPolicyDirectory(database)

    def in_force(hours: float) -> int:
        found = directory.find(PARTY, SERVICE, AT + timedelta(hours=hours))
        assert found is not None
        return found.version

    first, second = drafted(book), drafted(book, 'minimum_level = "X2"')
    activated(book, first)
    activated(book, second, active_from=AT + timedelta(hours=2))
    assert [in_force(hours) for hours in (0, 1.9, 2, 3)] == [1, 1, 2, 2]
    # a rollback after the second came into force; the latest act counts
    act = life.roll_back(book, PARTY, SERVICE, operator="lan", at=AT + timedelta(hours=3))
    assert (act.version, act.kind) == (1, ActivationKind.ROLLBACK)
    assert [in_force(hours) for hours in (2.5, 3, 9)] == [2, 1, 1]
    acts = book.activations(PARTY, SERVICE)
    assert [one.version for one in acts] == [1, 2, 1]
    assert book.all_activations() == book.all_activations(PARTY) == {(PARTY, SERVICE): acts}
    assert book.all_activations("ai-khac") == {}
    assert [one.policy.version for one in book.versions(PARTY)] == [1, 2]
    actions = [entry.event.action for entry in AuditLog(database).events()]
    assert actions.count(AuditAction.POLICY_ACTIVATED) == 3
    assert actions.count(AuditAction.POLICY_REHEARSED) == 2


def test_the_database_itself_wants_two_persons(database: Database, book: SqlPolicyStore) -> None:
    version = drafted(book)
    act = Activation(version, AT, ActivationKind.TWO_PERSONS, "lan", AT)
    with pytest.raises(StoreError):
        book.activate(PARTY, SERVICE, act)
    assert book.activations(PARTY, SERVICE) == []
    statement = (
        "INSERT INTO policy_activations VALUES"
        " (:party, :service, 1, 1, :at, 'two_persons', 'lan', 'lan', :at)"
    )
    with pytest.raises(IntegrityError), database.engine.begin() as connection:
        connection.execute(
            text(statement), {"party": PARTY, "service": SERVICE, "at": AT.isoformat(sep=" ")}
        )


def test_a_version_that_is_not_there(book: SqlPolicyStore) -> None:
    act = Activation(9, AT, ActivationKind.ROLLBACK, "hung", AT)
    for attempt in (
        lambda: book.activate(PARTY, SERVICE, act),
        lambda: book.rehearse(PARTY, SERVICE, 9, Rehearsal(AT, "lan", 0, 0)),
    ):
        with pytest.raises(StoreError) as caught:
            attempt()
        assert caught.value.reason is ReasonCode.POLICY_UNKNOWN


def decision(number: int) -> DecisionRecord:
    at = AT + timedelta(minutes=number)
    return DecisionRecord(
        id=f"d{number}", at=at, agent="kiosk-1", relying_party=PARTY, service=SERVICE,
        granted=True, level=AssuranceLevel.X1, reasons=(), guid=None, policy_version=1,
        receipt="a.b.c", inputs=inputs(at=at), rule="all", purpose="dossier.look-up",
        released=("name", "over_18"), consent="2026-1",
    )  # fmt: skip


def test_a_draft_is_tried_on_what_was_decided(database: Database, book: SqlPolicyStore) -> None:
    log, past = SqlDecisionLog(database), SqlPastDecisions(database)
    for number in range(3):
        log.record(decision(number))
    log.record(structs.replace(decision(3), service="khac"))
    log.record(structs.replace(decision(4), inputs=None))
    since = AT + timedelta(minutes=1)
    assert past.of_service(PARTY, SERVICE, since, 10) == [decision(2), decision(1)]
    draft = life.require_version(book, PARTY, SERVICE, drafted(book, 'minimum_level = "X2"'))
    found = life.rehearse(book, past, draft, operator="lan", since=AT, at=LATER)
    assert (found.replayed, len(found.differences)) == (3, 3)
    kept = life.require_version(book, PARTY, SERVICE, 1)
    assert kept.rehearsal == Rehearsal(LATER, "lan", 3, 3)


def test_holders_see_who_checked_any_of_their_cards(database: Database, sealer: Sealer) -> None:
    store, log = SqlIssuanceStore(database, sealer), SqlDecisionLog(database)
    application = make_application()
    card = make_card(application)
    with store.transaction() as unit:
        unit.add_application(application)
        unit.add_card(card)
    log.record(structs.replace(decision(1), guid=card.guid))
    log.record(decision(2))
    (seen,) = SqlPastDecisions(database).of_holder(card.guid, 10)
    assert (seen.id, seen.purpose, seen.released) == (
        "d1", "dossier.look-up", ("name", "over_18"),
    )  # fmt: skip


def test_facts_and_residence_of_a_holder(database: Database, sealer: Sealer) -> None:
    store, facts = SqlIssuanceStore(database, sealer), SqlHolderFacts(database, sealer)
    application = make_application()
    with store.transaction() as unit:
        unit.add_application(application)
    holder = application.holder
    found = facts.facts(holder.id)
    assert found is not None
    assert (found.personal_number, found.residence) == (holder.personal_number, None)
    assert (found.employment, found.delegation) == (holder.employment, holder.delegation)
    province = ProvinceCode(ProvinceTable.DECISION_124_2004, "27")
    for recorded in (ProvinceCode(ProvinceTable.DECISION_19_2025, "46"), province):
        facts.record_residence(holder.id, recorded, operator="lan", at=AT)
    changed = facts.facts(holder.id)
    assert changed is not None
    assert changed.residence == province
    assert facts.facts("nobody") is None
    with pytest.raises(CardsvcError) as caught:
        facts.record_residence("nobody", province, operator="lan", at=AT)
    assert caught.value.reason is ReasonCode.HOLDER_UNKNOWN
