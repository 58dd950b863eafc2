"""What policies' states, attributes, levels and reasons are called on screens."""

from __future__ import annotations

from cardsvc.errors import ReasonCode
from cardsvc.policy_records import ActivationKind
from cardsvc.terms import AssuranceLevel
from verification.policy.shelf import VersionState
from verification.release.attributes import Attribute, over_years
from web.console.languages import Text

VERSION_STATES = {
    VersionState.DRAFT: (Text("Bản thảo", "Draft"), "neutral"),
    VersionState.REHEARSED: (Text("Đã chạy thử", "Tried on past decisions"), "waiting"),
    VersionState.PLANNED: (Text("Sẽ áp dụng", "Planned"), "waiting"),
    VersionState.IN_FORCE: (Text("Đang áp dụng", "In force"), "good"),
    VersionState.FORMER: (Text("Đã thôi áp dụng", "Former"), "neutral"),
}
ACTIVATION_KINDS = {
    ActivationKind.TWO_PERSONS: Text("Đưa vào áp dụng", "Activated"),
    ActivationKind.ROLLBACK: Text("Quay lại phiên bản trước", "Rolled back"),
    ActivationKind.SIMPLE: Text("Chính sách đơn giản", "Simple policy"),
}
LEVEL_TEXTS = {
    AssuranceLevel.X0: Text("X0 – số thẻ hoặc mã QR", "X0 – number or QR code"),
    AssuranceLevel.X1: Text("X1 – chip thật", "X1 – genuine chip"),
    AssuranceLevel.X2: Text("X2 – chip và mã PIN", "X2 – chip and PIN"),
    AssuranceLevel.X3: Text("X3 – thêm đối chiếu ảnh", "X3 – and a photo match"),
    AssuranceLevel.X4: Text("X4 – chuyển sang định danh quốc gia", "X4 – the national e-ID"),
}
_ATTRIBUTES = {
    Attribute.NAME: Text("họ và tên", "name"),
    Attribute.CARD: Text("số hiệu thẻ", "card identifier"),
    Attribute.CARD_TYPE: Text("loại thẻ", "type of card"),
    Attribute.CARD_EXPIRES_ON: Text("ngày hết hạn thẻ", "day on which the card expires"),
    Attribute.CATEGORY: Text("nhóm đối tượng", "category of staff"),
    Attribute.AGENCY_CODE: Text("mã cơ quan", "agency code"),
    Attribute.AGENCY_NAME: Text("tên cơ quan", "agency name"),
    Attribute.UNIT: Text("đơn vị", "unit"),
    Attribute.POSITION: Text("chức vụ", "position"),
    Attribute.PERSONAL_NUMBER: Text("số định danh cá nhân", "personal number"),
    Attribute.BIRTH_DATE: Text("ngày sinh", "date of birth"),
    Attribute.ENTERPRISE_NUMBER: Text("mã số doanh nghiệp", "enterprise number"),
    Attribute.ENTERPRISE_NAME: Text("tên doanh nghiệp", "company name"),
    Attribute.DELEGATION_SCOPE: Text("phạm vi ủy quyền", "scope of the delegation"),
    Attribute.DELEGATION_UNTIL: Text("thời hạn ủy quyền", "end of the delegation"),
    Attribute.STAFF: Text("có phải cán bộ không", "whether civil servant"),
    Attribute.RESIDENT: Text("có cư trú trong tỉnh không", "whether resident of the province"),
    Attribute.DELEGATE: Text("có được ủy quyền không", "whether delegate"),
    Attribute.DELEGATE_OF: Text(
        "có được doanh nghiệp hỏi đến ủy quyền không", "whether delegate of the company asked for"
    ),
}
REASONS = {
    ReasonCode.CARD_TYPE_NOT_ACCEPTED: Text("Loại thẻ khác", "Another type of card"),
    ReasonCode.CATEGORY_NOT_ACCEPTED: Text("Nhóm đối tượng khác", "Another category of staff"),
    ReasonCode.AGENCY_NOT_ACCEPTED: Text("Cơ quan khác", "Another agency"),
    ReasonCode.ZONE_NOT_ACCEPTED: Text("Khu vực khác", "Another zone"),
    ReasonCode.OUTSIDE_SCHEDULE: Text("Ngoài thời gian của quy tắc", "Outside the rule's time"),
    ReasonCode.LEVEL_TOO_LOW: Text("Chưa đủ mức đảm bảo", "Level too low"),
    ReasonCode.STATUS_STALE: Text("Trạng thái thẻ đã cũ", "Status of the card too old"),
    ReasonCode.POLICY_FORBIDS: Text("Quy tắc từ chối", "Refused by a rule"),
    ReasonCode.POLICY_NOT_IN_FORCE: Text("Chính sách chưa hoặc hết hiệu lực", "Not in force"),
    ReasonCode.NOT_AGREED: Text("Ngoài thỏa thuận với đơn vị", "Not agreed with the partner"),
    ReasonCode.ATTRIBUTE_NOT_ALLOWED: Text(
        "Hỏi thông tin không được cung cấp", "Asked for what is not released"
    ),
    ReasonCode.CONSENT_REQUIRED: Text("Chủ thẻ chưa đồng ý", "No consent of the holder"),
    ReasonCode.CARD_SUSPENDED: Text("Thẻ bị khóa", "The card is locked"),
    ReasonCode.CARD_REVOKED: Text("Thẻ đã thu hồi", "The card was withdrawn"),
    ReasonCode.CARD_REPLACED: Text("Thẻ đã được thay", "The card was replaced"),
    ReasonCode.CARD_EXPIRED: Text("Thẻ hết hạn", "The card has expired"),
    ReasonCode.CARD_NOT_ACTIVE: Text("Thẻ chưa kích hoạt", "The card is not activated"),
    ReasonCode.CARD_UNKNOWN: Text("Không có thẻ này", "There is no such card"),
}
_GRANTED = Text("Chấp nhận", "Granted")


def attribute_text(name: str) -> Text:
    """Return what an attribute of a policy is called."""
    years = over_years(name)
    if years is not None:
        return Text(f"có đủ {years} tuổi không", f"whether {years} years old or more")
    return _ATTRIBUTES[Attribute(name)]


def verdict_text(reason: str | None) -> Text:
    """Return what a decision is called by its first reason: None and ``granted`` are a grant."""
    if reason is None or reason == "granted":
        return _GRANTED
    known = {one.value: text for one, text in REASONS.items()}
    return known.get(reason, Text(f"Từ chối: {reason}", f"Refused: {reason}"))
