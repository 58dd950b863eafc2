"""Events of agents: taken in once and in order, chain by chain; what does not fit is an alarm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Table, insert, select, update
from sqlalchemy.orm import Session

from cardsvc.agent_event_records import AgentAlarm, KeptEvent
from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.errors import Malformed, ReasonCode, StoreError
from cardsvc.event_chain import (
    ChainBreak,
    ChainBroken,
    ChainHead,
    ReceivedEvent,
    follow_chain,
    parse_agent_event,
)
from cardsvc.store.attendance_taps import note_attendance
from cardsvc.store.audit_trail import AuditTrail, audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import AgentAlarmRow, AgentChainRow, AgentEventRow
from cardsvc.store.upsert import insert_unless_there

_CHAINS, _EVENTS = cast("Table", AgentChainRow.__table__), cast("Table", AgentEventRow.__table__)
_ALARMS = cast("Table", AgentAlarmRow.__table__)
_AT_ONCE = 1000
"""Rows that are fetched together when many events are read."""


class SqlAgentEvents:
    """Takes agents' events in and gives them back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def head(self, agent: str, chain: bytes) -> ChainHead:
        """Return where a chain of an agent stands; that of an empty chain for one we don't know."""
        query = select(AgentChainRow).where(
            AgentChainRow.chain == chain.hex(), AgentChainRow.agent == agent
        )
        with self._database.reading() as session:
            row = session.scalar(query)
            return ChainHead.of_empty(chain) if row is None else ChainHead(row.seq, row.head)

    def take(
        self, agent: str, chain: bytes, batch: Sequence[ReceivedEvent], at: datetime
    ) -> ChainHead:
        """Keep the events that are new; return the head, up to which all is acknowledged.

        Args:
            agent: who sent them.
            chain: whose events they are, 16 octets.
            batch: at least one event, in order; those that are known already change nothing.
            at: when they came.

        Raises:
            ChainBroken: they do not go on with what is known; none is taken, an alarm is raised.
        """
        try:
            with audited(self._database) as (session, trail):
                return _take(session, trail, _Delivery(agent, chain, batch, at))
        except ChainBroken as broken:
            with audited(self._database) as (session, trail):
                _alarm(session, trail, AgentAlarm(agent, chain, broken.seq, broken.how, at))
            raise

    def alarms(self, limit: int) -> Sequence[AgentAlarm]:
        """Return the last alarms, newest first."""
        query = select(AgentAlarmRow).order_by(AgentAlarmRow.at.desc(), AgentAlarmRow.chain)
        with self._database.reading() as session:
            return [
                AgentAlarm(row.agent, bytes.fromhex(row.chain), row.seq, row.how, row.at)
                for row in session.scalars(query.limit(limit))
            ]

    def events(
        self,
        *,
        kind: str | None = None,
        agent: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Iterator[KeptEvent]:
        """Walk over events by the agents' time, oldest first.

        Args:
            kind: of one kind only.
            agent: of one agent only.
            since: from this instant on.
            until: before this instant.

        Raises:
            StoreError: a row is not what we wrote (RECORD_CORRUPT).
        """
        query = select(_EVENTS.c.agent, _EVENTS.c.octets, _EVENTS.c.received_at)
        wanted = (
            (kind, _EVENTS.c.kind == kind),
            (agent, _EVENTS.c.agent == agent),
            (since, _EVENTS.c.at >= since if since else None),
            (until, _EVENTS.c.at < until if until else None),
        )
        for value, condition in wanted:
            if value is not None and condition is not None:
                query = query.where(condition)
        query = query.order_by(_EVENTS.c.at, _EVENTS.c.chain, _EVENTS.c.seq)
        with (
            self._database.reading() as session,
            session.execute(query.execution_options(yield_per=_AT_ONCE)) as rows,
        ):
            for row in rows:
                try:
                    event = parse_agent_event(row.octets)
                except Malformed:
                    raise StoreError(ReasonCode.RECORD_CORRUPT, "not an event") from None
                yield KeptEvent(row.agent, event, row.received_at)


@dataclass(frozen=True, slots=True)
class _Delivery:
    agent: str
    chain: bytes
    batch: Sequence[ReceivedEvent]
    at: datetime


def _take(session: Session, trail: AuditTrail, brought: _Delivery) -> ChainHead:
    agent, chain, at = brought.agent, brought.chain, brought.at
    head = _lock_head(session, trail, agent, chain, at)
    seqs = [one.event.seq for one in brought.batch if one.event.seq <= head.seq]
    known: dict[int, bytes] = {}
    if seqs:
        query = select(_EVENTS.c.seq, _EVENTS.c.sha256).where(
            _EVENTS.c.chain == chain.hex(), _EVENTS.c.seq.between(min(seqs), max(seqs))
        )
        known = {row.seq: row.sha256 for row in session.execute(query)}
    fresh = follow_chain(head, known, brought.batch)
    if not fresh:
        return head
    connection = session.connection()
    connection.execute(insert(_EVENTS), [_row(agent, one, at) for one in fresh])
    note_attendance(connection, [one.event for one in fresh])
    head = ChainHead(fresh[-1].event.seq, fresh[-1].sha256)
    connection.execute(
        update(_CHAINS)
        .where(_CHAINS.c.chain == chain.hex())
        .values(seq=head.seq, head=head.sha256, heard_at=at)
    )
    facts: AuditFacts = {
        "chain": chain.hex(),
        "first": fresh[0].event.seq,
        "last": head.seq,
        "sha256": head.sha256.hex(),
    }
    trail.record(AuditEvent(at, agent, AuditAction.AGENT_EVENTS_TAKEN, agent, facts))
    return head


def _lock_head(
    session: Session, trail: AuditTrail, agent: str, chain: bytes, at: datetime
) -> ChainHead:
    """Return a chain's head and keep others from going on with it; a new chain is opened.

    Raises:
        ChainBroken: the chain is another agent's.
    """
    connection, empty = session.connection(), ChainHead.of_empty(chain)
    had_one = session.scalar(
        select(AgentChainRow.chain).where(AgentChainRow.agent == agent).limit(1)
    )
    opened = connection.execute(
        insert_unless_there(connection, _CHAINS),
        [
            {
                "chain": chain.hex(),
                "agent": agent,
                "seq": empty.seq,
                "head": empty.sha256,
                "opened_at": at,
                "heard_at": at,
            }
        ],
    ).scalar_one_or_none()
    if opened is not None and had_one is not None:
        # a lost or wiped disk, or somebody who would rather not send what is in the old chain
        _alarm(session, trail, AgentAlarm(agent, chain, 0, ChainBreak.RESTART, at))
    row = connection.execute(
        select(_CHAINS).where(_CHAINS.c.chain == chain.hex()).with_for_update()
    ).one()
    if row.agent != agent:
        raise ChainBroken(ChainBreak.FORK, 0)
    return ChainHead(row.seq, row.head)


def _alarm(session: Session, trail: AuditTrail, alarm: AgentAlarm) -> None:
    """Raise an alarm, once for each place."""
    connection = session.connection()
    values = {
        "agent": alarm.agent,
        "chain": alarm.chain.hex(),
        "seq": alarm.seq,
        "how": alarm.how,
        "at": alarm.at,
    }
    raised = connection.execute(insert_unless_there(connection, _ALARMS), [values])
    if raised.scalar_one_or_none() is None:
        return
    facts: AuditFacts = {"how": alarm.how.value, "chain": alarm.chain.hex(), "seq": alarm.seq}
    trail.record(AuditEvent(alarm.at, alarm.agent, AuditAction.AGENT_ALARM, alarm.agent, facts))


def _row(agent: str, one: ReceivedEvent, at: datetime) -> dict[str, object]:
    return {
        "chain": one.event.chain.hex(),
        "seq": one.event.seq,
        "agent": agent,
        "at": one.event.at,
        "received_at": at,
        "kind": one.event.kind,
        "octets": one.octets,
        "sha256": one.sha256,
    }
