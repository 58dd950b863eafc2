"""Cards by the hundred in one transaction. Implements ``issuance.bulk_ports`` over SQL."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar, cast

from sqlalchemy import Table, bindparam, func, insert, select, update
from sqlalchemy.orm import selectinload

from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.records import Application, CardRecord
from cardsvc.store.card_mapping import card_values, read_application
from cardsvc.store.engine import Database
from cardsvc.store.many_rows import ManyRows
from cardsvc.store.schema import ApplicationRow, CardKeyRow, CardRow, HolderRow
from cardsvc.store.sealed import Sealer
from cardsvc.store.status_changes import note_card_change
from cardsvc.store.status_lists import RandomOctets, give_places
from cardsvc.store.unit_of_work import UnitOfWork, issuing
from cardsvc.terms import Realm

_GIVEN_UP = (CardState.SPOILED, CardState.DESTROYED)
_CARDS, _KEYS = cast("Table", CardRow.__table__), cast("Table", CardKeyRow.__table__)
_FINISH = (
    update(_CARDS)
    .where(_CARDS.c.guid == bindparam("wanted"), _CARDS.c.version == bindparam("read"))
    .values(state=bindparam("reached"), version=bindparam("read") + 1)
)
_ADD_KEYS = ManyRows(insert(_KEYS))
_AT_ONCE = 500
"""Parameters of one query; older SQLite takes 999 at most."""
_Key = TypeVar("_Key")


class SqlBulkTransaction(UnitOfWork):
    """One unit of work on one session."""

    def unchanged(self, applications: Iterable[Application]) -> frozenset[str]:
        """Return which applications stand as they were read, locked in one order always."""
        read = {one.id: (one.state, one.approved_at) for one in applications}
        columns = (ApplicationRow.id, ApplicationRow.state, ApplicationRow.approved_at)
        found = set[str]()
        for wanted in _cut(sorted(read)):
            query = (
                select(*columns)
                .where(ApplicationRow.id.in_(wanted))
                .order_by(ApplicationRow.id)
                .with_for_update()
            )
            for application_id, state, approved_at in self._session.execute(query):
                if read[application_id] == (state, approved_at):
                    found.add(application_id)
        return frozenset(found)

    def standing_cards(
        self, application_ids: Sequence[str]
    ) -> Mapping[str, tuple[CardGuid, CardState]]:
        """Return the last card of each application that was not given up, where there is one."""
        columns = (CardRow.application_id, CardRow.guid, CardRow.state)
        found: dict[str, tuple[CardGuid, CardState]] = {}
        for wanted in _cut(application_ids):
            query = (
                select(*columns)
                .where(CardRow.application_id.in_(wanted), CardRow.state.not_in(_GIVEN_UP))
                .order_by(CardRow.ordinal)
            )
            for application_id, guid, state in self._session.execute(query):
                found[application_id] = guid, state
        return found

    def known_cards(self, guids: Sequence[CardGuid]) -> frozenset[CardGuid]:
        """Return those of many GUIDs that are a card's already."""
        return frozenset(
            guid
            for wanted in _cut(guids)
            for guid in self._session.scalars(select(CardRow.guid).where(CardRow.guid.in_(wanted)))
        )

    def add_cards(self, cards: Sequence[CardRecord]) -> None:
        """Insert cards without keys; each gets its place in a status list for good."""
        if not cards:
            return
        made = self._cards_made([card.application_id for card in cards])
        applied = self._applied([card.application_id for card in cards])
        rows = [
            {
                "guid": card.guid,
                "card_type": card.card_type,
                "holder_id": card.holder_id,
                "application_id": card.application_id,
                "ordinal": made.get(card.application_id, 0),
                "version": card.version,
                **applied[card.application_id],
                **card_values(card),
            }
            for card in cards
        ]
        self._session.connection().execute(insert(_CARDS), rows)
        for realm in Realm:
            guids = [c.guid for c in cards if applied[c.application_id]["realm"] == realm]
            give_places(self._session, guids, self._random_octets, realm)
        for card in cards:
            note_card_change(self._session, card.guid)

    def finish_cards(self, cards: Sequence[CardRecord]) -> None:
        """Write the state of cards whose ``version`` is the one that was read, and their keys.

        Raises:
            IssuanceError: somebody changed one in between (CONCURRENT_CHANGE).
        """
        states = [
            {"wanted": card.guid, "read": card.version, "reached": card.state} for card in cards
        ]
        keys: list[dict[str, Any]] = [
            {
                "guid": card.guid,
                "slot": int(key.slot),
                "ordinal": ordinal,
                "algorithm": int(key.algorithm),
                "spki_sha256": key.spki_sha256,
                "issuer_key_id": key.issuer_key_id,
                "serial": key.serial,
                "certificate_der": key.certificate_der,
                "not_after": key.not_after,
            }
            for card in cards
            for ordinal, key in enumerate(card.keys)
        ]
        ready = _ADD_KEYS.ready(self._session.get_bind().dialect, keys) if keys else None
        connection = self._session.connection()
        if connection.execute(_FINISH, states).rowcount != len(cards):
            raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, "somebody changed a card")
        if ready is not None:
            ready.execute(connection)
        for card in cards:
            note_card_change(self._session, card.guid)

    def _applied(self, application_ids: Sequence[str]) -> Mapping[str, dict[str, str | None]]:
        """Return what a card's row has of its application: who asked and approved, the realm."""
        columns = (
            ApplicationRow.id,
            ApplicationRow.requested_by,
            ApplicationRow.approved_by,
            ApplicationRow.realm,
        )
        return {
            application_id: {
                "requested_by": requested_by,
                "approved_by": approved_by,
                "realm": realm,
            }
            for wanted in _cut(application_ids)
            for application_id, requested_by, approved_by, realm in self._session.execute(
                select(*columns).where(ApplicationRow.id.in_(wanted))
            )
        }

    def _cards_made(self, application_ids: Sequence[str]) -> Mapping[str, int]:
        """Return how many cards were made for each application, spoiled ones too."""
        found: dict[str, int] = {}
        for wanted in _cut(application_ids):
            query = (
                select(CardRow.application_id, func.count().label("made"))
                .where(CardRow.application_id.in_(wanted))
                .group_by(CardRow.application_id)
            )
            found |= {row.application_id: row.made for row in self._session.execute(query)}
        return found


class SqlBulkStore:
    """Reads, and opens units of work of many rows.

    Args:
        database: migrated.
        sealer: opens personal numbers.
        random_octets: draws the cards' places in status lists.
    """

    def __init__(
        self,
        database: Database,
        sealer: Sealer,
        random_octets: RandomOctets = secrets.token_bytes,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._random_octets = random_octets

    def applications(self, application_ids: Sequence[str]) -> Mapping[str, Application]:
        """Return those of many applications that there are.

        Raises:
            StoreError: the database can't be reached; a holder's row is not what we wrote
                (RECORD_CORRUPT).
        """
        found: dict[str, Application] = {}
        with self._database.reading() as session:
            for wanted in _cut(application_ids):
                query = (
                    select(ApplicationRow)
                    .where(ApplicationRow.id.in_(wanted))
                    .options(selectinload(ApplicationRow.holder).selectinload(HolderRow.aliases))
                )
                for row in session.scalars(query):
                    found[row.id] = read_application(row, self._sealer)
        return found

    @contextmanager
    def transaction(self) -> Iterator[SqlBulkTransaction]:
        """Commit on a clean exit, roll back on an exception.

        Raises:
            IssuanceError: somebody else's change came first (CONCURRENT_CHANGE).
            StoreError: the database can't be reached, or the audit log can't be appended to.
        """
        with issuing(self._database) as (session, trail):
            yield SqlBulkTransaction(session, trail, self._sealer, self._random_octets)


def _cut(wanted: Sequence[_Key]) -> Iterator[Sequence[_Key]]:
    for start in range(0, len(wanted), _AT_ONCE):
        yield wanted[start : start + _AT_ONCE]
