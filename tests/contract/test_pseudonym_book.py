"""Generations of pseudonyms on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from cardsvc.audit import AuditAction
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from cardsvc.store.pseudonym_book import SqlPseudonymBook
from cardsvc.store.verification_store import SqlPolicyDirectory
from verification.policy.simple import simple_policy

AT = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
PARTY = "trung-tam-hcc"


@pytest.fixture
def book(database: Database) -> SqlPseudonymBook:
    access = SqlAccessStore(database)
    for party in (PARTY, "benh-vien"):
        access.enrol_relying_party(party, party, operator="admin", at=AT)
        access.put_policy(simple_policy(party, "tra-cuu"), operator="admin", at=AT)
    return SqlPseudonymBook(database)


def test_a_generation_is_one_partners_and_counts_at_the_next_decision(
    book: SqlPseudonymBook, database: Database
) -> None:
    def used(party: str) -> int:
        policy = SqlPolicyDirectory(database).find(party, "tra-cuu", AT)
        assert policy is not None
        return policy.pseudonym_generation

    assert (book.generation(PARTY), used(PARTY)) == (1, 1)
    assert [book.rotate(PARTY, operator="quan-tri", at=AT) for _ in range(2)] == [2, 3]
    assert (book.generation(PARTY), used(PARTY)) == (3, 3)
    assert used("benh-vien") == 1
    newest = AuditLog(database).events(subject=PARTY)[0].event
    assert newest.action is AuditAction.PSEUDONYMS_ROTATED
    assert newest.facts == {"generation": 3}


def test_who_is_not_there(book: SqlPseudonymBook) -> None:
    for ask in (book.generation, lambda party: book.rotate(party, operator="q", at=AT)):
        with pytest.raises(StoreError) as caught:
            ask("khong-co")
        assert caught.value.reason is ReasonCode.RELYING_PARTY_UNKNOWN
    assert list(book.holders_told(PARTY)) == list(book.all_holders()) == []
    assert list(book.cards_named(PARTY, "v1.x")) == []
