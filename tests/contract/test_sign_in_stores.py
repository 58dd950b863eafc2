"""Sessions, second factors, attempts and used forms, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cardsvc.access_records import Operator, Role
from cardsvc.errors import StoreError
from cardsvc.session_records import BackOff, ClaimState, OperatorSession, SessionStage
from cardsvc.store.attempt_store import SqlAttemptStore
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from cardsvc.store.form_store import SqlFormStore
from cardsvc.store.operator_store import SqlOperatorStore
from cardsvc.store.sealed import DerivedDataKeys, Sealer
from cardsvc.store.second_factor_store import SqlSecondFactorStore
from cardsvc.store.session_store import SqlSessionStore

AT = datetime(2026, 11, 21, 8, tzinfo=UTC)
RULE = BackOff(free=2, first_seconds=30, longest_seconds=100, forgotten_after_seconds=3600)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def lan(database: Database) -> None:
    SqlOperatorStore(database).save(Operator("lan", "Lan", frozenset(), "$hash$"), by="x", at=AT)


def session(token: bytes, *, at: datetime = AT, is_open: bool = False) -> OperatorSession:
    stage = SessionStage.OPEN if is_open else SessionStage.PASSWORD_GIVEN
    return OperatorSession(token * 32, "lan", stage, at, at, at if is_open else None)


class TestOperators:
    def test_of_administrators_who_shut_each_other_out_one_stays(self, database: Database) -> None:
        store, names = SqlOperatorStore(database), ("hung", "lan", "mai")
        people = [Operator(one, one, frozenset({Role.ADMINISTRATOR}), "$hash$") for one in names]
        for one in people:
            assert store.save(one, by="x", at=AT)
        gone = [replace(one, enabled=False) for one in people]
        with ThreadPoolExecutor(len(people)) as threads:
            saved = list(threads.map(lambda one: store.save(one, by="x", at=AT), gone))
        assert sorted(saved) == [False, True, True]
        (left,) = (one for one in store.all() if one.administers)
        assert not store.save(replace(left, roles=frozenset({Role.CLERK})), by="x", at=AT)
        assert store.save(replace(left, name="Người ở lại"), by="x", at=AT)


class TestSessions:
    def test_a_session_is_promoted_once(self, database: Database) -> None:
        store = SqlSessionStore(database)
        store.begin(session(b"a"), older_than=AT - timedelta(days=2))
        assert store.find(b"a" * 32) == session(b"a")
        assert store.promote(b"a" * 32, session(b"b", is_open=True))
        assert not store.promote(b"a" * 32, session(b"c", is_open=True))
        assert store.find(b"a" * 32) is None
        assert store.find(b"b" * 32) == session(b"b", is_open=True)
        assert store.find(b"c" * 32) is None

    def test_use_and_proof_are_noted(self, database: Database) -> None:
        store = SqlSessionStore(database)
        store.begin(session(b"a"), older_than=AT)
        later = AT + timedelta(minutes=3)
        store.seen(b"a" * 32, later)
        store.proved(b"a" * 32, later)
        store.proved(b"z" * 32, later)
        found = store.find(b"a" * 32)
        assert found is not None
        assert (found.seen_at, found.proved_at, found.created_at) == (later, later, AT)

    def test_ending_one_and_ending_all_but_one(self, database: Database) -> None:
        store = SqlSessionStore(database)
        for token in (b"a", b"b", b"c", b"d"):
            store.begin(session(token), older_than=AT)
        store.end(b"a" * 32, AT)
        store.end(b"a" * 32, AT)
        assert store.end_all("lan", by="lan", at=AT, but=b"c" * 32) == 2
        assert [one.token_sha256 for one in store.of_operator("lan")] == [b"c" * 32]
        assert store.end_all("lan", by="x", at=AT) == 1
        assert store.end_all("lan", by="x", at=AT) == 0
        actions = [one.event.action.value for one in AuditLog(database).events(subject="lan")]
        assert actions.count("operator.sessions_ended") == 2
        assert actions.count("operator.signed_out") == 1

    def test_old_ones_are_dropped(self, database: Database) -> None:
        store = SqlSessionStore(database)
        store.begin(session(b"a"), older_than=AT)
        later = AT + timedelta(days=3)
        store.begin(session(b"b", at=later), older_than=later - timedelta(days=2))
        assert store.find(b"a" * 32) is None


class TestSecondFactors:
    def test_a_secret_is_begun_once_and_confirmed_once(
        self, database: Database, sealer: Sealer
    ) -> None:
        store = SqlSecondFactorStore(database, sealer)
        assert store.find("lan") is None
        assert store.find("nobody") is None
        assert not store.begin("nobody", SECRET)
        assert store.begin("lan", SECRET)
        assert not store.begin("lan", "ANOTHER")
        assert not store.take_step("lan", 5), "not confirmed yet"
        assert store.confirm("lan", 7, [b"1" * 32, b"2" * 32], AT)
        assert not store.confirm("lan", 8, [b"3" * 32], AT)
        found = store.find("lan")
        assert found is not None
        assert (found.secret, found.confirmed, found.last_step) == (SECRET, True, 7)
        assert found.recovery_codes == 2
        assert SECRET not in repr(found)

    def test_steps_and_codes_are_good_once(self, database: Database, sealer: Sealer) -> None:
        store = SqlSecondFactorStore(database, sealer)
        store.begin("lan", SECRET)
        store.confirm("lan", 7, [b"1" * 32], AT)
        assert [store.take_step("lan", step) for step in (7, 6, 9, 9, 8, 10)] == [
            False, False, True, False, False, True,
        ]  # fmt: skip
        assert [store.take_code("lan", b"1" * 32, AT) for _ in range(2)] == [True, False]
        store.renew_codes("lan", [b"4" * 32], AT)
        with ThreadPoolExecutor(4) as pool:
            steps = list(pool.map(lambda _: store.take_step("lan", 20), range(4)))
            codes = list(pool.map(lambda _: store.take_code("lan", b"4" * 32, AT), range(4)))
        assert (steps.count(True), codes.count(True)) == (1, 1)

    def test_a_reset_forgets_everything(self, database: Database, sealer: Sealer) -> None:
        store = SqlSecondFactorStore(database, sealer)
        store.begin("lan", SECRET)
        store.confirm("lan", 7, [b"1" * 32], AT)
        assert store.reset("lan", by="quan-tri", at=AT)
        assert not store.reset("nobody", by="quan-tri", at=AT)
        assert store.find("lan") is None
        assert not store.take_code("lan", b"1" * 32, AT)

    def test_another_key_opens_nothing(self, database: Database, sealer: Sealer) -> None:
        SqlSecondFactorStore(database, sealer).begin("lan", SECRET)
        other = Sealer(DerivedDataKeys({"test-1": b"\x09" * 32}, b"\x02" * 32))
        with pytest.raises(StoreError):
            SqlSecondFactorStore(database, other).find("lan")


class TestAttempts:
    def test_counting_waiting_forgiving_forgetting(self, database: Database) -> None:
        store = SqlAttemptStore(database)
        subjects = {b"account": RULE, b"address": BackOff(100, 1, 1, 3600)}
        assert [store.begin(subjects, AT) for _ in range(3)] == [None, None, None]
        assert store.begin(subjects, AT) == AT + timedelta(seconds=30)
        later = AT + timedelta(seconds=31)
        assert store.begin(subjects, later) is None
        assert store.begin(subjects, later) == later + timedelta(seconds=60)
        store.forgive(b"account")
        store.forgive(b"address", 2)
        store.forgive(b"nobody")
        assert [store.begin(subjects, later) for _ in range(4)][-1] is not None
        tomorrow = later + timedelta(days=1)
        assert [store.begin(subjects, tomorrow) for _ in range(3)] == [None, None, None]

    def test_parallel_attempts_share_no_try(self, database: Database) -> None:
        store = SqlAttemptStore(database)
        subjects = {b"account": RULE, b"address": RULE}
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda _: store.begin(subjects, AT), range(12)))
        assert answers.count(None) == RULE.free + 1

    def test_the_wait_grows_to_its_limit(self) -> None:
        waits = [RULE.waiting_seconds(failures) for failures in (0, 2, 3, 4, 5, 6, 10**9)]
        assert waits == [0, 0, 30, 60, 100, 100, 100]


def test_a_form_is_claimed_once(database: Database) -> None:
    store = SqlFormStore(database)
    with ThreadPoolExecutor(6) as pool:
        states = [one.state for one in pool.map(lambda _: store.claim(b"f" * 32, AT), range(6))]
    assert states.count(ClaimState.FIRST) == 1
    assert states.count(ClaimState.RUNNING) == 5
    store.conclude(b"f" * 32, "/console/agents")
    store.release(b"f" * 32)
    done = store.claim(b"f" * 32, AT)
    assert (done.state, done.outcome) == (ClaimState.DONE, "/console/agents")
    assert store.claim(b"g" * 32, AT).state is ClaimState.FIRST
    store.release(b"g" * 32)
    assert store.claim(b"g" * 32, AT).state is ClaimState.FIRST
    store.claim(b"h" * 32, AT + timedelta(days=3))
    assert store.claim(b"f" * 32, AT).state is ClaimState.FIRST, "old ones are dropped"
