"""The in-memory ledger passes the contract; the SQL ledger runs the same class beside it."""

from __future__ import annotations

import pytest

from keys.ports import CertificateLedger
from tests.support.certificate_ledger_contract import CertificateLedgerContract
from tests.support.memory_ledger import MemoryCertificateLedger


class TestMemoryCertificateLedger(CertificateLedgerContract):
    @pytest.fixture
    def ledger(self) -> CertificateLedger:
        return MemoryCertificateLedger()
