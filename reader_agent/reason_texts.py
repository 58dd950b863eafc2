"""Exact reasons in Vietnamese, for the tester or administrator who inspects a card.

The person at a counter gets ``verification.remedy`` instead, which gives nothing away.
"""

from __future__ import annotations

from cardsvc.errors import ReasonCode

_R = ReasonCode
_TEXTS: dict[ReasonCode, str] = {
    _R.MALFORMED_TLV: "Dữ liệu trên thẻ sai cấu trúc",
    _R.MALFORMED_RESPONSE: "Thẻ trả lời sai định dạng",
    _R.MALFORMED_CHUID: "CHUID sai cấu trúc",
    _R.MALFORMED_CMS: "Chữ ký số sai cấu trúc",
    _R.MALFORMED_CERTIFICATE: "Chứng thư số sai cấu trúc",
    _R.MALFORMED_SECURITY_OBJECT: "Đối tượng bảo mật sai cấu trúc",
    _R.MALFORMED_FACIAL_IMAGE: "Dữ liệu sinh trắc sai cấu trúc",
    _R.MALFORMED_PRINTED_INFORMATION: "Thông tin in trên thẻ sai cấu trúc",
    _R.NO_READER: "Không tìm thấy đầu đọc",
    _R.NO_CARD: "Không có thẻ trong đầu đọc",
    _R.CARD_REMOVED: "Thẻ bị rút ra khi đang đọc",
    _R.CARD_RESET: "Thẻ bị chương trình khác khởi động lại",
    _R.CARD_SILENT: "Thẻ không trả lời",
    _R.READER_FAILED: "Đầu đọc gặp lỗi",
    _R.READER_BUSY: "Đầu đọc đang bận",
    _R.SERVICE_UNAVAILABLE: "Dịch vụ PC/SC không chạy",
    _R.NO_PIV_APPLICATION: "Thẻ không có ứng dụng PIV",
    _R.OBJECT_MISSING: "Thiếu dữ liệu bắt buộc",
    _R.KEY_MISSING: "Thẻ không có khóa này",
    _R.UNEXPECTED_STATUS: "Thẻ từ chối lệnh",
    _R.UNSUPPORTED_ALGORITHM: "Thuật toán không được phép",
    _R.PIN_WRONG: "Sai mã PIN",
    _R.PIN_BLOCKED: "Mã PIN đã bị khóa",
    _R.PIN_REQUIRED: "Cần mã PIN",
    _R.PIN_FORMAT: "Mã PIN phải có 6 đến 8 ký tự",
    _R.PIN_LAST_TRY: "Chỉ còn một lần thử PIN nên không thử",
    _R.UNTRUSTED_ISSUER: "Cơ quan phát hành không được tin cậy",
    _R.CERTIFICATE_BAD_SIGNATURE: "Chữ ký trên chứng thư số không đúng",
    _R.CERTIFICATE_EXPIRED: "Chứng thư số đã hết hạn",
    _R.CERTIFICATE_NOT_YET_VALID: "Chứng thư số chưa có hiệu lực",
    _R.ISSUER_NOT_A_CA: "Bên ký không phải là tổ chức chứng thực",
    _R.PATH_TOO_LONG: "Chuỗi chứng thực quá dài",
    _R.KEY_USAGE_FORBIDS: "Chứng thư số không dùng cho mục đích này",
    _R.EXTENDED_KEY_USAGE_FORBIDS: "Chứng thư số không dùng cho mục đích này",
    _R.NAME_CONSTRAINT_VIOLATED: "Tên nằm ngoài phạm vi được phép",
    _R.POLICY_CONSTRAINT_VIOLATED: "Chính sách chứng thư không được chấp nhận",
    _R.UNKNOWN_CRITICAL_EXTENSION: "Chứng thư số có phần mở rộng lạ",
    _R.WEAK_ALGORITHM: "Thuật toán hoặc khóa quá yếu",
    _R.CERTIFICATE_REVOKED: "Chứng thư số đã bị thu hồi",
    _R.CERTIFICATE_ON_HOLD: "Chứng thư số đang bị tạm dừng",
    _R.STATUS_UNKNOWN: "Không biết trạng thái của chứng thư số",
    _R.STATUS_STALE: "Thông tin trạng thái đã cũ",
    _R.CRL_BAD_SIGNATURE: "Chữ ký trên CRL không đúng",
    _R.OCSP_BAD_SIGNATURE: "Chữ ký trên câu trả lời OCSP không đúng",
    _R.OCSP_RESPONDER_UNAUTHORISED: "Máy chủ OCSP không có thẩm quyền",
    _R.CARD_KEY_PROOF_FAILED: "Thẻ không chứng minh được khóa: có thể là thẻ sao chép",
    _R.PIN_KEY_PROOF_FAILED: "Thẻ không chứng minh được khóa: có thể là thẻ sao chép",
    _R.GUID_MISMATCH: "GUID không khớp: dữ liệu của thẻ khác",
    _R.FASCN_MISMATCH: "FASC-N không khớp: dữ liệu của thẻ khác",
    _R.CHUID_EXPIRED: "Thẻ đã hết hạn (CHUID)",
    _R.CHUID_UNSIGNED: "CHUID không có chữ ký",
    _R.CHUID_BAD_SIGNATURE: "Chữ ký CHUID không đúng: dữ liệu bị sửa",
    _R.SECURITY_OBJECT_BAD_SIGNATURE: "Chữ ký đối tượng bảo mật không đúng",
    _R.OBJECT_HASH_MISMATCH: "Giá trị băm không khớp: dữ liệu bị sửa",
    _R.OBJECT_BAD_SIGNATURE: "Chữ ký dữ liệu không đúng: dữ liệu bị sửa",
    _R.CONTENT_SIGNER_UNAUTHORISED: "Người ký không có thẩm quyền ký dữ liệu thẻ",
    _R.CERTIFICATE_OUTLIVES_CARD: "Chứng thư số hết hạn sau thẻ",
    _R.OBJECT_NOT_COVERED: "Dữ liệu không được đối tượng bảo mật bảo vệ",
    _R.PRINTED_MISMATCH: "Thông tin in không khớp với thẻ",
    _R.BIOMETRIC_EXPIRED: "Dữ liệu sinh trắc đã hết hạn",
    _R.BIOMETRIC_NOT_YET_VALID: "Dữ liệu sinh trắc chưa có hiệu lực",
    _R.BIOMETRIC_ENDS_BEFORE_CARD: "Dữ liệu sinh trắc hết hạn trước thẻ",
    _R.IDENTIFIER_MISSING: "Không có số định danh thẻ",
    _R.KEY_HISTORY_MISMATCH: "Lịch sử khóa không khớp với chứng thư số trên thẻ",
    _R.DISCOVERY_MISMATCH: "Đối tượng Discovery mâu thuẫn",
}


def reason_text(reason: ReasonCode) -> str:
    """Return the reason in Vietnamese, or an empty text where there is none."""
    return _TEXTS.get(reason, "")
