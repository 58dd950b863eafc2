"""What the pages of doors use, out of the parts of an open service; nothing but wiring."""

from __future__ import annotations

from uuid import uuid4

from cardsvc.store.agent_event_search import SqlAgentEventSearch
from cardsvc.store.agent_events import SqlAgentEvents
from cardsvc.store.card_history import SqlCardHistory
from cardsvc.store.door_orders import SqlDoorOrders
from cardsvc.store.engine import Database
from verification.doors.orders import DoorOrderDesk
from web.console.door_services import DoorServices
from web.oversight.offline_desk import OfflineDesk


def wire_doors(database: Database, desk: DoorOrderDesk) -> DoorServices:
    """Return what the pages of doors use."""
    finder = SqlAgentEventSearch(database)
    return DoorServices(
        events=finder,
        chain_alarms=SqlAgentEvents(database).alarms,
        desk=desk,
        orders=SqlDoorOrders(database),
        offline=OfflineDesk(finder, SqlCardHistory(database)),
        new_id=lambda: str(uuid4()),
    )
