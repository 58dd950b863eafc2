"""A whole agent with two doors: a card at a reader moves a pin and an OSDP output, and counts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from cardsvc.attendance_records import Direction
from cardsvc.terms import RevocationReason
from issuance.lifecycle.end import revoke
from reader_agent.run.compose import assemble
from reader_agent.run.config import load_agent_config
from reader_agent.virtual.storage import FileStore
from tests.support.installations import AGENT, RELYING_PARTY, SERVICE, ServiceUnderTest
from tests.support.osdp_peer import ADDRESS, BASE_KEY, OsdpPeer, osdp_peer, wait_for

CONFIG = """\
[agent]
relying_party = "{party}"
state_dir = "{folder}/state"

[service]
url = "{url}"
token_file = "{folder}/token"

[[readers]]
name = "bac"
match = "virtual:{folder}/bac.json"
role = "door"

[[readers]]
name = "nam"
match = "virtual:{folder}/nam.json"
role = "door"

[[doors]]
name = "cua-bac"
service = "{service}"
reader = "bac"
contact = false
pulse_seconds = 0.5
most_tap_seconds = 10
attendance = "in"
lock = {{ pin = 17, fail = "secure" }}

[[doors]]
name = "cua-nam"
service = "{service}"
reader = "nam"
contact = false
most_tap_seconds = 10
panel = {address}
lock = {{ osdp = {address}, output = 1, fail = "secure" }}

[osdp]
port = "{port}"
baud = 115200

[[osdp.readers]]
address = {address}
key_file = "{folder}/osdp.key"
"""


@dataclass
class Doors:
    """The agent at work, and what its doors moved."""

    service: ServiceUnderTest
    folder: Path
    board: MockFactory
    peer: OsdpPeer

    def come(self, card: Path, reader: str) -> None:
        (self.folder / f"{reader}.json").unlink(missing_ok=True)
        # the watch sees that the reader is empty before the next card comes
        assert not wait_for(lambda: False, 0.5)
        FileStore(self.folder / f"{reader}.json").save(FileStore(card).load())

    def kinds(self, prefix: str = "door.") -> list[str]:
        found = self.service.installation.events.events(agent=AGENT)
        return [one.event.kind for one in found if one.event.kind.startswith(prefix)]


@pytest.fixture
def doors(service: ServiceUnderTest, tmp_path: Path) -> Iterator[Doors]:
    (tmp_path / "token").write_text(service.agent_token)
    (tmp_path / "osdp.key").write_text(BASE_KEY.hex())
    for name in ("token", "osdp.key"):
        (tmp_path / name).chmod(0o600)
    (tmp_path / "state").mkdir(mode=0o700)
    board, stop = MockFactory(), threading.Event()
    Device.pin_factory = board
    try:
        with osdp_peer() as (peer, port):
            file = tmp_path / "agent.toml"
            text = CONFIG.format(
                party=RELYING_PARTY,
                service=SERVICE,
                folder=tmp_path,
                url=service.url,
                port=port,
                address=ADDRESS,
            )
            file.write_text(text, "utf-8")
            with assemble(load_agent_config(file), service.clock) as agent:
                ended: list[bool] = []
                thread = threading.Thread(target=lambda: ended.append(agent.run(stop)))
                thread.start()
                try:
                    assert wait_for(lambda: (1, 1, 0) in peer.outputs()), "locked from the start"
                    yield Doors(service, tmp_path, board, peer)
                finally:
                    stop.set()
                    thread.join(60)
                    assert ended == [True], "every part has ended in time"
    finally:
        Device.pin_factory = None
        board.close()


def test_a_day_at_two_doors(doors: Doors) -> None:
    service, card_file = doors.service, doors.folder / "card.json"
    card, guid = service.active_card()
    FileStore(card_file).save(card.state)
    relay = doors.board.pin(17)
    assert not relay.state

    def unlocked() -> bool:
        """Tell whether the bolt drew back since, be it for a moment."""
        return any(one.state for one in relay.states)

    relay.clear_states()
    doors.come(card_file, "bac")
    assert wait_for(unlocked), "the pin of the north door"
    assert wait_for(lambda: not relay.state)
    doors.come(card_file, "nam")
    assert wait_for(lambda: (1, 5, 50) in doors.peer.outputs()), "the output of the south door"

    assert wait_for(lambda: doors.kinds().count("door.granted") == 2)
    assert wait_for(lambda: "attendance.tap" in doors.kinds("attendance"))
    installation = service.installation
    with installation.store.transaction() as transaction:
        holder_id = transaction.card(guid).holder_id
    with installation.holders.transaction() as registry:
        holder = registry.holder(holder_id)
    assert holder.employment is not None
    today = service.clock.now()
    (record,) = [
        one
        for one in installation.attendance.staff(
            holder.employment.agency_code,
            None,
            days=(today.date(), today.date()),
            window=(today - timedelta(hours=1), today + timedelta(hours=1)),
        )
        if one.member.holder_id == holder.id
    ]
    assert [(tap.direction, tap.place) for tap in record.taps] == [(Direction.IN, "cua-bac")]

    revoke(
        installation.store,
        guid,
        operator="an",
        reason=RevocationReason.KEY_COMPROMISE,
        at=service.clock.now(),
    )
    doors.come(card_file, "bac")
    assert wait_for(lambda: "door.denied" in doors.kinds())
    assert not relay.state

    relay.clear_states()
    orders = installation.services.door_orders
    orders.ask(AGENT, "cua-bac", order_id="o-7", operator="lan", at=service.clock.now())
    orders.approve("o-7", operator="hung", at=service.clock.now())
    assert wait_for(unlocked), "two people open it from afar"
