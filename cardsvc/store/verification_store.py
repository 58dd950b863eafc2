"""What verification asks of the database. Implements the directories of ``verification.ports``.

Asked at every decision and never remembered: a card that was revoked, a policy or a partner that
was changed count at the next tap, in every process. The statements are built once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, and_, bindparam, case, select

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.lifecycle import CardState
from cardsvc.service_records import CardOnRecord, CardStanding, DecisionRecord, ServicePolicy
from cardsvc.store.decision_mapping import read_decision
from cardsvc.store.engine import Database
from cardsvc.store.policy_store import IN_FORCE, read_in_force
from cardsvc.store.restriction import is_unrestricted
from cardsvc.store.schema import (
    CardKeyRow,
    CardRow,
    DecisionRow,
    HolderRow,
    RelyingPartyRow,
)
from cardsvc.terms import Realm

_CARDS, _KEYS, _HOLDERS = CardRow.__table__, CardKeyRow.__table__, HolderRow.__table__
_PARTIES = RelyingPartyRow.__table__
_CARD_KEY, _PIN_KEY = _KEYS.alias("card_key"), _KEYS.alias("pin_key")


def _of_slot(keys: FromClause, slot: KeySlot) -> ColumnElement[bool]:
    return and_(keys.c.guid == _CARDS.c.guid, keys.c.slot == int(slot))


_NAME = case((is_unrestricted(_HOLDERS.c.id), _HOLDERS.c.name), else_="").label("name")
"""A name is released as it stands here: none of somebody whose data is restricted."""
_CARD = (
    select(
        _CARDS.c.guid,
        _CARDS.c.card_type,
        _CARDS.c.holder_id,
        _CARDS.c.state,
        _CARDS.c.expires_at,
        _CARDS.c.realm,
        _NAME,
        _HOLDERS.c.category,
        _HOLDERS.c.agency_code,
        _CARD_KEY.c.spki_sha256.label("card_key"),
        _PIN_KEY.c.spki_sha256.label("pin_key"),
    )
    .join(_HOLDERS, _HOLDERS.c.id == _CARDS.c.holder_id)
    .outerjoin(_CARD_KEY, _of_slot(_CARD_KEY, KeySlot.CARD_AUTHENTICATION))
    .outerjoin(_PIN_KEY, _of_slot(_PIN_KEY, KeySlot.AUTHENTICATION))
    .where(_CARDS.c.guid.in_(bindparam("wanted", expanding=True)))
)
_AT_ONCE = 500
"""Parameters of one query; older SQLite takes 999 at most."""


class SqlCardDirectory:
    """Finds cards on record; opens no sealed number, a decision needs none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, guid: CardGuid) -> CardOnRecord | None:
        """Return the card as it stands now with its holder's name and post, or None."""
        return self.find_all([guid]).get(guid)

    def find_all(self, guids: Sequence[CardGuid]) -> Mapping[CardGuid, CardOnRecord]:
        """Return those of many cards that there are, each as ``find`` does."""
        found: dict[CardGuid, CardOnRecord] = {}
        for start in range(0, len(guids), _AT_ONCE):
            wanted = guids[start : start + _AT_ONCE]
            for row in self._database.look_up(_CARD, wanted=wanted):
                found[row.guid] = _card_on_record(row)
        return found


def _card_on_record(row: Row[Any]) -> CardOnRecord:
    hashes = {KeySlot.CARD_AUTHENTICATION: row.card_key, KeySlot.AUTHENTICATION: row.pin_key}
    return CardOnRecord(
        card=CardStanding(
            row.guid,
            row.card_type,
            row.holder_id,
            row.state,
            row.expires_at,
            {slot: octets for slot, octets in hashes.items() if octets is not None},
            row.realm,
        ),
        holder_name=row.name,
        category=None if row.category is None else row.category.value,
        agency_code=row.agency_code,
    )


_ENABLED = select(_PARTIES.c.enabled).where(_PARTIES.c.id == bindparam("relying_party"))


class SqlPolicyDirectory:
    """Finds the policy of a service."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def knows(self, relying_party: str) -> bool:
        """Tell whether there is such a relying party, and it is enabled."""
        rows = self._database.look_up(_ENABLED, relying_party=relying_party)
        return bool(rows) and rows[0].enabled

    def find(self, relying_party: str, service: str, at: datetime) -> ServicePolicy | None:
        """Return the policy in force at an instant, or None; a disabled relying party has none."""
        rows = self._database.look_up(IN_FORCE, relying_party=relying_party, service=service, at=at)
        return read_in_force(rows[0]) if rows else None


class SqlDecisionHistory:
    """Looks up decisions that were made, and where a card stands."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def recent(self, limit: int) -> Sequence[DecisionRecord]:
        """Return the last decisions, newest first."""
        query = select(DecisionRow).order_by(DecisionRow.at.desc(), DecisionRow.id).limit(limit)
        with self._database.reading() as session:
            return [read_decision(row) for row in session.scalars(query)]

    def decision(self, decision_id: str) -> DecisionRecord | None:
        """Return a decision, or None."""
        with self._database.reading() as session:
            row = session.get(DecisionRow, decision_id)
            return None if row is None else read_decision(row)

    def card_state(self, guid: CardGuid) -> CardState | None:
        """Return a card's state, or None where we never issued it."""
        with self._database.reading() as session:
            return session.scalar(select(CardRow.state).where(CardRow.guid == guid))

    def card_state_in(self, guid: CardGuid, realm: Realm) -> CardState | None:
        """Return a card's state, or None where we never issued it in that realm."""
        query = select(CardRow.state).where(CardRow.guid == guid, CardRow.realm == realm)
        with self._database.reading() as session:
            return session.scalar(query)
