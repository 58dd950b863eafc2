"""What the pages of doors and visitors use, out of an open service; nothing but wiring."""

from __future__ import annotations

from uuid import uuid4

from cardsvc.store.agent_event_search import SqlAgentEventSearch
from cardsvc.store.agent_events import SqlAgentEvents
from cardsvc.store.card_history import SqlCardHistory
from cardsvc.store.door_orders import SqlDoorOrders
from cardsvc.store.engine import Database
from cardsvc.store.visitor_passes import SqlVisitorPasses
from verification.doors.orders import DoorOrderDesk
from verification.flows.visitor_desk import VisitorDesk
from web.console.door_services import DoorServices
from web.console.visitor_services import VisitorServices
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


def wire_visitors(database: Database, desk: VisitorDesk) -> VisitorServices:
    """Return what the pages of visitor passes use."""
    return VisitorServices(desk, SqlVisitorPasses(database))
