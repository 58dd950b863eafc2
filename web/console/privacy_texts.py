"""What requests about personal data are called on screens, and the reasons that may be given."""

from __future__ import annotations

from cardsvc.privacy_records import DataKind, RequestKind, RequestState
from web.console.languages import Text

KIND_TEXTS = {
    RequestKind.ACCESS: Text("Cung cấp bản sao dữ liệu", "Copy of the data"),
    RequestKind.CORRECTION: Text("Sửa dữ liệu", "Correction"),
    RequestKind.RESTRICTION: Text("Hạn chế xử lý dữ liệu", "Restriction"),
    RequestKind.ERASURE: Text("Xóa dữ liệu", "Erasure"),
    RequestKind.CONSENT_WITHDRAWAL: Text("Rút lại sự đồng ý", "Consent withdrawn"),
}
STATE_TEXTS = {
    RequestState.RECEIVED: (Text("Mới tiếp nhận", "Received"), "waiting"),
    RequestState.ACKNOWLEDGED: (Text("Đang giải quyết", "Being dealt with"), "waiting"),
    RequestState.GRANTED: (Text("Đã chấp nhận", "Granted"), "good"),
    RequestState.REFUSED: (Text("Đã từ chối", "Refused"), "bad"),
    RequestState.CLOSED: (Text("Đã đóng", "Closed"), "neutral"),
}
EXTENSION_REASONS = {
    "many_records": Text("Nhiều hồ sơ phải rà soát", "Many records have to be gone through"),
    "identity_check": Text("Phải xác minh người yêu cầu", "The person has to be identified"),
    "other_authority": Text("Phải chờ cơ quan khác", "Another authority has to answer"),
}
REFUSAL_REASONS = {
    "identity_unproven": Text("Không xác minh được người yêu cầu", "The person was not identified"),
    "retention_duty": Text("Luật buộc phải lưu", "The law obliges us to keep it"),
    "card_in_use": Text("Thẻ còn hiệu lực", "A card is still in use"),
    "harm_to_others": Text("Ảnh hưởng quyền của người khác", "Others' rights would be harmed"),
    "repeated": Text("Yêu cầu lặp lại", "The same was asked before"),
}
HOLD_TEXTS = {
    "live_card": Text("còn thẻ đang dùng", "a card is in use"),
    "open_application": Text("còn đề nghị chưa giải quyết", "a request is open"),
    "employed": Text("còn công tác", "employment lasts"),
    "retention_duty": Text("chưa hết thời hạn phải lưu", "the duty to keep it lasts"),
}
DATA_TEXTS = {
    DataKind.HOLDER: Text("Hồ sơ chủ thẻ", "Holders' records"),
    DataKind.DECISION: Text("Các lần kiểm tra thẻ", "Checks of cards"),
    DataKind.FORMER_PHOTO: Text("Ảnh cũ đã được thay", "Photos that others followed"),
    DataKind.LOSS_CASE: Text("Vụ báo mất đã đóng", "Closed cases of loss"),
    DataKind.DESK_ORDER: Text("Lệnh cá thể hóa chưa làm", "Orders that were never carried out"),
    DataKind.ATTENDANCE_TAP: Text("Lần chấm công", "Taps for attendance"),
    DataKind.ATTENDANCE_CORRECTION: Text("Sửa chấm công", "Corrections of attendance"),
    DataKind.AGENT_EVENT: Text("Sự kiện của cửa và kiosk", "Events of doors and kiosks"),
}


def reason_text(code: str) -> str:
    """Return a reason's text; the code itself where the command line gave another."""
    found = EXTENSION_REASONS.get(code) or REFUSAL_REASONS.get(code)
    return str(found) if found else code


def holds_text(codes: str) -> Text:
    """Return what stands against an erasure, from the codes that its refusal names."""
    found = [HOLD_TEXTS[one] for one in codes.replace(",", " ").split() if one in HOLD_TEXTS]
    vi, en = ", ".join(one.vi for one in found), ", ".join(one.en for one in found)
    return Text(f"Chưa được xóa: {vi}", f"It can't be erased yet: {en}")
