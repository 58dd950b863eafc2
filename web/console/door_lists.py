"""What the lists about doors share: who sees them, what they are narrowed to, where a page begins.

Doors and agents belong to no agency: who sees them is whose scope is all agencies.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from flask import Blueprint, abort, request

from cardsvc.access_records import Role
from cardsvc.agent_event_records import AgentEventSearch, EventPlace
from cardsvc.clock import require_utc
from cardsvc.errors import Malformed
from cardsvc.event_chain import CHAIN_OCTETS, MAX_SEQ
from web.console.day_span import read_days
from web.console.forms import FormReader
from web.console.paging import encode_cursor, read_cursor
from web.console.services import ConsoleServices
from web.console.visitor import present_operator

READERS = (Role.ADMINISTRATOR, Role.APPROVER, Role.AUDITOR)
MOST_EXPORTED = 20_000


def area(name: str, path: str) -> Blueprint:
    """Return a blueprint whose pages are there for those alone whose scope is all agencies."""
    views = Blueprint(name, __name__, url_prefix=path)

    @views.before_request
    def only_everywhere() -> None:
        if not present_operator().covers(None):
            abort(404)

    return views


def agents_of(services: ConsoleServices) -> list[tuple[str, str]]:
    """Return agents and where they stand, for a choice."""
    return [(one.id, f"{one.id} – {one.name}") for one in services.agents.agents()]


def read_search(form: FormReader, kinds: Iterable[str]) -> AgentEventSearch:
    """Read what a list is narrowed to: ``agent``, ``from``, ``to``."""
    form.values["agent"] = [request.args.get("agent", "")]
    since, until = read_days(form)
    return AgentEventSearch(frozenset(kinds), form.value("agent"), since, until)


def cursor_of(place: EventPlace | None) -> str:
    """Return the cursor of a page that begins behind an event; empty for none."""
    if place is None:
        return ""
    return encode_cursor(place.at.isoformat(), str(place.seq), place.chain.hex())


def read_place() -> EventPlace | None:
    """Return behind which event the page begins; None for the first page."""
    keys = read_cursor(3)
    if keys is None:
        return None
    try:
        at = require_utc(datetime.fromisoformat(keys[0]))
        seq, chain = int(keys[1]), bytes.fromhex(keys[2])
    except (ValueError, OverflowError, Malformed):
        return None
    if not 0 <= seq <= MAX_SEQ or len(chain) != CHAIN_OCTETS:
        return None
    return EventPlace(at, seq, chain)
