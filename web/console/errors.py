"""Error pages in both languages: what happened, and what to do next."""

from __future__ import annotations

import logging

from flask import Blueprint, make_response, render_template
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from cardsvc.errors import CardsvcError, Malformed, ReasonCode
from web.console.languages import Text

_LOG = logging.getLogger(__name__)

_TITLES = {
    400: Text("Không đọc được yêu cầu", "The request could not be read"),
    403: Text("Bạn không có quyền xem trang này", "You may not see this page"),
    404: Text("Không tìm thấy trang", "Page not found"),
    409: Text("Dữ liệu vừa thay đổi", "The record has just changed"),
    413: Text("Tệp gửi lên quá lớn", "The file is too large"),
    500: Text("Hệ thống gặp lỗi", "The service failed"),
    503: Text("Cơ sở dữ liệu chưa trả lời", "The database does not answer"),
}
_ADVICE = {
    400: Text(
        "Quay lại trang trước, tải lại trang rồi gửi lại. Nội dung chưa được lưu.",
        "Go back, reload the page and send it again. Nothing was saved.",
    ),
    403: Text(
        "Việc này dành cho vai trò khác. Nếu bạn cần làm, hãy đề nghị quản trị viên cấp quyền.",
        "This is the work of another role. If you need it, ask an administrator for the right.",
    ),
    404: Text(
        "Kiểm tra lại địa chỉ, hoặc tìm trong danh sách. Hồ sơ có thể nằm ngoài phạm vi của bạn.",
        "Check the address, or look in the list. The record may lie outside your scope.",
    ),
    409: Text(
        "Một người khác vừa xử lý trước bạn. Mở lại hồ sơ để xem trạng thái mới nhất.",
        "Somebody else was faster. Open the record again to see its present state.",
    ),
    413: Text(
        "Chọn tệp nhỏ hơn rồi gửi lại.",
        "Choose a smaller file and send it again.",
    ),
    500: Text(
        "Lỗi đã được ghi lại. Thử lại sau ít phút; nếu vẫn lỗi, báo cho quản trị viên.",
        "The fault is in the log. Try again in a few minutes; if it stays, tell an administrator.",
    ),
    503: Text(
        "Chưa có gì được lưu. Thử lại sau ít phút.",
        "Nothing was saved. Try again in a few minutes.",
    ),
}
_FORM_EXPIRED = Text(
    "Biểu mẫu này thuộc về phiên làm việc khác. Tải lại trang rồi gửi lại; chưa có gì được lưu.",
    "This form belongs to another session. Reload the page and send it again; nothing was saved.",
)
_NOT_FOUND = frozenset(
    {
        ReasonCode.CARD_UNKNOWN,
        ReasonCode.APPLICATION_UNKNOWN,
        ReasonCode.HOLDER_UNKNOWN,
        ReasonCode.AGENCY_UNKNOWN,
        ReasonCode.IMPORT_UNKNOWN,
        ReasonCode.IMPORT_ROW_UNKNOWN,
        ReasonCode.JOB_UNKNOWN,
        ReasonCode.SERVICE_UNKNOWN,
        ReasonCode.RELYING_PARTY_UNKNOWN,
    }
)


def error_page(status: int, advice: Text | None = None, reason: str = "") -> Response:
    """Return the page of an error.

    Args:
        status: of HTTP; one without a text of its own is shown as 400 or 500.
        advice: what to do next, where the general advice does not fit.
        reason: the code to tell an administrator.
    """
    known = status if status in _TITLES else (500 if status >= 500 else 400)
    page = render_template(
        "errors/error.html",
        title=_TITLES[known],
        advice=advice or _ADVICE[known],
        status=status,
        reason=reason,
    )
    return make_response(page, status)


def still_running() -> Response:
    """Return the page for a form that is being dealt with already."""
    advice = Text(
        "Biểu mẫu này đã được gửi và đang được xử lý. Không gửi lại; xem kết quả trong danh sách.",
        "This form was sent and is being dealt with. Don't send it again; see the list.",
    )
    return error_page(409, advice)


def register_error_pages(pages: Blueprint) -> None:
    """Turn every error of a console page into a page; tracebacks go to the log only."""

    @pages.errorhandler(CSRFError)
    def form_expired(error: CSRFError) -> Response:
        del error
        return error_page(400, _FORM_EXPIRED)

    @pages.errorhandler(CardsvcError)
    def refused(error: CardsvcError) -> Response:
        status = _status_of(error)
        if status >= 500:
            _LOG.error("%s: %s", error.reason.value, error)
        return error_page(status, reason=error.reason.value)

    @pages.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        if error.code is not None and 300 <= error.code < 400:
            return error.get_response()
        return error_page(error.code or 500)

    @pages.errorhandler(Exception)
    def unforeseen(error: Exception) -> Response:
        _LOG.exception("unforeseen error", exc_info=error)
        return error_page(500)


def _status_of(error: CardsvcError) -> int:
    if isinstance(error, Malformed):
        return 400
    if error.reason in _NOT_FOUND:
        return 404
    if error.reason is ReasonCode.ACCESS_DENIED:
        return 403
    if error.reason is ReasonCode.SERVICE_UNAVAILABLE:
        return 503
    if error.reason in {ReasonCode.RECORD_CORRUPT, ReasonCode.AUDIT_BROKEN}:
        return 500
    return 409
