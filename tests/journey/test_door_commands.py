"""``cardsvc door``: two people order a door open; alarms of doors are listed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cardsvc.event_chain import AgentEvent, ChainHead, encode_agent_event, receive_event
from cardsvc.wire.event_batch import EventBatchMessage
from reader_agent.client import ServiceClient
from reader_agent.door.moves import DoorEvent
from tests.support.command_line import serve_command_line
from web.console.door_texts import ALARMS

CHAIN = bytes(range(16))


def test_orders_and_alarms(tmp_path: Path) -> None:
    with serve_command_line(tmp_path / "data") as line:
        token = line.cardsvc("agent", "enrol", "cua-1", "--name", "Cửa", "--operator", "q")
        order = line.cardsvc("door", "open", "cua-1", "cua-bac", "--operator", "lan")
        alone = line.cardsvc("door", "approve", order, "--operator", "Lan", status=1)
        assert "same_operator" in alone
        line.cardsvc("door", "approve", order, "--operator", "hung")
        late = line.cardsvc("door", "withdraw", order, "--operator", "lan", status=1)
        assert "door_order_over" in late
        other = line.cardsvc("door", "open", "cua-1", "cua-nam", "--operator", "lan")
        line.cardsvc("door", "withdraw", other, "--operator", "lan")
        listed = line.cardsvc("door", "orders")
        assert f"{order}\t" in listed
        assert "\tcua-1\tcua-bac\tapproved\tlan\thung" in listed
        assert "\tcua-1\tcua-nam\twithdrawn\tlan\tlan" in listed
        nobody = line.cardsvc("door", "open", "cua-9", "x", "--operator", "lan", status=1)
        assert "door_order_unknown" in nobody

        head, found = ChainHead.of_empty(CHAIN), []
        for kind in ("door.granted", "door.duress"):
            facts = {"door": "cua-bac", "card": "card-1"}
            at = datetime.now(UTC)
            event = AgentEvent(CHAIN, head.seq + 1, head.sha256, at, kind, facts)
            found.append(receive_event(encode_agent_event(event)))
            head = ChainHead(event.seq, found[-1].sha256)
        ServiceClient(line.url, token).send_events(EventBatchMessage.of(CHAIN, tuple(found)))
        (alarm,) = line.cardsvc("door", "alarms").splitlines()
        assert alarm.endswith("\tcua-1\tcua-bac\tBị ép buộc – Under duress\tcard-1")


def test_alarms_are_events_that_doors_tell() -> None:
    assert ALARMS.keys() <= {one.value for one in DoorEvent}
