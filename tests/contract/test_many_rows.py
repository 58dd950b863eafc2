"""Rows made ready beforehand are the rows that SQLAlchemy would have written."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import cast

from sqlalchemy import Table, bindparam, insert, select, update

from cardsvc.store.engine import Database
from cardsvc.store.many_rows import ManyRows
from cardsvc.store.schema import CertificateRow

_LEDGER = cast("Table", CertificateRow.__table__)
AT = datetime(2026, 11, 22, 7, 30, 0, 125, tzinfo=UTC)


def certificate(number: int) -> dict[str, object]:
    return {
        "issuer_key_id": b"\x01" * 20,
        "serial": (1 << 70) + number,
        "profile": "card-authentication",
        "guid": None,
        "spki_sha256": bytes([number]) * 32,
        "not_after": AT,
        "reserved_at": AT,
        "token_sha256": bytes([number, 1]) * 16,
        "draft_der": b"\x30\x00",
    }


def test_inserted_rows_read_back_as_sqlalchemys_own(database: Database) -> None:
    rows = [certificate(number) for number in range(1, 4)]
    with database.writing() as session:
        ready = ManyRows(insert(_LEDGER)).ready(session.get_bind().dialect, rows[:2])
        assert ready.execute(session.connection()) == 2
        session.execute(insert(_LEDGER), rows[2:])
    with database.reading() as session:
        columns = [_LEDGER.c[key] for key in rows[0]]
        found = session.execute(select(*columns).order_by(_LEDGER.c.serial)).mappings().all()
    assert [dict(one) for one in found] == rows


def test_an_update_tells_how_many_rows_it_met(database: Database) -> None:
    statement = ManyRows(
        update(_LEDGER)
        .where(_LEDGER.c.serial == bindparam("number"), _LEDGER.c.redeemed_at.is_(None))
        .values(redeemed_at=bindparam("at"))
    )
    numbers = [(1 << 70) + number for number in (1, 2, 9)]
    with database.writing() as session:
        session.execute(insert(_LEDGER), [certificate(1), certificate(2)])
        dialect = session.get_bind().dialect
        ready = statement.ready(dialect, [{"number": one, "at": AT} for one in numbers])
        assert ready.execute(session.connection()) == 2
        again = statement.ready(dialect, [{"number": numbers[0], "at": AT}])
        assert again.execute(session.connection()) == 0
    with database.reading() as session:
        assert set(session.scalars(select(_LEDGER.c.redeemed_at))) == {AT}
