"""What states are called on screens, and how they look."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from cardsvc.batch_records import BatchState
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.loss_records import LossState
from cardsvc.stock_records import BlankState
from cardsvc.unblock_records import UnblockState
from web.console.languages import Text

_Texts = Mapping[StrEnum, tuple[Text, str]]
_CARDS: _Texts = {
    CardState.PERSONALISING: (Text("Đang cá thể hóa", "Being personalised"), "waiting"),
    CardState.TORN: (Text("Cá thể hóa dở dang", "Torn"), "warning"),
    CardState.PERSONALISED: (Text("Đã cá thể hóa", "Personalised"), "waiting"),
    CardState.ISSUED: (Text("Đã bàn giao, chờ kích hoạt", "Handed over"), "waiting"),
    CardState.ACTIVE: (Text("Thẻ đang hoạt động", "Active"), "good"),
    CardState.SUSPENDED: (Text("Thẻ bị khóa", "Locked"), "warning"),
    CardState.REVOKED: (Text("Thẻ đã thu hồi", "Withdrawn"), "bad"),
    CardState.REPLACED: (Text("Thẻ đã được thay", "Replaced"), "neutral"),
    CardState.SPOILED: (Text("Thẻ hỏng khi cấp", "Spoiled"), "neutral"),
    CardState.DESTROYED: (Text("Thẻ đã hủy", "Destroyed"), "neutral"),
}
_APPLICATIONS: _Texts = {
    ApplicationState.REQUESTED: (Text("Chờ phê duyệt", "Waiting for approval"), "waiting"),
    ApplicationState.RETURNED: (Text("Trả lại để bổ sung", "Returned"), "warning"),
    ApplicationState.REJECTED: (Text("Bị từ chối", "Rejected"), "bad"),
    ApplicationState.APPROVED: (Text("Đã phê duyệt", "Approved"), "good"),
    ApplicationState.FULFILLED: (Text("Đã cấp thẻ", "Fulfilled"), "good"),
    ApplicationState.WITHDRAWN: (Text("Đã rút", "Withdrawn by requester"), "neutral"),
}
_LOSSES: _Texts = {
    LossState.OPEN: (Text("Đang xử lý", "Open"), "warning"),
    LossState.FOUND: (Text("Đã tìm thấy", "Found"), "good"),
    LossState.CONFIRMED: (Text("Xác nhận mất", "Confirmed lost"), "bad"),
}
_UNBLOCKINGS: _Texts = {
    UnblockState.REQUESTED: (Text("Chờ quyết định", "Requested"), "waiting"),
    UnblockState.APPROVED: (Text("Chờ thực hiện tại bàn", "Waiting at the desk"), "waiting"),
    UnblockState.REFUSED: (Text("Bị từ chối", "Refused"), "bad"),
    UnblockState.WITHDRAWN: (Text("Đã rút", "Taken back"), "neutral"),
    UnblockState.DONE: (Text("Đã mở khóa, chờ trao mã", "Done, code to hand over"), "good"),
    UnblockState.SHOWN: (Text("Đã trao mã", "Code handed over"), "good"),
    UnblockState.FAILED: (Text("Không mở khóa được", "Failed"), "bad"),
}
_BLANKS: _Texts = {
    BlankState.IN_STOCK: (Text("Trong kho", "In stock"), "good"),
    BlankState.HELD: (Text("Tạm giữ", "Held"), "warning"),
    BlankState.RESERVED: (Text("Dành cho một thẻ", "Reserved"), "waiting"),
    BlankState.USED: (Text("Đã thành thẻ", "Used"), "neutral"),
    BlankState.SPOILED: (Text("Hỏng", "Spoiled"), "bad"),
    BlankState.DESTROYED: (Text("Đã hủy", "Destroyed"), "neutral"),
    BlankState.RETURNED: (Text("Đã trả nhà cung cấp", "Returned"), "neutral"),
    BlankState.LOST: (Text("Thất lạc", "Lost"), "bad"),
}
_BATCHES: _Texts = {
    BatchState.PLANNED: (Text("Kế hoạch, chưa làm gì", "Planned, nothing done"), "waiting"),
    BatchState.RUNNING: (Text("Đang thực hiện", "Being carried out"), "waiting"),
    BatchState.FINISHED: (Text("Đã thực hiện xong", "Carried out"), "good"),
    BatchState.CANCELLED: (Text("Đã hủy kế hoạch", "Given up"), "neutral"),
}
_TEXTS: Mapping[type[StrEnum], _Texts] = {
    CardState: _CARDS,
    ApplicationState: _APPLICATIONS,
    LossState: _LOSSES,
    UnblockState: _UNBLOCKINGS,
    BlankState: _BLANKS,
    BatchState: _BATCHES,
}
"""By kind: ``approved`` of an application and of an unblocking are equal, and not the same."""


def state_text(state: StrEnum) -> Text:
    """Return what a state of a card or an application is called."""
    return _TEXTS[type(state)][state][0]


def state_tone(state: StrEnum) -> str:
    """Return how its tag looks: good, waiting, warning, bad or neutral."""
    return _TEXTS[type(state)][state][1]
