"""What to tell the person at the counter: coarse code, and what to do next, in two languages.

The exact reason is in the audit; the screen must not teach a forger which check he failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel


@dataclass(frozen=True, slots=True)
class Remedy:
    """A public code and a sentence for the person, Vietnamese first."""

    public_code: str
    vi: str
    en: str


NOT_GENUINE = Remedy(
    "card_not_valid",
    "Thẻ không hợp lệ. Vui lòng liên hệ cán bộ tại quầy để được hỗ trợ.",
    "The card is not valid. Please ask the officer at the counter for help.",
)
TRY_AGAIN = Remedy(
    "try_again",
    "Phiên xác thực đã hết hạn. Vui lòng đặt lại thẻ lên đầu đọc.",
    "The attempt has run out. Please place the card on the reader again.",
)
SUSPENDED = Remedy(
    "card_suspended",
    "Thẻ bị khóa tạm thời. Vui lòng liên hệ cơ quan cấp thẻ để mở khóa.",
    "The card is locked for now. Please ask the issuing office to unlock it.",
)
REVOKED = Remedy(
    "card_revoked",
    "Thẻ đã thu hồi và không còn giá trị. Vui lòng liên hệ cơ quan cấp thẻ.",
    "The card has been withdrawn. Please contact the issuing office.",
)
REPLACED = Remedy(
    "card_replaced",
    "Thẻ này đã được thay bằng thẻ mới. Vui lòng dùng thẻ mới.",
    "This card has been replaced. Please use the new card.",
)
EXPIRED = Remedy(
    "card_expired",
    "Thẻ hết hạn. Vui lòng làm thủ tục cấp đổi thẻ.",
    "The card has expired. Please apply for a new one.",
)
NOT_ACTIVE = Remedy(
    "card_not_active",
    "Thẻ chưa được kích hoạt. Vui lòng kích hoạt thẻ tại cơ quan cấp thẻ.",
    "The card is not activated yet. Please activate it at the issuing office.",
)
NOT_PERMITTED = Remedy(
    "not_permitted",
    "Thẻ hợp lệ nhưng không dùng được cho dịch vụ này.",
    "The card is valid but does not serve for this service.",
)
NOT_SET_UP = Remedy(
    "not_permitted",
    "Dịch vụ này chưa được thiết lập. Vui lòng báo cho đơn vị cung cấp dịch vụ.",
    "This service is not set up. Please tell the service's provider.",
)
"""No card was looked at: nothing is said of it."""
STEP_UP = Remedy(
    "level_too_low",
    "Dịch vụ này yêu cầu nhập mã PIN. Vui lòng đặt lại thẻ và nhập mã PIN.",
    "This service asks for the PIN. Please place the card again and enter the PIN.",
)
OUTSIDE_HOURS = Remedy(
    "outside_hours",
    "Dịch vụ không phục vụ vào thời điểm này. Vui lòng quay lại trong giờ phục vụ.",
    "The service is not open at this time. Please come back during its hours.",
)
WRONG_PLACE = Remedy(
    "wrong_place",
    "Thẻ hợp lệ nhưng không dùng được tại vị trí này.",
    "The card is valid but does not serve at this place.",
)
SERVICE_CLOSED = Remedy(
    "service_closed",
    "Dịch vụ chưa mở hoặc đã kết thúc.",
    "The service has not begun yet or has ended.",
)
STATUS_TOO_OLD = Remedy(
    "status_too_old",
    "Chưa có thông tin trạng thái thẻ mới nhất. Vui lòng thử lại khi có kết nối mạng.",
    "The card's latest status is not at hand. Please try again when the network is back.",
)
PHOTO_MATCH = Remedy(
    "level_too_low",
    "Dịch vụ này yêu cầu cán bộ đối chiếu ảnh. Vui lòng gặp cán bộ tại quầy.",
    "This service asks an officer to compare the photo. Please see the officer at the counter.",
)
OTHER_CARD = Remedy(
    "other_card",
    "Đây không phải thẻ đã dùng ở bước trước. Vui lòng đặt lại đúng thẻ đó.",
    "This is not the card of the step before. Please place that card again.",
)
CONSENT = Remedy(
    "consent_required",
    "Dịch vụ cần sự đồng ý của chủ thẻ. Vui lòng đặt lại thẻ và nhập mã PIN để đồng ý.",
    "The service needs the holder's consent. Please place the card again and enter the PIN.",
)
ASKS_TOO_MUCH = Remedy(
    "asks_too_much",
    "Dịch vụ hỏi thông tin không được phép cung cấp. Vui lòng báo cho đơn vị cung cấp dịch vụ.",
    "The service asks for what it may not know. Please tell the service's provider.",
)

NOT_DELEGATED = Remedy(
    "not_delegated",
    "Không có ủy quyền còn hiệu lực cho doanh nghiệp và việc này. Vui lòng liên hệ doanh nghiệp.",
    "There is no delegation in force for this company and this act. Please ask the company.",
)
PASS_NOT_VALID = Remedy(
    "pass_not_valid",
    "Giấy ra vào không hợp lệ. Vui lòng liên hệ người mời hoặc bảo vệ.",
    "The pass is not valid. Please ask your host or the guard.",
)
PASS_OUT_OF_TIME = Remedy(
    "pass_out_of_time",
    "Giấy ra vào chưa đến giờ hoặc đã hết hạn. Vui lòng liên hệ người mời.",
    "The pass is too early or has run out. Please ask your host.",
)
PASS_REVOKED = Remedy(
    "pass_revoked",
    "Giấy ra vào đã bị thu hồi. Vui lòng liên hệ người mời.",
    "The pass was revoked. Please ask your host.",
)
PASS_USED = Remedy(
    "pass_used",
    "Giấy ra vào đã dùng hết số lượt. Vui lòng liên hệ người mời.",
    "The pass was used as often as it may be. Please ask your host.",
)
PASS_ELSEWHERE = Remedy(
    "pass_elsewhere",
    "Giấy ra vào dùng cho khu vực khác.",
    "The pass opens another zone.",
)
WRONG_REALM = Remedy(
    "wrong_realm",
    "Thẻ thử nghiệm chỉ dùng cho dịch vụ thử nghiệm; thẻ thật chỉ dùng cho dịch vụ thật.",
    "Test cards serve for tests alone, true cards for true services alone.",
)
GUARD = Remedy(
    "guard_needed",
    "Đang mất kết nối mạng. Vui lòng xuất trình thẻ cho nhân viên bảo vệ.",
    "The network is away. Please show the card to the guard.",
)

_REMEDIES = {
    ReasonCode.CHALLENGE_UNKNOWN: TRY_AGAIN,
    ReasonCode.CHALLENGE_EXPIRED: TRY_AGAIN,
    ReasonCode.CHALLENGE_MISBOUND: TRY_AGAIN,
    ReasonCode.CARD_SUSPENDED: SUSPENDED,
    ReasonCode.CERTIFICATE_ON_HOLD: SUSPENDED,
    ReasonCode.CARD_REVOKED: REVOKED,
    ReasonCode.CERTIFICATE_REVOKED: REVOKED,
    ReasonCode.CARD_REPLACED: REPLACED,
    ReasonCode.CARD_EXPIRED: EXPIRED,
    ReasonCode.CERTIFICATE_EXPIRED: EXPIRED,
    ReasonCode.CHUID_EXPIRED: EXPIRED,
    ReasonCode.CARD_NOT_ACTIVE: NOT_ACTIVE,
    ReasonCode.CARD_TYPE_NOT_ACCEPTED: NOT_PERMITTED,
    ReasonCode.SERVICE_UNKNOWN: NOT_SET_UP,
    ReasonCode.RELYING_PARTY_UNKNOWN: NOT_SET_UP,
    ReasonCode.LEVEL_TOO_LOW: STEP_UP,
    ReasonCode.CATEGORY_NOT_ACCEPTED: NOT_PERMITTED,
    ReasonCode.AGENCY_NOT_ACCEPTED: NOT_PERMITTED,
    ReasonCode.POLICY_FORBIDS: NOT_PERMITTED,
    ReasonCode.ZONE_NOT_ACCEPTED: WRONG_PLACE,
    ReasonCode.OUTSIDE_SCHEDULE: OUTSIDE_HOURS,
    ReasonCode.POLICY_NOT_IN_FORCE: SERVICE_CLOSED,
    ReasonCode.STATUS_STALE: STATUS_TOO_OLD,
    ReasonCode.GUARD_NEEDED: GUARD,
    ReasonCode.CONSENT_REQUIRED: CONSENT,
    ReasonCode.SESSION_OTHER_CARD: OTHER_CARD,
    ReasonCode.ATTRIBUTE_NOT_ALLOWED: ASKS_TOO_MUCH,
    ReasonCode.NOT_AGREED: NOT_PERMITTED,
    ReasonCode.REALM_MISMATCH: WRONG_REALM,
    ReasonCode.PASS_BAD_SIGNATURE: PASS_NOT_VALID,
    ReasonCode.PASS_MISISSUED: PASS_NOT_VALID,
    ReasonCode.PASS_UNKNOWN: PASS_NOT_VALID,
    ReasonCode.PASS_NOT_YET_VALID: PASS_OUT_OF_TIME,
    ReasonCode.PASS_EXPIRED: PASS_OUT_OF_TIME,
    ReasonCode.PASS_REVOKED: PASS_REVOKED,
    ReasonCode.PASS_USED: PASS_USED,
    ReasonCode.PASS_WRONG_ZONE: PASS_ELSEWHERE,
    ReasonCode.DELEGATION_MISSING: NOT_DELEGATED,
    ReasonCode.DELEGATION_OTHER_COMPANY: NOT_DELEGATED,
    ReasonCode.DELEGATION_ENDED: NOT_DELEGATED,
    ReasonCode.DELEGATION_SCOPE_EXCEEDED: NOT_DELEGATED,
}


def remedy_for(reason: ReasonCode, level: AssuranceLevel | None = None) -> Remedy:
    """Return what to say; anything that smells of forgery gets one and the same answer.

    Args:
        reason: why it was refused.
        level: what the card proved; a PIN that was typed is not asked for again.
    """
    if reason is ReasonCode.LEVEL_TOO_LOW and level is not None and level >= AssuranceLevel.X2:
        return PHOTO_MATCH
    return _REMEDIES.get(reason, NOT_GENUINE)


def public_code_of(reasons: Sequence[str]) -> str:
    """Return the public code of a denial on record, by its exact reasons."""
    try:
        return remedy_for(ReasonCode(reasons[0])).public_code
    except (IndexError, ValueError):
        return remedy_for(ReasonCode.RECORD_CORRUPT).public_code
