"""What agencies' states and changes are called on screens."""

from __future__ import annotations

from cardsvc.agency_records import AgencyFate
from cardsvc.errors import ReasonCode
from web.console.agency_form import AgencyDeed
from web.console.languages import Text

STANDING = {
    "present": Text("Đang hoạt động", "In being"),
    "ended": Text("Đã kết thúc", "Ended"),
    "future": Text("Chưa đến ngày bắt đầu", "Not begun yet"),
}
FATES = {
    AgencyFate.RENAMED: Text("Đổi tên hoặc mã", "Renamed"),
    AgencyFate.MERGED: Text("Sáp nhập", "Merged"),
    AgencyFate.SPLIT: Text("Chia tách", "Split"),
    AgencyFate.DISSOLVED: Text("Giải thể", "Dissolved"),
}
DEEDS = {
    AgencyDeed.ADD: Text("Thêm cơ quan", "Add an agency"),
    AgencyDeed.RENAME: Text("Đổi tên, mã hoặc cấp trên", "Rename or move"),
    AgencyDeed.MERGE: Text("Sáp nhập", "Merge"),
    AgencyDeed.SPLIT: Text("Chia tách", "Split"),
    AgencyDeed.DISSOLVE: Text("Giải thể", "Dissolve"),
}
DONE = {
    AgencyDeed.ADD: Text("Đã thêm cơ quan", "The agency was added"),
    AgencyDeed.RENAME: Text("Đã ghi thay đổi của cơ quan", "The change was recorded"),
    AgencyDeed.MERGE: Text("Đã ghi việc sáp nhập", "The merger was recorded"),
    AgencyDeed.SPLIT: Text("Đã ghi việc chia tách", "The split was recorded"),
    AgencyDeed.DISSOLVE: Text("Đã ghi việc giải thể", "The dissolution was recorded"),
}
REFUSALS = {
    ReasonCode.AGENCY_EXISTS: Text("Mã này đã có cơ quan", "This code is on record already"),
    ReasonCode.AGENCY_UNKNOWN: Text("Không có cơ quan mang mã này", "No agency has this code"),
    ReasonCode.AGENCY_CHANGE_IMPOSSIBLE: Text(
        "Không thực hiện được: cơ quan phải đang hoạt động trước ngày này và chưa kết thúc, và phải có nội dung thay đổi.",  # noqa: E501
        "Impossible: the agency must be in being before that day and not ended, and something must change.",  # noqa: E501
    ),
}
CHANGED_MEANWHILE = Text(
    "Cơ quan vừa được người khác thay đổi. Xem lại tác động rồi xác nhận.",
    "Somebody has just changed the agency. Look at the effects again, then confirm.",
)
