"""Partners' feeds: told from the audit log, entry by entry, in the log's own order.

The audit log is the outbox: what changed and its entry commit together, entries have places
without gaps, and an entry is visible only after all before it. So an event is never told of
a change that did not happen, and none is left out, whichever process is killed at what moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, TypeAlias, cast

from sqlalchemy import Table, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from cardsvc.audit import AuditAction
from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed, ReasonCode, StoreError
from cardsvc.event_records import (
    STATUS_AFTER,
    EventKind,
    FeedPage,
    PartnerEvent,
    ToldDecision,
)
from cardsvc.service_records import DecisionRecord
from cardsvc.store.audit_trail import read_frontier
from cardsvc.store.decision_mapping import read_decision
from cardsvc.store.engine import Database
from cardsvc.store.known_cards import KnownCards
from cardsvc.store.schema import (
    EVENT_CURSOR_ID,
    AuditEventRow,
    DecisionRow,
    EventCursorRow,
    PartnerEventRow,
    PartnerFeedRow,
    RelyingPartyRow,
    WebhookDeliveryRow,
)
from cardsvc.store.upsert import insert_or_change

TellDecision: TypeAlias = Callable[[DecisionRecord], ToldDecision]
AT_ONCE = 400
"""Entries looked at in one transaction: some ten milliseconds, and within the parameters of one
query, of which older SQLite takes 999."""
_CHANGED = frozenset(action.value for action in STATUS_AFTER)
_DECIDED = AuditAction.TAP_DECIDED.value
_TOLD = [_DECIDED, *sorted(_CHANGED)]
_LOG, _FEEDS = cast("Table", AuditEventRow.__table__), cast("Table", PartnerFeedRow.__table__)
_DECISIONS = cast("Table", DecisionRow.__table__)
_ENTRIES = (
    select(_LOG.c.at, _LOG.c.action, _LOG.c.subject)
    .where(_LOG.c.seq >= bindparam("first"), _LOG.c.seq < bindparam("end"))
    .where(_LOG.c.action.in_(_TOLD))
    .order_by(_LOG.c.seq)
)
_DECISIONS_OF = (
    select(_DECISIONS)
    .join(RelyingPartyRow, RelyingPartyRow.id == _DECISIONS.c.relying_party)
    .where(_DECISIONS.c.id.in_(bindparam("ids", expanding=True)))
)
_FEEDS_OF = select(_FEEDS).where(_FEEDS.c.relying_party.in_(bindparam("parties", expanding=True)))
_APPEND = insert(cast("Table", PartnerEventRow.__table__))
PostEvents: TypeAlias = Callable[[Session, Sequence[PartnerEvent]], None]


class SqlPartnerFeed:
    """Tells events and reads feeds.

    Args:
        database: migrated.
        tell: what a partner was told by a decision.
        post: does more with new events in the transaction that tells them.
    """

    def __init__(
        self, database: Database, tell: TellDecision, post: PostEvents | None = None
    ) -> None:
        self._database = database
        self._tell = tell
        self._post = post

    def lag(self) -> int:
        """Return how many entries of the log are still to be looked at."""
        with self._database.reading() as session:
            return _size(session) - _next_seq(session)

    def catch_up(self) -> int:
        """Tell what is in the log by now, a transaction at a time; return how many entries.

        What comes meanwhile waits for the next time: told one by one, each handful would take a
        transaction of its own, for as long as anybody decides.
        """
        with self._database.reading() as session:
            size = _size(session)
        looked_at = 0
        while (stretch := self._next_stretch(size)) is not None:
            looked_at += self._tell_stretch(stretch)
        return looked_at

    def _next_stretch(self, size: int) -> _Stretch | None:
        """Return what to tell next; None where all is told of a log of that size.

        What takes long is done here, before our turn to write: whoever decides waits for that.
        """
        with self._database.reading() as session:
            first = _next_seq(session)
            if first >= size:
                return None
            end = min(first + AT_ONCE, size)
            rows = session.connection().execute(_ENTRIES, {"first": first, "end": end})
            entries = [(row.at, row.action, row.subject) for row in rows]
            decided = [subject for _, action, subject in entries if action == _DECIDED]
            decisions = _decisions(session, decided)
        told = {name: (one, self._tell(one)) for name, one in decisions.items()}
        return _Stretch(first, end, entries, told)

    def _tell_stretch(self, stretch: _Stretch) -> int:
        """Tell a stretch; return how many entries, 0 where another process was quicker."""
        with self._database.writing() as session:
            # its lock is the turn: who told this stretch meanwhile has moved the cursor
            if _next_seq(session, lock=True) != stretch.first:
                return 0
            events = _events(session, stretch)
            cursor = update(EventCursorRow).where(EventCursorRow.id == EVENT_CURSOR_ID)
            session.execute(cursor.values(next_seq=stretch.end))
            if events:
                told = _append(session, events)
                if self._post is not None:
                    self._post(session, told)
        return stretch.end - stretch.first

    def page(self, relying_party: str, after: int, limit: int) -> FeedPage:
        """Return the events that follow a position.

        Args:
            relying_party: whose feed.
            after: the last position that the partner has; 0 for the beginning.
            limit: how many at most.

        Raises:
            StoreError: what follows was forgotten (EVENTS_FORGOTTEN).
        """
        query = (
            select(PartnerEventRow)
            .where(PartnerEventRow.relying_party == relying_party, PartnerEventRow.position > after)
            .order_by(PartnerEventRow.position)
            .limit(limit)
        )
        with self._database.reading() as session:
            feed = session.get(PartnerFeedRow, relying_party)
            if feed is None:
                return FeedPage((), 0)
            if 0 < after < feed.forgotten_through:
                raise StoreError(
                    ReasonCode.EVENTS_FORGOTTEN, f"forgotten up to {feed.forgotten_through}"
                )
            return FeedPage(
                [read_partner_event(row) for row in session.scalars(query)], feed.newest
            )

    def forget(self, before: datetime) -> int:
        """Delete events of before an instant; return how many."""
        event = PartnerEventRow
        ends = select(event.relying_party, func.max(event.position)).where(event.at < before)
        forgotten = 0
        with self._database.writing() as session:
            for party, position in session.execute(ends.group_by(event.relying_party)).all():
                queued = delete(WebhookDeliveryRow).where(
                    WebhookDeliveryRow.relying_party == party,
                    WebhookDeliveryRow.position <= position,
                )
                session.execute(queued)
                old = delete(event).where(event.relying_party == party, event.position <= position)
                forgotten += len(session.scalars(old.returning(event.position)).all())
                feed = update(PartnerFeedRow).where(PartnerFeedRow.relying_party == party)
                session.execute(feed.values(forgotten_through=position))
        return forgotten


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Entries of the log, and the decisions among them with what they told.

    Args:
        first: the first one's place.
        end: the place after the last.
        entries: instant, action and subject of those that partners are told of.
        decisions: by identifier; those of partners that there are.
    """

    first: int
    end: int
    entries: Sequence[tuple[datetime, str, str]]
    decisions: Mapping[str, tuple[DecisionRecord, ToldDecision]]


@dataclass(frozen=True, slots=True)
class _Untold:
    """An event that has no position yet."""

    relying_party: str
    kind: EventKind
    at: datetime
    subject: str | None
    data: dict[str, Any]
    guid: CardGuid | None

    def at_position(self, position: int) -> PartnerEvent:
        return PartnerEvent(
            self.relying_party, position, self.kind, self.at, self.subject, self.data, self.guid
        )


def read_partner_event(row: PartnerEventRow) -> PartnerEvent:
    """Return the event that a row is."""
    return PartnerEvent(
        row.relying_party, row.position, row.kind, row.at, row.subject, row.data, row.guid
    )


def _next_seq(session: Session, *, lock: bool = False) -> int:
    query = select(EventCursorRow.next_seq).where(EventCursorRow.id == EVENT_CURSOR_ID)
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise StoreError(ReasonCode.RECORD_CORRUPT, "the event cursor is missing")
    return found


def _size(session: Session) -> int:
    return read_frontier(session).size


def _decisions(session: Session, ids: Sequence[str]) -> Mapping[str, DecisionRecord]:
    """Return the decisions of partners that there are."""
    rows = session.connection().execute(_DECISIONS_OF, {"ids": ids}) if ids else ()
    return {row.id: read_decision(row) for row in rows}


def _events(session: Session, stretch: _Stretch) -> Sequence[_Untold]:
    """Return what partners are told by a stretch; keep how they know its cards from now on."""
    changed = {
        subject: _card(subject) for _, action, subject in stretch.entries if action in _CHANGED
    }
    guids = [*changed.values(), *(decision.guid for decision, _ in stretch.decisions.values())]
    known = KnownCards(session, [guid for guid in guids if guid is not None])
    events: list[_Untold] = []
    for at, action, subject in stretch.entries:
        if action in _CHANGED:
            events += _changes(known, AuditAction(action), changed[subject], at)
        elif subject in stretch.decisions:
            events.append(_made(known, *stretch.decisions[subject]))
    known.write()
    return events


def _made(known: KnownCards, decision: DecisionRecord, told: ToldDecision) -> _Untold:
    if decision.guid is not None:
        known.learn(decision.guid, decision.relying_party, told)
    return _Untold(
        decision.relying_party,
        EventKind.DECISION_MADE,
        decision.at,
        told.pseudonym,
        dict(told.data),
        decision.guid,
    )


def _card(subject: str) -> CardGuid | None:
    try:
        return CardGuid.parse(subject)
    except Malformed:
        return None


def _changes(
    cards: KnownCards, action: AuditAction, guid: CardGuid | None, at: datetime
) -> Iterable[_Untold]:
    """Return what each partner that knows a card is told of its change."""
    if guid is None:
        return
    for known in cards.of(guid):
        card = guid.urn if known.named else None
        data = {"state": STATUS_AFTER[action].value, "card": card, "pseudonym": known.pseudonym}
        yield _Untold(
            known.relying_party,
            EventKind.CARD_STATUS_CHANGED,
            at,
            known.pseudonym or card,
            data,
            guid,
        )


def _append(session: Session, events: Sequence[_Untold]) -> Sequence[PartnerEvent]:
    """Give each event the next position of its partner's feed."""
    connection = session.connection()
    parties = sorted({event.relying_party for event in events})
    found = connection.execute(_FEEDS_OF, {"parties": parties})
    newest = dict.fromkeys(parties, 0) | {row.relying_party: row.newest for row in found}
    told = []
    for event in events:
        newest[event.relying_party] += 1
        told.append(event.at_position(newest[event.relying_party]))
    connection.execute(_APPEND, [_values(event) for event in told])
    feeds = [
        {"relying_party": party, "newest": newest[party], "forgotten_through": 0}
        for party in parties
    ]
    connection.execute(insert_or_change(connection, _FEEDS, "newest"), feeds)
    return told


def _values(event: PartnerEvent) -> dict[str, Any]:
    """Return an event as the columns of its row."""
    return {one.name: getattr(event, one.name) for one in fields(event)}
