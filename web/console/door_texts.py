"""What doors tell and how orders to open them stand, as read on screens and at a terminal."""

from __future__ import annotations

from datetime import datetime

from cardsvc.door_order_records import DoorOrder, DoorOrderState
from cardsvc.event_chain import ChainBreak
from web.console.languages import Text

ALARMS = {
    "door.duress": Text("Bị ép buộc", "Under duress"),
    "door.forced": Text("Cửa bị phá", "Forced open"),
    "door.tailgate": Text("Đi kèm", "More people than were let in"),
    "door.held_open": Text("Cửa mở quá lâu", "Held open"),
    "door.output_failed": Text("Khóa không nhận lệnh", "The bolt does not answer"),
    "door.areas_lost": Text("Mất sổ khu vực", "The record of areas is lost"),
}
"""Kinds of agents' events that somebody has to look at."""
BREAKS = {
    ChainBreak.GAP: Text("Thiếu sự kiện", "Events are missing"),
    ChainBreak.FORK: Text("Hai máy dùng một ổ đĩa", "Two machines use one disk"),
    ChainBreak.RESTART: Text("Ổ đĩa mới hoặc bị xóa", "A new or wiped disk"),
}
_STATES = {
    DoorOrderState.REQUESTED: (Text("Chờ người khác duyệt", "Waits for somebody else"), "waiting"),
    DoorOrderState.APPROVED: (Text("Chờ thiết bị", "Waits for the agent"), "waiting"),
    DoorOrderState.WITHDRAWN: (Text("Đã rút", "Withdrawn"), "neutral"),
    DoorOrderState.TAKEN: (Text("Thiết bị đã nhận", "Taken by the agent"), "good"),
}
_TOO_LATE = {
    DoorOrderState.REQUESTED: (Text("Không ai duyệt kịp", "Nobody approved in time"), "neutral"),
    DoorOrderState.APPROVED: (
        Text("Thiết bị không nhận kịp: cửa không mở", "Not taken in time: it opened nothing"),
        "bad",
    ),
}


def is_over(order: DoorOrder, at: datetime) -> bool:
    """Tell whether an order is good for nothing any more."""
    return order.state not in _TOO_LATE or order.expires_at <= at


def order_state(order: DoorOrder, at: datetime) -> tuple[Text, str]:
    """Return how an order stands, and the tone of it."""
    return (_TOO_LATE if is_over(order, at) else _STATES).get(order.state) or _STATES[order.state]
