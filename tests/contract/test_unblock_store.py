"""Unblock stores: one contract, in memory and over both databases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, ReasonCode, StoreError
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from cardsvc.store.issuance_store import SqlIssuanceStore
from cardsvc.store.sealed import Sealer
from cardsvc.store.unblock_store import SqlUnblockStore
from cardsvc.unblock_records import UnblockRequest, UnblockState
from issuance.ports import UnblockStore
from tests.support.issuance_store_contract import AT, LATER, make_application, make_card
from tests.support.memory_issuance_store import MemoryIssuanceStore
from tests.support.memory_ledger import MemoryCertificateLedger
from tests.support.memory_unblock_store import MemoryUnblockStore

CARD = make_card(make_application())
ASKED = UnblockRequest("request-1", CARD.guid, UnblockState.REQUESTED, "lan", AT)
APPROVED = replace(ASKED, state=UnblockState.APPROVED, decided_by="hung", decided_at=LATER)
EVENT = AuditEvent(AT, "lan", AuditAction.UNBLOCK_REQUESTED, str(CARD.guid))


def refusal(call: Callable[[], object]) -> ReasonCode:
    with pytest.raises((IssuanceError, StoreError)) as caught:
        call()
    return caught.value.reason


class UnblockStoreContract:
    def test_a_request_comes_back_and_moves_on(self, unblocks: UnblockStore) -> None:
        unblocks.add(ASKED, EVENT)
        assert unblocks.find("request-1") == ASKED
        assert unblocks.find("request-2") is None
        assert list(unblocks.in_state(UnblockState.REQUESTED)) == [ASKED]
        unblocks.change(APPROVED, expected=UnblockState.REQUESTED, event=EVENT)
        assert unblocks.find("request-1") == APPROVED
        assert not unblocks.in_state(UnblockState.REQUESTED)

    def test_of_two_changes_one_happens(self, unblocks: UnblockStore) -> None:
        unblocks.add(ASKED, EVENT)
        unblocks.change(APPROVED, expected=UnblockState.REQUESTED, event=EVENT)
        refused = replace(APPROVED, state=UnblockState.REFUSED)
        changed = ReasonCode.CONCURRENT_CHANGE
        late = refusal(
            lambda: unblocks.change(refused, expected=UnblockState.REQUESTED, event=EVENT)
        )
        assert late is changed
        assert unblocks.find("request-1") == APPROVED

    def test_a_card_has_one_under_way(self, unblocks: UnblockStore) -> None:
        unblocks.add(ASKED, EVENT)
        second = replace(ASKED, id="request-2")
        changed = ReasonCode.CONCURRENT_CHANGE
        assert refusal(lambda: unblocks.add(second, EVENT)) is changed
        ended = replace(APPROVED, state=UnblockState.DONE)
        unblocks.change(APPROVED, expected=UnblockState.REQUESTED, event=EVENT)
        assert refusal(lambda: unblocks.add(second, EVENT)) is changed
        unblocks.change(ended, expected=UnblockState.APPROVED, event=EVENT)
        unblocks.add(second, EVENT)
        strange = replace(ASKED, id="request-3", guid=CardGuid(bytes(range(16))))
        assert refusal(lambda: unblocks.add(strange, EVENT)) is changed


class TestMemory(UnblockStoreContract):
    @pytest.fixture
    def unblocks(self) -> UnblockStore:
        store = MemoryIssuanceStore(MemoryCertificateLedger())
        store.cards[CARD.guid] = CARD
        return MemoryUnblockStore(store)


class TestSql(UnblockStoreContract):
    @pytest.fixture
    def unblocks(self, database: Database, sealer: Sealer) -> UnblockStore:
        with SqlIssuanceStore(database, sealer).transaction() as unit:
            unit.add_application(make_application())
            unit.add_card(CARD)
        return SqlUnblockStore(database)

    def test_a_change_that_fails_leaves_no_event(
        self, unblocks: UnblockStore, database: Database
    ) -> None:
        unblocks.add(ASKED, EVENT)
        size = AuditLog(database).verify().size
        with pytest.raises(IssuanceError):
            unblocks.change(APPROVED, expected=UnblockState.APPROVED, event=EVENT)
        assert AuditLog(database).verify().size == size

    def test_the_database_itself_wants_two_persons(
        self, unblocks: UnblockStore, database: Database
    ) -> None:
        unblocks.add(ASKED, EVENT)
        own = replace(APPROVED, decided_by="lan")
        refused = refusal(
            lambda: unblocks.change(own, expected=UnblockState.REQUESTED, event=EVENT)
        )
        assert refused is ReasonCode.CONCURRENT_CHANGE
        with database.engine.begin() as connection:
            decided = connection.execute(text("SELECT decided_by FROM unblock_requests"))
            assert decided.scalar_one() is None
