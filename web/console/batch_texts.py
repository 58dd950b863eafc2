"""What changes to many cards are called on screens."""

from __future__ import annotations

from cardsvc.batch_records import BatchAction, BatchKind, Exclusion, StepState
from web.console.languages import Text

KINDS = {
    BatchKind.TRANSFER: Text("Thuyên chuyển", "Transfer"),
    BatchKind.UNIT_MERGED: Text("Sáp nhập đơn vị", "Units merged"),
    BatchKind.UNIT_RENAMED: Text("Đổi tên đơn vị", "Unit renamed"),
    BatchKind.RETIREMENT: Text("Nghỉ hưu", "Retirement"),
    BatchKind.LEAVING: Text("Thôi việc", "Leaving the service"),
    BatchKind.LEAVE: Text("Nghỉ dài ngày, biệt phái", "Leave or secondment"),
}
FOLLOWS = {
    BatchKind.TRANSFER: Text("lập đề nghị cấp đổi thẻ", "a new card is requested"),
    BatchKind.UNIT_MERGED: Text("lập đề nghị cấp đổi thẻ", "a new card is requested"),
    BatchKind.UNIT_RENAMED: Text("lập đề nghị cấp đổi thẻ", "a new card is requested"),
    BatchKind.RETIREMENT: Text("thu hồi thẻ vĩnh viễn", "the card is withdrawn for good"),
    BatchKind.LEAVING: Text("thu hồi thẻ vĩnh viễn", "the card is withdrawn for good"),
    BatchKind.LEAVE: Text("khóa thẻ đến ngày trở lại", "the card is locked until the return"),
}
ACTIONS = {
    BatchAction.NOTHING: Text("Giữ nguyên", "Left as it is"),
    BatchAction.REPLACE: Text("Đề nghị cấp đổi", "New card requested"),
    BatchAction.SUSPEND: Text("Khóa thẻ", "Locked"),
    BatchAction.REVOKE: Text("Thu hồi thẻ", "Withdrawn"),
}
EXCLUSIONS = {
    Exclusion.DATA_UNCHANGED: Text("Thông tin trên thẻ không đổi", "Nothing on the card changes"),
    Exclusion.NOT_HANDED_OVER: Text("Thẻ chưa bàn giao", "Not handed over yet"),
    Exclusion.NOT_ACTIVE: Text("Thẻ không ở trạng thái hoạt động", "The card is not active"),
    Exclusion.EXPIRED: Text("Thẻ đã hết hạn", "The card has expired"),
    Exclusion.REPORTED_LOST: Text("Thẻ đang báo mất", "The card is reported lost"),
    Exclusion.UNDER_INVESTIGATION: Text("Đang bị xem xét, xác minh", "Under investigation"),
    Exclusion.APPLICATION_OPEN: Text("Đang có đề nghị khác", "Another request is open"),
}
STEPS = {
    StepState.PLANNED: (Text("Chưa làm", "Not done yet"), "waiting"),
    StepState.DONE: (Text("Đã làm", "Done"), "good"),
    StepState.CHANGED: (
        Text("Hồ sơ đã thay đổi sau kế hoạch", "Changed since the plan"),
        "warning",
    ),
    StepState.REFUSED: (Text("Không làm được", "Not possible"), "bad"),
}
