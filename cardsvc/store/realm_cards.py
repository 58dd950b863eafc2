"""Finds test cards by who certified them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from cardsvc.card.guid import CardGuid
from cardsvc.store.engine import Database
from cardsvc.store.schema import CardKeyRow, CardRow
from cardsvc.terms import Realm


class SqlSandboxCards:
    """Finds cards of the sandbox. Implements ``issuance.old_test_cards.SandboxCards``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def certified_by(self, issuer_key_ids: Collection[bytes]) -> list[CardGuid]:
        """Return the sandbox's cards that have a certificate of one of these CAs."""
        query = (
            select(CardRow.guid)
            .join(CardKeyRow, CardKeyRow.guid == CardRow.guid)
            .where(
                CardRow.realm == Realm.SANDBOX,
                CardKeyRow.issuer_key_id.in_(sorted(issuer_key_ids)),
            )
            .distinct()
            .order_by(CardRow.guid)
        )
        with self._database.reading() as session:
            return list(session.scalars(query))
