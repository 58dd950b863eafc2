"""The in-memory store passes the contract; the SQL store runs the same class beside it."""

from __future__ import annotations

import pytest

from issuance.ports import IssuanceStore
from keys.ports import CertificateLedger
from tests.support.issuance_store_contract import AuditEvents, IssuanceStoreContract
from tests.support.memory_issuance_store import MemoryIssuanceStore
from tests.support.memory_ledger import MemoryCertificateLedger


class TestMemoryIssuanceStore(IssuanceStoreContract):
    @pytest.fixture
    def memory_store(self) -> MemoryIssuanceStore:
        return MemoryIssuanceStore(MemoryCertificateLedger())

    @pytest.fixture
    def store(self, memory_store: MemoryIssuanceStore) -> IssuanceStore:
        return memory_store

    @pytest.fixture
    def ledger(self, memory_store: MemoryIssuanceStore) -> CertificateLedger:
        return memory_store.ledger

    @pytest.fixture
    def audit_events(self, memory_store: MemoryIssuanceStore) -> AuditEvents:
        return lambda: list(memory_store.events)
