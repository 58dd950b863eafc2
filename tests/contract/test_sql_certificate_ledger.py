"""The SQL ledger passes the contract and tells the audit log what it did."""

from __future__ import annotations

import pytest

from cardsvc.audit import AuditAction
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.certificate_ledger import SqlCertificateLedger
from cardsvc.store.engine import Database
from cardsvc.terms import RevocationReason
from keys.ports import CertificateLedger
from tests.support.certificate_ledger_contract import (
    AT,
    ISSUER,
    LATER,
    CertificateLedgerContract,
    make_reservation,
)


@pytest.fixture
def ledger(database: Database) -> CertificateLedger:
    protocol: CertificateLedger = SqlCertificateLedger(database)
    return protocol


class TestSqlCertificateLedger(CertificateLedgerContract):
    pass


def test_each_step_is_in_the_audit_log(database: Database, ledger: CertificateLedger) -> None:
    reservation = make_reservation()
    ledger.reserve(reservation)
    ledger.redeem(reservation.token_sha256, AT)
    ledger.record_signed(ISSUER, reservation.serial, b"der", LATER)
    for reason in (RevocationReason.CERTIFICATE_HOLD, RevocationReason.CERTIFICATE_HOLD):
        ledger.revoke(ISSUER, reservation.serial, reason, LATER)
    ledger.release_hold(ISSUER, reservation.serial, LATER)
    ledger.revoke(ISSUER, reservation.serial, RevocationReason.KEY_COMPROMISE, LATER)
    logged = [entry.event for entry in reversed(AuditLog(database).events())]
    assert [event.action for event in logged] == [
        AuditAction.CERTIFICATE_RESERVED,
        AuditAction.CERTIFICATE_SIGNED,
        AuditAction.CERTIFICATE_REVOKED,
        AuditAction.CERTIFICATE_RELEASED,
        AuditAction.CERTIFICATE_REVOKED,
    ]
    assert {event.subject for event in logged} == {f"{reservation.serial:x}"}
    assert [event.facts["reason"] for event in logged[2:]] == [
        "certificateHold",
        "certificateHold",
        "keyCompromise",
    ]
    assert AuditLog(database).verify().size == 5
