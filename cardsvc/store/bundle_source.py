"""What bundles are made of, as SQL keeps it. Implements the ports of ``verification.bundle.press``.

What may have changed is read from the audit log: every change of a card or a holder has an event
about it in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Row, Select, String, Table, select, type_coerce

from cardsvc.audit import AuditAction
from cardsvc.bundle_records import BundleCard, BundlePolicy
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.errors import Malformed, ReasonCode, StoreError
from cardsvc.lifecycle import CardState
from cardsvc.store.audit_trail import read_frontier
from cardsvc.store.engine import Database
from cardsvc.store.schema import (
    AuditEventRow,
    BundleEditionRow,
    CardKeyRow,
    CardRow,
    HolderRow,
    PolicyActivationRow,
    PolicyVersionRow,
    RelyingPartyRow,
)
from cardsvc.store.upsert import insert_unless_there
from cardsvc.terms import CardType, Realm

_CARDS, _KEYS, _HOLDERS = CardRow.__table__, CardKeyRow.__table__, HolderRow.__table__
_CARD_KEY, _PIN_KEY = _KEYS.alias("card_key"), _KEYS.alias("pin_key")
_MOST_TOUCHED = 5_000
"""Events after which all cards are read instead."""
_AT_ONCE = 500
_FETCHED = 2_000
_NEVER_PRESENTED = (CardState.PERSONALISING, CardState.TORN, CardState.SPOILED)
_SAYS_NOTHING_OF_CARDS = (
    AuditAction.TAP_DECIDED.value,
    AuditAction.AGENT_EVENTS_TAKEN.value,
    AuditAction.OPERATOR_SIGNED_IN.value,
)


_TYPES: dict[str, CardType] = {one.value: one for one in CardType}
_STATES: dict[str, CardState] = {one.value: one for one in CardState}
_REALMS: dict[str, Realm] = {one.value: one for one in Realm}


def _cards() -> Select[Any]:
    return (
        select(
            type_coerce(_CARDS.c.guid, String),
            type_coerce(_CARDS.c.card_type, String),
            type_coerce(_CARDS.c.state, String),
            _CARDS.c.expires_at,
            type_coerce(_CARDS.c.realm, String),
            type_coerce(_HOLDERS.c.category, String),
            _HOLDERS.c.agency_code,
            _CARD_KEY.c.spki_sha256.label("card_key"),
            _PIN_KEY.c.spki_sha256.label("pin_key"),
        )
        .join(_HOLDERS, _HOLDERS.c.id == _CARDS.c.holder_id)
        .join(
            _CARD_KEY,
            (_CARD_KEY.c.guid == _CARDS.c.guid)
            & (_CARD_KEY.c.slot == int(KeySlot.CARD_AUTHENTICATION)),
        )
        .outerjoin(
            _PIN_KEY,
            (_PIN_KEY.c.guid == _CARDS.c.guid) & (_PIN_KEY.c.slot == int(KeySlot.AUTHENTICATION)),
        )
        .where(_CARDS.c.state.not_in(_NEVER_PRESENTED))
    )


class SqlBundleSource:
    """Reads cards and policies for bundles."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def position(self) -> int:
        """Return the size of the audit log: it grows with every change."""
        with self._database.reading() as session:
            return read_frontier(session).size

    def cards(self) -> Iterable[BundleCard]:
        """Return all cards that ever could be presented."""
        with (
            self._database.reading() as session,
            session.execute(_cards().execution_options(yield_per=_FETCHED)) as rows,
        ):
            for row in rows:
                yield _card(row)

    def touched(self, since: int, until: int) -> Sequence[CardGuid] | None:
        """Return the cards that may have changed between two positions; None for too many."""
        events = AuditEventRow
        query = (
            select(events.subject)
            .where(events.seq >= since, events.seq < until)
            .where(events.action.not_in(_SAYS_NOTHING_OF_CARDS))
            .limit(_MOST_TOUCHED + 1)
        )
        with self._database.reading() as session:
            rows = session.scalars(query).all()
            if len(rows) > _MOST_TOUCHED:
                return None
            subjects = list(dict.fromkeys(rows))
            found = {guid for one in subjects if (guid := _guid(one)) is not None}
            for start in range(0, len(subjects), _AT_ONCE):  # holders, whose cards show their post
                of_holders = select(CardRow.guid).where(
                    CardRow.holder_id.in_(subjects[start : start + _AT_ONCE])
                )
                found |= set(session.scalars(of_holders))
        return sorted(found, key=lambda one: one.octets)

    def cards_of(self, guids: Sequence[CardGuid]) -> Sequence[BundleCard]:
        """Return those of some cards that could be presented, as they stand now."""
        found: list[BundleCard] = []
        with self._database.reading() as session:
            for start in range(0, len(guids), _AT_ONCE):
                some = _cards().where(_CARDS.c.guid.in_(guids[start : start + _AT_ONCE]))
                found += [_card(row) for row in session.execute(some)]
        return found

    def policies(self, relying_party: str, at: datetime) -> Sequence[BundlePolicy] | None:
        """Return the policies in force and those to come; None for no such relying party.

        A disabled relying party has none.
        """
        acts, versions = PolicyActivationRow, PolicyVersionRow
        query = (
            select(acts.service, acts.seq, acts.active_from, acts.version, versions.document)
            .join(
                versions,
                (versions.relying_party == acts.relying_party)
                & (versions.service == acts.service)
                & (versions.version == acts.version),
            )
            .where(acts.relying_party == relying_party)
            .order_by(acts.service, acts.seq.desc())
        )
        with self._database.reading() as session:
            party = session.get(RelyingPartyRow, relying_party)
            if party is None:
                return None
            found: list[BundlePolicy] = []
            settled: set[str] = set()
            for row in session.execute(query) if party.enabled else ():
                if row.service in settled:
                    continue  # an older act, which the one in force has overtaken
                found.append(
                    BundlePolicy(
                        row.service,
                        row.version,
                        row.seq,
                        row.active_from,
                        row.document,
                        party.realm,
                        party.agreement,
                    )
                )
                if row.active_from <= at:
                    settled.add(row.service)
            return found


class SqlBundleEditions:
    """Numbers the contents of bundles, for all processes of the service."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def number(
        self, relying_party: str, content_sha256: bytes, position: int, at: datetime
    ) -> int | None:
        """Return a content's number; None where another process has seen more of the log.

        A new number is past the last one and past the time in seconds: so it grows even where the
        database was restored from a backup.

        Raises:
            StoreError: there is no such relying party (CONCURRENT_CHANGE).
        """
        table = cast("Table", BundleEditionRow.__table__)
        with self._database.reading() as session:
            row = session.get(BundleEditionRow, relying_party)
            if row is not None and row.content_sha256 == content_sha256:
                return row.seq
        with self._database.writing() as session:
            first = {
                "relying_party": relying_party,
                "seq": int(at.timestamp()),
                "content_sha256": content_sha256,
                "position": position,
                "made_at": at,
            }
            connection = session.connection()
            connection.execute(insert_unless_there(connection, table), [first])
            query = select(BundleEditionRow).where(BundleEditionRow.relying_party == relying_party)
            row = session.scalars(query.with_for_update()).one()
            if row.content_sha256 == content_sha256:
                return row.seq
            if row.position > position:
                return None
            row.seq = max(row.seq + 1, int(at.timestamp()))
            row.content_sha256, row.position, row.made_at = content_sha256, position, at
            return row.seq


def _card(row: Row[Any]) -> BundleCard:
    """Return a row as a card; by hand, for a province's cards are read at once."""
    values: Sequence[Any] = row
    guid, card_type, state, expires_at, realm, category, agency_code, card_key, pin_key = values
    hashes = {KeySlot.CARD_AUTHENTICATION: card_key}
    if pin_key is not None:
        hashes[KeySlot.AUTHENTICATION] = pin_key
    try:
        return BundleCard(
            CardGuid(bytes.fromhex(guid.replace("-", ""))),
            _TYPES[card_type],
            _STATES[state],
            expires_at,
            hashes,
            category,
            agency_code,
            _REALMS[realm],
        )
    except (KeyError, ValueError):
        raise StoreError(ReasonCode.RECORD_CORRUPT, "not a card") from None


def _guid(subject: str) -> CardGuid | None:
    try:
        return CardGuid.parse(subject)
    except Malformed:
        return None
