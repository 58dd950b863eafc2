"""A door is opened from afar: asked for, approved by another, and the bolt moves, over HTTP."""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from queue import SimpleQueue

from reader_agent.door.moves import RemoteOpen
from reader_agent.door.orders import DoorOrders, OrderTools
from reader_agent.door.taps import DoorQueue
from reader_agent.offline.shelf import Shelf
from tests.support.doors import Door, unlocks
from tests.support.installations import AGENT, ServiceUnderTest


def test_two_people_open_a_door(service: ServiceUnderTest, tmp_path: Path) -> None:
    queue: DoorQueue = SimpleQueue()
    tools = OrderTools(
        service.kiosk, Shelf(tmp_path), service.clock, time.monotonic, secrets.token_bytes
    )
    orders, desk = DoorOrders({"cua-bac": queue}, tools), service.installation.services.door_orders
    order = desk.ask(AGENT, "cua-bac", order_id="o-1", operator="lan", at=service.clock.now())
    desk.approve(order.id, operator="hung", at=service.clock.now())
    assert orders.ask() == 0
    opened = queue.get_nowait()
    assert isinstance(opened, RemoteOpen)
    assert opened.order == "o-1"
    door = Door()
    door.seconds = time.monotonic()
    assert unlocks(door.do(opened))
    assert not unlocks(door.do(opened))
