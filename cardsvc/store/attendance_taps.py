"""Taps out of agents' events, noted in the transaction that takes the events in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, Table, insert

from cardsvc.attendance_records import TAP_KIND, Direction
from cardsvc.card.guid import CardGuid
from cardsvc.errors import Malformed
from cardsvc.event_chain import AgentEvent
from cardsvc.store.schema import AttendanceTapRow

_TAPS = cast("Table", AttendanceTapRow.__table__)
_DIRECTIONS = {one.value: one for one in Direction}
_MOST_PLACE = 64


def note_attendance(connection: Connection, events: Sequence[AgentEvent]) -> None:
    """Note the taps among events that are new; what is no tap is left to the events themselves."""
    rows = [row for event in events if event.kind == TAP_KIND and (row := _row(event)) is not None]
    if rows:
        connection.execute(insert(_TAPS), rows)


def _row(event: AgentEvent) -> dict[str, object] | None:
    card, place = event.facts.get("card"), event.facts.get("place")
    direction = _DIRECTIONS.get(str(event.facts.get("direction")))
    if not isinstance(card, str) or not isinstance(place, str) or direction is None:
        return None
    try:
        guid = CardGuid.parse(card)
    except Malformed:
        return None
    return {
        "chain": event.chain.hex(),
        "seq": event.seq,
        "guid": guid,
        "at": event.at,
        "direction": direction,
        "place": place[:_MOST_PLACE],
    }
