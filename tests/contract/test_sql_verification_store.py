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
from msgspec import structs
from sqlalchemy import func, select, text

from cardsvc.access_records import Operator, Role
from cardsvc.audit import AuditAction
from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed, ReasonCode, StoreError
from cardsvc.lifecycle import CardState
from cardsvc.service_records import CardOnRecord, CardStanding, Challenge, DecisionRecord
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.decision_log import SqlDecisionLog
from cardsvc.store.engine import Database
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.operator_store import SqlOperatorStore
from cardsvc.store.partner_tokens import SqlPartnerTokens
from cardsvc.store.schema import DecisionRow
from cardsvc.store.sealed import Sealer
from cardsvc.store.spent_nonces import KEPT_AFTER_EXPIRY, SqlSpentNonces, spend_all
from cardsvc.store.verification_store import (
    SqlCardDirectory,
    SqlDecisionHistory,
    SqlPolicyDirectory,
)
from cardsvc.terms import AssuranceLevel, CardType
from tests.support.issuance_store_contract import AT, LATER, make_application, make_card
from verification.policy.simple import simple_policy

if TYPE_CHECKING:
    from verification.ports import CardDirectory, DecisionLog, PolicyDirectory
    from verification.sealed_challenge import SpentNonces
    from web.services import AccessDirectory, DecisionHistory

REPLAYS = 64


def test_the_stores_are_what_the_ports_ask_for(database: Database) -> None:
    cards: CardDirectory = SqlCardDirectory(database)
    spent: SpentNonces = SqlSpentNonces(database)
    policies: PolicyDirectory = SqlPolicyDirectory(database)
    decisions: DecisionLog = SqlDecisionLog(database)
    history: DecisionHistory = SqlDecisionHistory(database)
    access: AccessDirectory = SqlAccessStore(database)
    assert all((cards, spent, policies, decisions, history, access))


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


class TestSpentNonces:
    def test_a_nonce_is_spent_once(self, database: Database) -> None:
        spent, challenge, other = SqlSpentNonces(database), make_challenge(), make_challenge()
        assert spent.spend(challenge)
        assert not spent.spend(challenge)
        assert not spent.spend(structs.replace(challenge, service="another"))
        assert spent.spend(other)

    def test_of_many_at_once_exactly_one_spends_it(self, database: Database) -> None:
        spent, challenge, ready = SqlSpentNonces(database), make_challenge(), Barrier(REPLAYS)

        def replay(_: int) -> bool:
            ready.wait()
            return spent.spend(challenge)

        with ThreadPoolExecutor(REPLAYS) as pool:
            assert sorted(pool.map(replay, range(REPLAYS))) == [False] * (REPLAYS - 1) + [True]

    def test_of_more_than_a_statement_takes_those_are_told_that_were_unspent(
        self, database: Database
    ) -> None:
        challenges = [make_challenge() for _ in range(600)]
        hashes = {sha256(one.nonce).digest() for one in challenges}
        some = {sha256(one.nonce).digest() for one in challenges[100:150]}
        for spent, told in ((challenges[100:150], some), (challenges, hashes - some)):
            with database.writing() as session:
                assert spend_all(session.connection(), [*spent, *spent]) == told

    def test_the_nonce_itself_is_not_stored(self, database: Database) -> None:
        challenge = make_challenge()
        SqlSpentNonces(database).spend(challenge)
        with database.reading() as session:
            stored = session.execute(text("SELECT nonce_sha256 FROM spent_nonces")).scalar_one()
        assert bytes(stored) == sha256(challenge.nonce).digest()

    def test_what_expired_is_forgotten(self, database: Database) -> None:
        spent, old = SqlSpentNonces(database), make_challenge()
        young = structs.replace(
            make_challenge(), expires_at=old.expires_at + timedelta(microseconds=1)
        )
        spent.spend(old)
        spent.spend(young)
        assert spent.forget_expired(old.expires_at) == 1
        assert spent.spend(old)
        assert not spent.spend(young)

    @pytest.mark.parametrize("after", [KEPT_AFTER_EXPIRY / 2, KEPT_AFTER_EXPIRY])
    def test_new_answers_sweep_out_what_expired_long_ago(
        self, database: Database, after: timedelta
    ) -> None:
        spent, log, old = SqlSpentNonces(database), SqlDecisionLog(database), make_challenge()
        assert spent.spend(old)
        late = structs.replace(make_challenge(), expires_at=old.expires_at + after)
        assert log.record(make_decision(), late)
        assert spent.spend(old) is (after == KEPT_AFTER_EXPIRY)
        assert not spent.spend(late)


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
    decision = structs.replace(make_decision(), service=odd)
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
            card=CardStanding.of(card),
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
        decision = structs.replace(
            make_decision(), guid=None, level=None, policy_version=None, reasons=()
        )
        SqlDecisionLog(database).record(decision)
        assert SqlDecisionHistory(database).decision(decision.id) == decision

    def test_a_decision_that_is_refused_leaves_no_audit_event(self, database: Database) -> None:
        decision = make_decision()
        SqlDecisionLog(database).record(decision)
        with pytest.raises(StoreError) as caught:
            SqlDecisionLog(database).record(structs.replace(decision, granted=True))
        assert caught.value.reason is ReasonCode.CONCURRENT_CHANGE
        assert AuditLog(database).verify().size == 1

    def test_an_audit_event_that_is_refused_leaves_no_decision(self, database: Database) -> None:
        with database.engine.begin() as connection:
            connection.execute(text("ALTER TABLE audit_events RENAME TO hidden"))
        with pytest.raises(StoreError):
            SqlDecisionLog(database).record(make_decision())
        with database.reading() as session:
            assert session.scalar(select(func.count()).select_from(DecisionRow)) == 0

    def test_a_decision_spends_the_challenge_that_it_answers(self, database: Database) -> None:
        log, challenge, first, second = (
            SqlDecisionLog(database), make_challenge(), make_decision(), make_decision(),
        )  # fmt: skip
        assert log.record(first, challenge)
        assert not log.record(second, challenge)
        assert not SqlSpentNonces(database).spend(challenge)
        assert SqlDecisionHistory(database).recent(9) == [first]
        assert AuditLog(database).verify().size == 1

    def test_of_many_decisions_at_once_one_answers_a_challenge_and_all_others_are_kept(
        self, database: Database
    ) -> None:
        logs, challenge = [SqlDecisionLog(database), SqlDecisionLog(database)], make_challenge()
        ready = Barrier(REPLAYS)

        def record(number: int) -> bool:
            ready.wait()
            answered = challenge if number % 4 == 0 else make_challenge()
            return logs[number % 8 // 4].record(make_decision(), answered)

        with ThreadPoolExecutor(REPLAYS) as pool:
            written = list(pool.map(record, range(REPLAYS)))
        assert sum(written[::4]) == 1
        kept = REPLAYS * 3 // 4 + 1
        assert sum(written) == kept
        assert len(SqlDecisionHistory(database).recent(REPLAYS)) == kept
        assert AuditLog(database).verify().size == kept

    def test_many_in_one_transaction_are_as_many_one_by_one(self, database: Database) -> None:
        log, challenge = SqlDecisionLog(database), make_challenge()
        decisions = [make_decision() for _ in range(4)]
        answered = [challenge, None, challenge, make_challenge()]
        written = log.record_all(list(zip(decisions, answered, strict=True)))
        assert list(written) == [True, True, False, True]
        kept = {one.id for one in SqlDecisionHistory(database).recent(9)}
        assert kept == {decisions[at].id for at in (0, 1, 3)}
        assert AuditLog(database).verify().size == 3

    def test_of_many_in_one_transaction_one_refused_leaves_nothing(
        self, database: Database
    ) -> None:
        log, decision, challenge = SqlDecisionLog(database), make_decision(), make_challenge()
        with pytest.raises(StoreError):
            log.record_all([(decision, challenge), (decision, None)])
        assert SqlDecisionHistory(database).recent(9) == []
        assert log.record(decision, challenge)

    def test_the_newest_come_first(self, database: Database) -> None:
        decisions = [
            structs.replace(make_decision(), at=AT + timedelta(seconds=number))
            for number in range(5)
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
        callers = [SqlPartnerTokens(database).caller_by_lasting_token(one) for one in hashes]
        assert [one and one.id for one in callers] == [None, None, "partner"]
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
