"""What the pages of doors may use: agents' events, orders to open, offline decisions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cardsvc.agent_event_records import AgentAlarm, AgentEventFinder
from cardsvc.door_order_records import DoorOrder
from verification.doors.orders import DoorOrderDesk
from web.oversight.offline_desk import OfflineDesk


class DoorOrderList(Protocol):
    """Lists orders; ``cardsvc.store.door_orders.SqlDoorOrders`` is one."""

    def latest(self, limit: int, *, after: str = "") -> Sequence[DoorOrder]:
        """Return orders, the newest first, behind the one named by ``after``."""
        ...


@dataclass(frozen=True, slots=True)
class DoorServices:
    """The use cases behind the pages of doors.

    Args:
        events: finds events of agents.
        chain_alarms: the last places where events were missing, forked or begun anew.
        desk: takes orders to open a door.
        orders: lists them.
        offline: holds offline decisions against what was known.
        new_id: a fresh opaque identifier.
    """

    events: AgentEventFinder
    chain_alarms: Callable[[int], Sequence[AgentAlarm]]
    desk: DoorOrderDesk
    orders: DoorOrderList
    offline: OfflineDesk
    new_id: Callable[[], str]
