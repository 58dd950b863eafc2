"""Witnesses and cosignatures on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cardsvc.errors import StoreError
from cardsvc.store.audit_log import AuditLog
from cardsvc.store.engine import Database
from cardsvc.store.witness_store import SqlWitnesses
from cardsvc.witness_records import Cosigned, LogWitness
from tests.support.issuance_store_contract import AT


def test_what_witnesses_cosigned_is_kept(database: Database) -> None:
    book = SqlWitnesses(database)
    first, other = LogWitness("w/1", "w/1+a+b", "http://w"), LogWitness("w/2", "w/2+a+b", "")
    for witness in (other, first):
        book.put(witness, operator="admin", at=AT)
    assert book.all() == [first, other]
    moved = LogWitness("w/1", "w/1+a+b", "http://elsewhere")
    book.put(moved, operator="admin", at=AT)
    assert book.all() == [moved, other]
    assert AuditLog(database).verify().size == 3
    late = AT + timedelta(hours=1)
    for size, at in ((7, AT), (3, AT), (7, late)):
        book.keep(Cosigned("w/1", size, at, b"note"))
    book.keep(Cosigned("w/2", 5, AT, b"note"))
    assert [(one.witness, one.size) for one in book.cosigned()] == [
        ("w/1", 3), ("w/2", 5), ("w/1", 7),
    ]  # fmt: skip
    assert book.cosigned()[-1].at == late
    assert (book.last_size("w/1"), book.last_size("w/3")) == (7, 0)
    with pytest.raises(StoreError):
        book.keep(Cosigned("w/3", 1, AT, b"note"))
