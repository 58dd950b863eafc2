"""What verification and the web layer ask of the database, on both databases."""

from __future__ import annotations

import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select, text

from cardsvc.access_records import Operator, Role
from cardsvc.audit import AuditAction
from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed, ReasonCode, StoreError
from cardsvc.lifecycle import CardState
from cardsvc.service_records import CardOnRecord, Challenge, DecisionRecord
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.operator_store import SqlOperatorStore
from cardsvc.store.schema import DecisionRow
from cardsvc.store.sealed import Sealer
from cardsvc.store.verification_store import (
    KEPT_AFTER_EXPIRY,
    SqlCardDirectory,
    SqlChallengeStore,
    SqlDecisionHistory,
    SqlDecisionLog,
    SqlPolicyDirectory,
)
from cardsvc.terms import AssuranceLevel, CardType
from tests.support.issuance_store_contract import AT, LATER, make_application, make_card
from verification.policy.simple import simple_policy

if TYPE_CHECKING:
    from verification.ports import CardDirectory, ChallengeStore, DecisionLog, PolicyDirectory
    from web.services import AccessDirectory, DecisionHistory

REPLAYS = 64


def test_the_stores_are_what_the_ports_ask_for(database: Database) -> None:
    cards: CardDirectory = SqlCardDirectory(database)
    challenges: ChallengeStore = SqlChallengeStore(database)
    policies: PolicyDirectory = SqlPolicyDirectory(database)
    decisions: DecisionLog = SqlDecisionLog(database)
    history: DecisionHistory = SqlDecisionHistory(database)
    access: AccessDirectory = SqlAccessStore(database)
    assert all((cards, challenges, policies, decisions, history, access))


def make_challenge() -> Challenge:
    return Challenge(
        nonce=secrets.token_bytes(32),
        relying_party="ubnd-phuong",
        service="một cửa",
        agent="kiosk-1",
        level=AssuranceLevel.X2,
        expires_at=AT + timedelta(seconds=60),
    )


def make_decision() -> DecisionRecord:
    return DecisionRecord(
        id=secrets.token_hex(8),
        at=AT,
        agent="kiosk-1",
        relying_party="ubnd-phuong",
        service="một cửa",
        granted=False,
        level=AssuranceLevel.X1,
        reasons=("level_too_low", "card_expired"),
        guid=CardGuid(secrets.token_bytes(16)),
        policy_version=3,
        receipt="header.claims.signature",
    )


class TestChallenges:
    def test_a_challenge_comes_out_once_as_it_went_in(self, database: Database) -> None:
        store, challenge, other = SqlChallengeStore(database), make_challenge(), make_challenge()
        store.add(challenge)
        store.add(other)
        assert store.consume(challenge.nonce) == challenge
        assert store.consume(challenge.nonce) is None
        assert store.consume(other.nonce) == other
        assert store.consume(bytes(32)) is None

    def test_of_many_replays_at_once_exactly_one_wins(self, database: Database) -> None:
        store, challenge, ready = SqlChallengeStore(database), make_challenge(), Barrier(REPLAYS)
        store.add(challenge)

        def replay(_: int) -> Challenge | None:
            ready.wait()
            return store.consume(challenge.nonce)

        with ThreadPoolExecutor(REPLAYS) as pool:
            answers = list(pool.map(replay, range(REPLAYS)))
        assert [answer for answer in answers if answer is not None] == [challenge]

    def test_the_nonce_itself_is_not_stored(self, database: Database) -> None:
        challenge = make_challenge()
        SqlChallengeStore(database).add(challenge)
        with database.reading() as session:
            stored = session.execute(text("SELECT nonce_sha256 FROM challenges")).scalar_one()
        assert bytes(stored) != challenge.nonce

    def test_a_nonce_is_added_once(self, database: Database) -> None:
        store, challenge = SqlChallengeStore(database), make_challenge()
        store.add(challenge)
        with pytest.raises(StoreError) as caught:
            store.add(replace(challenge, service="another"))
        assert caught.value.reason is ReasonCode.CONCURRENT_CHANGE
        assert store.consume(challenge.nonce) == challenge

    def test_what_nobody_answered_is_forgotten(self, database: Database) -> None:
        store, old = SqlChallengeStore(database), make_challenge()
        young = replace(make_challenge(), expires_at=old.expires_at + timedelta(microseconds=1))
        store.add(old)
        store.add(young)
        assert store.forget_expired(old.expires_at) == 1
        assert store.consume(old.nonce) is None
        assert store.consume(young.nonce) == young

    def test_new_questions_sweep_out_the_old(self, database: Database) -> None:
        store, old = SqlChallengeStore(database), make_challenge()
        store.add(old)
        late = replace(make_challenge(), expires_at=old.expires_at + KEPT_AFTER_EXPIRY)
        store.add(late)
        assert store.consume(old.nonce) is None
        assert store.consume(late.nonce) == late

    def test_a_late_answer_is_still_told_that_it_is_late(self, database: Database) -> None:
        store, old = SqlChallengeStore(database), make_challenge()
        store.add(old)
        store.add(replace(make_challenge(), expires_at=old.expires_at + KEPT_AFTER_EXPIRY / 2))
        assert store.consume(old.nonce) == old


@pytest.mark.parametrize("odd", ["nul\x00", "half\ud800", "x" * 100_000])
def test_odd_names_from_outside_are_nobodys(database: Database, odd: str) -> None:
    def known() -> bool:
        try:
            return SqlPolicyDirectory(database).knows(odd)
        except Malformed:
            return False

    assert not known()


@pytest.mark.reason(ReasonCode.MALFORMED_MESSAGE)
@pytest.mark.parametrize("odd", ["half\ud800", "x" * 100_000])
def test_odd_text_from_outside_is_not_recorded(database: Database, odd: str) -> None:
    decision = replace(make_decision(), service=odd)
    with pytest.raises(Malformed) as caught:
        SqlDecisionLog(database).record(decision)
    assert caught.value.reason is ReasonCode.MALFORMED_MESSAGE
    assert SqlDecisionHistory(database).decision(decision.id) is None


class TestCards:
    @pytest.mark.parametrize("kind", list(CardType))
    def test_a_card_is_found_with_the_facts_of_its_holder(
        self, database: Database, sealer: Sealer, kind: CardType
    ) -> None:
        application = make_application(kind=kind)
        card = make_card(application)
        with SqlIssuanceStore(database, sealer).transaction() as unit:
            unit.add_application(application)
            unit.add_card(card)
        employment = application.holder.employment
        found = SqlCardDirectory(database).find(card.guid)
        assert found == CardOnRecord(
            card=card,
            holder_name=application.holder.name.value,
            category=employment.category.value if employment else None,
            agency_code=employment.agency_code.value if employment else None,
        )
        assert SqlDecisionHistory(database).card_state(card.guid) is CardState.PERSONALISING

    def test_an_unknown_card_is_none(self, database: Database) -> None:
        guid = CardGuid(secrets.token_bytes(16))
        assert SqlCardDirectory(database).find(guid) is None
        assert SqlDecisionHistory(database).card_state(guid) is None


class TestDecisions:
    def test_a_decision_is_kept_with_its_audit_event(self, database: Database) -> None:
        decision = make_decision()
        SqlDecisionLog(database).record(decision)
        assert SqlDecisionHistory(database).decision(decision.id) == decision
        (logged,) = AuditLog(database).events(subject=decision.id)
        assert logged.event.action is AuditAction.TAP_DECIDED
        assert logged.event.actor == "kiosk-1"
        assert logged.event.facts["reasons"] == "level_too_low card_expired"
        assert decision.receipt not in str(logged.event.facts)

    def test_an_unreadable_card_can_be_decided_on(self, database: Database) -> None:
        decision = replace(make_decision(), guid=None, level=None, policy_version=None, reasons=())
        SqlDecisionLog(database).record(decision)
        assert SqlDecisionHistory(database).decision(decision.id) == decision

    def test_a_decision_that_is_refused_leaves_no_audit_event(self, database: Database) -> None:
        decision = make_decision()
        SqlDecisionLog(database).record(decision)
        with pytest.raises(StoreError) as caught:
            SqlDecisionLog(database).record(replace(decision, granted=True))
        assert caught.value.reason is ReasonCode.CONCURRENT_CHANGE
        assert AuditLog(database).verify().size == 1

    def test_an_audit_event_that_is_refused_leaves_no_decision(self, database: Database) -> None:
        with database.engine.begin() as connection:
            connection.execute(text("ALTER TABLE audit_events RENAME TO hidden"))
        with pytest.raises(StoreError):
            SqlDecisionLog(database).record(make_decision())
        with database.reading() as session:
            assert session.scalar(select(func.count()).select_from(DecisionRow)) == 0

    def test_the_newest_come_first(self, database: Database) -> None:
        decisions = [
            replace(make_decision(), at=AT + timedelta(seconds=number)) for number in range(5)
        ]
        for decision in decisions:
            SqlDecisionLog(database).record(decision)
        assert SqlDecisionHistory(database).recent(3) == decisions[:1:-1]


class TestAccess:
    def test_the_highest_version_of_a_policy_is_in_force(self, database: Database) -> None:
        access, policies = SqlAccessStore(database), SqlPolicyDirectory(database)
        assert not policies.knows("partner")
        access.enrol_relying_party("partner", "Đối tác", operator="op", at=AT)
        assert policies.knows("partner")
        assert policies.find("partner", "door", AT) is None
        for level in (AssuranceLevel.X1, AssuranceLevel.X2):
            policy = simple_policy("partner", "door", minimum_level=level)
            version = access.put_policy(policy, operator="op", at=AT)
        assert version == 2
        assert policies.find("partner", "door", AT) == replace(policy, version=2)
        assert policies.find("partner", "counter", AT) is None
        actions = [entry.event.action for entry in AuditLog(database).events()]
        assert actions.count(AuditAction.POLICY_PUT) == 2

    def test_a_policy_needs_a_relying_party(self, database: Database) -> None:
        policy = simple_policy("nobody", "door")
        with pytest.raises(StoreError) as caught:
            SqlAccessStore(database).put_policy(policy, operator="op", at=AT)
        assert caught.value.reason is ReasonCode.CONCURRENT_CHANGE
        assert AuditLog(database).verify().size == 0

    def test_only_the_newest_token_opens_and_only_while_enabled(self, database: Database) -> None:
        access = SqlAccessStore(database)
        old = access.enrol_agent("kiosk-1", "Quầy 1", operator="op", at=AT)
        token = access.enrol_agent("kiosk-1", "Quầy 1", operator="op", at=LATER)
        partner = access.enrol_relying_party("partner", "Đối tác", operator="op", at=AT)
        hashes = [sha256(one.encode()).digest() for one in (old, token, partner)]
        assert [access.agent_by_token(one) for one in hashes] == [None, "kiosk-1", None]
        assert [access.relying_party_by_token(one) for one in hashes] == [None, None, "partner"]
        assert access.disable_agent("kiosk-1", operator="op", at=LATER)
        assert not access.disable_agent("kiosk-2", operator="op", at=LATER)
        assert access.agent_by_token(hashes[1]) is None

    def test_an_operator_comes_back_as_saved(self, database: Database) -> None:
        operators = SqlOperatorStore(database)
        operator = Operator("lan", "Lê Thị Lan", frozenset({Role.APPROVER, Role.CLERK}), "$hash$")
        operators.save(operator, by="system", at=AT)
        assert operators.find("lan") == operator
        changed = replace(operator, roles=frozenset({Role.CLERK}), enabled=False)
        operators.save(changed, by="minh", at=LATER)
        assert operators.find("lan") == changed
        assert operators.find("nobody") is None
        events = [entry.event for entry in AuditLog(database).events(subject="lan")]
        assert [event.actor for event in events] == ["minh", "system"]
        assert not any("$hash$" in str(event.facts) for event in events)
