"""Something to be seen on the pages of attendance, doors and visitors."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from cardsvc.attendance_records import CorrectionKind
from cardsvc.event_chain import (
    AgentEvent,
    ChainHead,
    JsonScalar,
    ReceivedEvent,
    encode_agent_event,
    receive_event,
)
from cardsvc.offline_records import DECIDED_OFFLINE
from cardsvc.pass_records import VisitorPass
from cardsvc.store.visitor_passes import SqlVisitorPasses
from issuance.attendance.corrections import correct_tap
from tests.support.console_records import guid_of
from tests.support.installations import RELYING_PARTY, ServiceUnderTest

CORRECTION = "6f1d2a34-0000-4000-8000-0000000000c1"
PASS = "6f1d2a34-0000-4000-8000-0000000000f1"
ORDER = "6f1d2a34-0000-4000-8000-0000000000d1"
STAFF = "nguoi-dang-dung"
DOOR_AGENT = "ki-ot-1"
CHAIN = bytes(range(16))


def add_field_records(service: ServiceUnderTest) -> None:
    """Put a correction of attendance on record, what a door told, and an order to open it."""
    at, installation = service.clock.now(), service.installation
    correct_tap(
        installation.attendance,
        STAFF,
        correction_id=CORRECTION,
        kind=CorrectionKind.OUT,
        tapped_at=at - timedelta(hours=9),
        operator="ca-clerk",
        at=at,
    )
    told = [
        ("door.granted", {"door": "cua-bac"}),
        ("door.held_open", {"door": "cua-bac"}),
        ("door.forced", {"door": "cua-nam"}),
        (DECIDED_OFFLINE, decided_offline(guid_of("thu-hoi"), at)),
        (DECIDED_OFFLINE, {**decided_offline(None, at), "granted": False}),
    ]
    installation.events.take(DOOR_AGENT, CHAIN, chained(told, at), at)
    add_visitor(service, at)
    installation.services.door_orders.ask(
        DOOR_AGENT, "cua-bac", order_id=ORDER, operator="ca-approver", at=at
    )


def add_visitor(service: ServiceUnderTest, at: datetime) -> None:
    """Put a visitor pass on record whose identifier is known."""
    ends = at + timedelta(hours=4)
    kept = VisitorPass(PASS, RELYING_PARTY, "phong-1", "nha-b", at, at, ends, entries=3)
    SqlVisitorPasses(service.installation.database).add(kept, actor="ca-clerk")


def chained(told: list[tuple[str, Mapping[str, JsonScalar]]], at: datetime) -> list[ReceivedEvent]:
    """Return events of a new chain, a second apart, the last one at an instant."""
    head, found = ChainHead.of_empty(CHAIN), list[ReceivedEvent]()
    for number, (kind, facts) in enumerate(told, 1 - len(told)):
        when = at + timedelta(seconds=number)
        event = AgentEvent(CHAIN, head.seq + 1, head.sha256, when, kind, facts)
        found.append(receive_event(encode_agent_event(event)))
        head = ChainHead(event.seq, found[-1].sha256)
    return found


def decided_offline(guid: str | None, at: datetime) -> Mapping[str, JsonScalar]:
    """Return the facts of a decision on a list that is forty minutes old."""
    listed_at = at - timedelta(minutes=40, seconds=30)
    return {
        "decision": "quyet-dinh-1", "relying_party": RELYING_PARTY, "service": "ra-vao-tru-so",
        "granted": True, "level": "X1", "reasons": None, "card": guid, "policy_version": 1,
        "rule": "staff", "bundle_seq": 7,
        "bundle_at": int(listed_at.timestamp()), "time_certain": True,
    }  # fmt: skip


EXAMPLES_OF_THE_FIELD: dict[str, list[dict[str, str]]] = {
    "console.attendance.show": [{"correction_id": CORRECTION}],
    "console.attendance.new": [{"holder_id": STAFF}],
    "console.door_orders.show": [{"order_id": ORDER}],
    **{f"console.visitor_passes.{page}": [{"pass_id": PASS}] for page in ("show", "ask")},
}
