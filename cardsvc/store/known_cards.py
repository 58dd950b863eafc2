"""By what names partners know cards, while a stretch of the audit log is told to them.

Read once and written once for the whole stretch: in between the stretch's own decisions are
learned from, in their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, Table, bindparam, select
from sqlalchemy.orm import Session

from cardsvc.card.guid import CardGuid
from cardsvc.event_records import ToldDecision
from cardsvc.store.schema import PartnerCardRow
from cardsvc.store.upsert import insert_or_change

_CARDS = cast("Table", PartnerCardRow.__table__)
_OF_CARDS = select(_CARDS).where(_CARDS.c.guid.in_(bindparam("wanted", expanding=True)))


@dataclass(frozen=True, slots=True)
class KnownCard:
    """A card as a partner knows it.

    Args:
        relying_party: the partner.
        named: it was told the card's GUID.
        pseudonym: its name for the holder; None where it was told none.
    """

    relying_party: str
    named: bool
    pseudonym: str | None


class KnownCards:
    """The cards that a stretch of the log is about.

    Args:
        session: the transaction that tells; no other tells at the same time.
        guids: the cards, as many as one query takes parameters.
    """

    def __init__(self, session: Session, guids: Iterable[CardGuid]) -> None:
        self._connection: Connection = session.connection()
        self._known: dict[CardGuid, dict[str, KnownCard]] = {}
        self._new: dict[tuple[CardGuid, str], KnownCard] = {}
        wanted = sorted(set(guids), key=lambda guid: guid.octets)
        rows = self._connection.execute(_OF_CARDS, {"wanted": wanted}) if wanted else ()
        for row in rows:
            one = KnownCard(row.relying_party, row.named, row.pseudonym)
            self._known.setdefault(row.guid, {})[one.relying_party] = one

    def of(self, guid: CardGuid) -> Sequence[KnownCard]:
        """Return how each partner that was told of a card knows it."""
        known = self._known.get(guid, {})
        return [known[party] for party in sorted(known)]

    def learn(self, guid: CardGuid, relying_party: str, told: ToldDecision) -> None:
        """Note what a partner was told; a name that it was told once, it knows."""
        if not told.names_card and told.pseudonym is None:
            return
        known = self._known.setdefault(guid, {})
        before = known.get(relying_party, KnownCard(relying_party, named=False, pseudonym=None))
        pseudonym = before.pseudonym if told.pseudonym is None else told.pseudonym
        after = KnownCard(relying_party, before.named or told.names_card, pseudonym)
        if after != before:
            known[relying_party] = self._new[guid, relying_party] = after

    def write(self) -> None:
        """Write what is new."""
        rows: list[dict[str, Any]] = [
            {
                "guid": guid,
                "relying_party": party,
                "named": known.named,
                "pseudonym": known.pseudonym,
            }
            for (guid, party), known in self._new.items()
        ]
        if rows:
            write = insert_or_change(self._connection, _CARDS, "named", "pseudonym")
            self._connection.execute(write, rows)
