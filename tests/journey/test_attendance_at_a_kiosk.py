"""A kiosk's service counts for attendance: each granted tap, and none that was refused."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from cardsvc.attendance_records import TAP_KIND, Direction
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.terms import RevocationReason
from issuance.lifecycle.end import revoke
from reader_agent.run.attendance import AttendanceNotes, AttendanceService
from reader_agent.run.hub import Hub
from reader_agent.run.network import Network
from reader_agent.run.taps import Tapper
from reader_agent.virtual.connection import connect_in_process
from tests.support.installations import RELYING_PARTY, SERVICE, ServiceUnderTest


class Record:
    def __init__(self) -> None:
        self.kept: list[tuple[str, dict[str, str]]] = []
        self.is_full = False

    def append(self, kind: str, facts: Mapping[str, str], at: datetime) -> int:
        if self.is_full:
            raise CardsvcError(ReasonCode.SERVICE_UNAVAILABLE, "full")
        self.kept.append((kind, dict(facts)))
        return len(self.kept)


def test_granted_taps_of_a_service_count(service: ServiceUnderTest) -> None:
    card, guid = service.active_card()
    record, hub = Record(), Hub()
    counted = AttendanceService(SERVICE, Direction.OUT, "sanh")

    def tapper(*services: AttendanceService) -> Tapper:
        return Tapper(
            RELYING_PARTY,
            open_reader=lambda _: connect_in_process(card),
            online=service.kiosk,
            offline=None,
            network=Network(hub, service.clock),
            hub=hub,
            clock=service.clock,
            granted=AttendanceNotes(services, record).note,
        )

    tapper(AttendanceService("another", Direction.IN, "sanh")).tap("one", SERVICE)
    assert record.kept == []
    assert tapper(counted).tap("one", SERVICE).decision.granted
    told = {"card": str(guid), "direction": "out", "place": "sanh"}
    assert record.kept == [(TAP_KIND, told)]
    record.is_full = True
    assert tapper(counted).tap("one", SERVICE).decision.granted, "nobody is refused for that"
    record.is_full = False
    revoke(
        service.installation.store,
        guid,
        operator="an",
        reason=RevocationReason.KEY_COMPROMISE,
        at=service.clock.now(),
    )
    assert not tapper(counted).tap("one", SERVICE).decision.granted
    assert len(record.kept) == 1
