"""What partners' realms, scopes, contacts and keys are called on screens."""

from __future__ import annotations

from datetime import datetime

from cardsvc.partner_records import ContactRole, PartnerKey, Scope
from cardsvc.terms import Realm
from web.console.languages import Text

REALM_TEXTS = {
    Realm.PRODUCTION: Text("Chính thức", "Production"),
    Realm.SANDBOX: Text("Thử nghiệm", "Sandbox"),
}
SCOPE_TEXTS = {
    Scope.VERIFY: Text("Xác thực thẻ", "Verify cards"),
    Scope.PORTRAIT: Text("Xem ảnh chủ thẻ", "See holders' photos"),
    Scope.BATCH: Text("Xác thực nhiều thẻ một lần", "Verify many cards at once"),
    Scope.STATUS: Text("Hỏi trạng thái thẻ", "Ask where a card stands"),
    Scope.CREDENTIAL: Text("Kiểm tra mã QR trên thẻ", "Check QR codes on cards"),
    Scope.SESSION: Text("Phiên tại quầy", "Sessions at counters"),
    Scope.DELEGATION: Text("Ủy quyền doanh nghiệp", "Business delegation"),
    Scope.PASSES: Text("Giấy ra vào của khách", "Visitor passes"),
    Scope.EVENTS: Text("Nhận sự kiện", "Receive events"),
}
CONTACT_TEXTS = {
    ContactRole.TECHNICAL: Text("Đầu mối kỹ thuật", "Technical contact"),
    ContactRole.BUSINESS: Text("Đầu mối nghiệp vụ", "Business contact"),
    ContactRole.SECURITY: Text("Đầu mối an toàn thông tin", "Security contact"),
    ContactRole.DATA_PROTECTION: Text("Đầu mối bảo vệ dữ liệu", "Data protection contact"),
}


def key_state(key: PartnerKey, at: datetime) -> tuple[Text, str]:
    """Return how a key stands, and the tone of its tag."""
    if key.revoked_at is not None:
        return Text("Đã thu hồi", "Revoked"), "bad"
    if key.counts_at(at):
        return Text("Đang dùng", "In use"), "good"
    if at < key.not_before:
        return Text("Chưa đến hạn", "Not yet"), "waiting"
    return Text("Hết hạn", "Ended"), "neutral"
