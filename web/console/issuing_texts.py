"""What kinds, causes, facts and deeds around cards are called on screens."""

from __future__ import annotations

from cardsvc.desk_records import JobKind, JobStage
from cardsvc.errors import ReasonCode
from cardsvc.loss_records import CallerCheck, LossChannel
from cardsvc.stock_records import MovementKind
from cardsvc.terms import (
    ApplicationKind,
    SuspensionCause,
    WithdrawalCause,
)
from web.console.languages import Text

KINDS = {
    ApplicationKind.NEW: Text("Cấp mới", "New card"),
    ApplicationKind.RENEW: Text("Gia hạn", "Renewal"),
    ApplicationKind.REPLACE_LOST: Text("Cấp lại do mất thẻ", "Replacement: lost"),
    ApplicationKind.REPLACE_DAMAGED: Text("Cấp lại do hỏng thẻ", "Replacement: damaged"),
    ApplicationKind.REPLACE_CHANGED: Text("Cấp đổi do thay đổi thông tin", "Replacement: changed"),
    ApplicationKind.REPLACE_FAULTY: Text("Cấp lại do lỗi chip", "Replacement: chip fault"),
}
SUSPENSION_CAUSES = {
    SuspensionCause.LEAVE: Text("Nghỉ dài ngày, biệt phái", "Leave or secondment"),
    SuspensionCause.LOSS: Text("Báo mất thẻ", "Reported lost"),
    SuspensionCause.INVESTIGATION: Text("Đang bị xem xét, xác minh", "Under investigation"),
    SuspensionCause.OTHER: Text("Lý do khác", "Another reason"),
}
WITHDRAWAL_CAUSES = {
    WithdrawalCause.RETIRED: Text("Nghỉ hưu", "Retired"),
    WithdrawalCause.LEFT: Text("Thôi việc", "Left the service"),
    WithdrawalCause.TRANSFERRED: Text("Chuyển công tác", "Transferred"),
    WithdrawalCause.DECEASED: Text("Qua đời", "Deceased"),
    WithdrawalCause.DISCIPLINE: Text("Kỷ luật buộc thôi việc", "Dismissed"),
    WithdrawalCause.LOST: Text("Mất thẻ", "Lost"),
    WithdrawalCause.STOLEN: Text("Bị lấy cắp", "Stolen"),
    WithdrawalCause.DAMAGED: Text("Thẻ hỏng", "Damaged"),
    WithdrawalCause.OTHER: Text("Lý do khác", "Another reason"),
}
LOSS_CHANNELS = {
    LossChannel.TELEPHONE: Text("Gọi điện thoại", "By telephone"),
    LossChannel.COUNTER: Text("Đến quầy", "At a counter"),
    LossChannel.KIOSK: Text("Tại ki-ốt", "At a kiosk"),
}
CALLER_CHECKS = {
    CallerCheck.PERSONAL_NUMBER: Text("Số định danh cá nhân", "Personal number"),
    CallerCheck.BIRTH_DATE: Text("Ngày sinh", "Date of birth"),
    CallerCheck.AGENCY: Text("Cơ quan, đơn vị công tác", "Agency"),
    CallerCheck.CALLED_BACK: Text("Đã gọi lại số đã đăng ký", "Called back"),
    CallerCheck.KNOWN_PERSON: Text("Người quen biết giọng nói", "Known by voice"),
    CallerCheck.SUPERIOR: Text("Thủ trưởng xác nhận", "Confirmed by the superior"),
    CallerCheck.IDENTITY_DOCUMENT: Text("Giấy tờ tùy thân", "Identity document"),
}
JOB_KINDS = {
    JobKind.PERSONALISE: Text("Cá thể hóa thẻ", "Personalisation"),
    JobKind.ACTIVATE: Text("Kích hoạt thẻ", "Activation"),
    JobKind.UNBLOCK: Text("Mở khóa PIN", "PIN unblocking"),
    JobKind.SET_PIN: Text("Đặt lại PIN", "A new PIN"),
}
JOB_STAGES = {
    JobStage.WAITING_AGENT: Text("Chờ bàn nhận việc", "Waiting for the desk"),
    JobStage.WAITING_CARD: Text("Chờ đặt thẻ", "Waiting for the card"),
    JobStage.WAITING_PIN: Text("Chờ nhập mã", "Waiting for the PIN"),
    JobStage.CHECKING: Text("Kiểm tra thẻ", "Checking the card"),
    JobStage.KEYS: Text("Sinh khóa", "Making keys"),
    JobStage.CERTIFICATES: Text("Cấp chứng thư", "Making certificates"),
    JobStage.OBJECTS: Text("Ghi dữ liệu", "Writing data"),
    JobStage.VERIFYING: Text("Đọc lại", "Reading back"),
    JobStage.DONE: Text("Đã xong", "Done"),
    JobStage.TORN: Text("Dở dang", "Torn"),
    JobStage.FAILED: Text("Không làm được", "Failed"),
    JobStage.CANCELLED: Text("Đã hủy lệnh", "Taken back"),
    JobStage.SPOILED: Text("Đã hủy phôi", "Blank spoiled"),
}
MOVEMENTS = {
    MovementKind.RECEIVE: Text("Nhập kho", "Received"),
    MovementKind.ISSUE: Text("Giao cho bàn hoặc kho khác", "Issued"),
    MovementKind.HOLD: Text("Tạm giữ", "Held"),
    MovementKind.RELEASE: Text("Thôi tạm giữ", "Released"),
    MovementKind.RESERVE: Text("Dành cho một thẻ", "Reserved"),
    MovementKind.REASSIGN: Text("Chuyển sang thẻ khác", "Reassigned"),
    MovementKind.FREE: Text("Trả lại kho", "Freed"),
    MovementKind.USE: Text("Làm thành thẻ", "Used"),
    MovementKind.SPOIL: Text("Ghi hỏng", "Spoiled"),
    MovementKind.DESTROY: Text("Hủy", "Destroyed"),
    MovementKind.RETURN: Text("Trả nhà cung cấp", "Returned"),
    MovementKind.LOSE: Text("Ghi thất lạc", "Written off"),
    MovementKind.FIND: Text("Tìm lại được", "Found again"),
}
FACTS = {
    "name": Text("Họ và tên", "Name"),
    "personal_number": Text("Số định danh cá nhân", "Personal number"),
    "birth_date": Text("Ngày sinh", "Date of birth"),
    "photo": Text("Ảnh chân dung", "Portrait"),
    "employment": Text("Vị trí công tác", "Employment"),
    "employment.agency_name": Text("Tên cơ quan", "Agency's name"),
    "employment.unit_name": Text("Đơn vị", "Unit"),
    "employment.position": Text("Chức vụ", "Position"),
    "employment.until": Text("Thời hạn làm việc", "End of the employment"),
    "delegation": Text("Giấy ủy quyền", "Delegation"),
    "delegation.enterprise_name": Text("Tên doanh nghiệp", "Company's name"),
    "delegation.scope": Text("Phạm vi ủy quyền", "Scope of the delegation"),
    "delegation.until": Text("Thời hạn ủy quyền", "End of the delegation"),
}
NOTE_CODES = {
    "wrong_fact": Text("Thông tin sai", "A fact is wrong"),
    "missing_document": Text("Thiếu giấy tờ", "A document is missing"),
    "bad_photo": Text("Ảnh không đạt", "The photo is not good enough"),
    "not_entitled": Text("Không thuộc diện cấp thẻ", "Not entitled to a card"),
    "duplicate": Text("Đề nghị trùng", "Requested twice"),
    "withdrawn": Text("Không còn nhu cầu", "No longer needed"),
    "other": Text("Lý do khác", "Another reason"),
}
REFUSALS = {
    ReasonCode.SAME_UNIT: Text(
        "Cơ quan đặt quy định: người phê duyệt không cùng đơn vị với người đề nghị.",
        "The agency wants an approver of another unit than the requester's.",
    ),
    ReasonCode.SAME_OPERATOR: Text(
        "Người đề nghị, người phê duyệt và người cấp của một thẻ phải là ba người khác nhau.",
        "Requester, approver and issuer of one card are three different people.",
    ),
    ReasonCode.ILLEGAL_TRANSITION: Text(
        "Trạng thái hiện tại không cho phép việc này.",
        "Its present state does not allow this.",
    ),
    ReasonCode.CONCURRENT_CHANGE: Text(
        "Một người khác vừa thay đổi hồ sơ này. Xem lại rồi thử lại.",
        "Somebody else has just changed this record. Look at it and try again.",
    ),
    ReasonCode.MALFORMED_ARCHIVE: Text(
        "Tệp trong tệp nén bị hỏng.", "A file of the archive is damaged."
    ),
    ReasonCode.MALFORMED_FACIAL_IMAGE: Text(
        "Không đọc được ảnh: dùng tệp JPEG hoặc PNG khác.",
        "The picture can't be read: use another JPEG or PNG file.",
    ),
    ReasonCode.PHOTO_TOO_LARGE: Text(
        "Ảnh quá lớn: nhiều nhất 20 MB và 40 triệu điểm ảnh.",
        "The photo is too large: 20 MB and 40 million pixels at most.",
    ),
    ReasonCode.PHOTO_TOO_SMALL: Text(
        "Ảnh quá nhỏ: mỗi cạnh ít nhất 120 điểm ảnh.",
        "The photo is too small: each side has 120 pixels at least.",
    ),
    ReasonCode.APPLICATION_OPEN: Text(
        "Người này đang có một đề nghị chưa hoàn thành cho loại thẻ này.",
        "This person has an open request for a card of this type.",
    ),
    ReasonCode.HOLDER_HAS_CARD: Text(
        "Người này đang giữ một thẻ cùng loại: chọn gia hạn hoặc cấp lại thay cho thẻ đó.",
        "This person holds a card of this type: renew or replace it instead.",
    ),
    ReasonCode.APPLICATION_INCOMPLETE: Text(
        "Hồ sơ còn thiếu thông tin bắt buộc cho loại thẻ này.",
        "Facts that this type of card needs are missing.",
    ),
    ReasonCode.APPLICATION_UNKNOWN: Text("Không tìm thấy hồ sơ này.", "There is no such request."),
    ReasonCode.HOLDER_RESTRICTED: Text(
        "Dữ liệu của người này đang bị hạn chế xử lý.",
        "This person's data is restricted.",
    ),
    ReasonCode.LOSS_OPEN: Text(
        "Thẻ đang bị khóa do báo mất: đóng vụ báo mất trước.",
        "The card was reported lost: close the case of loss first.",
    ),
    ReasonCode.CARD_EXPIRED: Text("Thẻ đã hết hạn.", "The card has expired."),
    ReasonCode.CARD_TYPE_MISMATCH: Text(
        "Thẻ cũ thuộc loại khác.", "The old card has another type."
    ),
    ReasonCode.CARD_IN_USE: Text("Hồ sơ này đã có thẻ.", "The application has a card already."),
    ReasonCode.BLANK_REQUIRED: Text("Nhập số phôi.", "Enter the blank's serial."),
    ReasonCode.BLANK_UNKNOWN: Text(
        "Phôi này không có trong sổ kho.", "This blank is in no book of the stock."
    ),
    ReasonCode.BLANK_NOT_IN_STOCK: Text(
        "Phôi này không nằm trong kho của bàn này, hoặc không còn dùng được.",
        "This blank is not in this desk's stock, or can't be used any more.",
    ),
    ReasonCode.BLANK_KNOWN: Text(
        "Một số phôi đã có trong sổ kho.", "A serial is in the books already."
    ),
    ReasonCode.MALFORMED_BLANK_SERIAL: Text(
        "Số phôi không đúng dạng, hoặc bị lặp.", "A serial is not of its form, or given twice."
    ),
    ReasonCode.STOCK_DAY_CLOSED: Text("Ngày này đã khóa sổ.", "This day is closed."),
    ReasonCode.STOCK_NOT_COUNTED: Text(
        "Hôm nay chưa kiểm đếm, hoặc phôi đã thay đổi sau khi đếm: đếm lại.",
        "Nobody counted today, or something moved since: count again.",
    ),
    ReasonCode.STOCK_DIFFERENCES: Text(
        "Kiểm đếm và sổ sách còn chênh lệch chưa giải thích.",
        "Count and books differ, and nobody has said why.",
    ),
    ReasonCode.STOCK_KEEPER_UNKNOWN: Text("Không có kho này.", "There is no such keeper."),
    ReasonCode.MALFORMED_FACIAL_IMAGE: Text(
        "Ảnh trong hồ sơ không ghi được vào thẻ.", "The photo on record does not fit a card."
    ),
    ReasonCode.CARD_UNKNOWN: Text("Không tìm thấy thẻ.", "There is no such card."),
    ReasonCode.MALFORMED_CONFIG: Text(
        "Không hợp với cấu hình tại thiết bị.", "It does not fit the machine's own configuration."
    ),
    ReasonCode.SETTINGS_REFUSED: Text(
        "Không phải do máy chủ này ký cho thiết bị này.",
        "Not signed by the service that the agent knows, or for another agent.",
    ),
    ReasonCode.SETTINGS_ROLLED_BACK: Text(
        "Cũ hơn bản mà thiết bị đã nhận.", "Older than what the agent has taken before."
    ),
    ReasonCode.SETTINGS_FAILED: Text(
        "Một phần của thiết bị không chạy được với bản này.",
        "A part of the agent did not run with it.",
    ),
    ReasonCode.SETTINGS_CHANGED: Text(
        "Người khác vừa đổi cấu hình của thiết bị này.",
        "Somebody else has changed this agent's settings.",
    ),
    ReasonCode.SETTINGS_UNKNOWN: Text("Không có bản này.", "There is no such version."),
}


def refusal(reason: ReasonCode) -> Text:
    """Return why something was refused, in plain words; an unknown reason shows its code."""
    return REFUSALS.get(reason, Text(f"Bị từ chối: {reason.value}", f"Refused: {reason.value}"))
