"""What the OpenAPI document says in words: titles, statuses, ways to authenticate."""

from __future__ import annotations

from typing import Any

from cardsvc.partner_records import Scope
from web.openapi.operation import Caller

TITLE = "Thẻ điện tử – Electronic cards"
DESCRIPTION = (
    "API xác thực thẻ điện tử cho dịch vụ công, đơn vị tích hợp và tác tử đầu đọc.\n\n"
    "Verification of electronic cards for public services, partners and reader agents. "
    "Only `granted: true` is a grant; an error is not a decision. Unknown fields, fields twice and "
    "other types are refused. Octets are base64url without padding, instants RFC 3339 in UTC."
)
REFUSALS = {
    304: "bản đang có là mới nhất – the edition that you have is the latest",
    400: "thông điệp không đúng mẫu – the message is not of its form",
    401: "không có mã truy cập, hoặc mã không của ai – no token, or nobody's",
    403: "không dành cho bên gọi này – not for this caller",
    404: "không có, hoặc là của bên khác – there is no such thing, or it is somebody else's",
    406: "dạng này không được cung cấp – a form that we don't make",
    409: "trạng thái không cho phép – not in this state, or somebody else was faster",
    410: "không còn được lưu – no longer kept",
    413: "nội dung quá lớn – the body is too large",
    415: "nội dung không phải application/json – the body is not application/json",
    422: "cùng khóa nhưng yêu cầu khác – the same key came with another request",
    429: "quá nhiều yêu cầu – too many requests; Retry-After says when to come again",
    500: "lỗi của dịch vụ, đã ghi vào nhật ký – a fault of ours; it is in our log",
    501: "không cung cấp – not offered",
    503: "tạm thời không truy cập được, hãy thử lại sau – out of reach for now; try again later",
}
SECURITY_SCHEMES: dict[str, Any] = {
    "agentToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "Mã truy cập của tác tử đầu đọc, hoặc yêu cầu do khóa của thiết bị ký – a "
        "reader agent's token; a device with a key of its own signs each request instead, by the "
        "scheme `Agent`.",
    },
    "partnerToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "Mã truy cập của đơn vị tích hợp – a partner's token, given at enrolment.",
    },
}
_SCOPES = {
    Scope.VERIFY: "xác thực thẻ – decide taps",
    Scope.PORTRAIT: "ảnh chủ thẻ – fetch the photos that decisions release",
    Scope.BATCH: "xác thực nhiều thẻ – decide many taps at once",
    Scope.STATUS: "tra trạng thái thẻ – ask where a card stands",
    Scope.CREDENTIAL: "kiểm tra mã QR – check QR codes",
    Scope.SESSION: "phiên tại quầy – counter sessions",
    Scope.DELEGATION: "ủy quyền doanh nghiệp – delegations of companies",
    Scope.PASSES: "giấy ra vào – visitor passes",
    Scope.EVENTS: "sự kiện – the feed of events",
}
SECURITY_SCHEMES["partnerOAuth"] = {
    "type": "oauth2",
    "description": "Khóa riêng của đơn vị – the partner's own key (`private_key_jwt`, RFC 7523).",
    "flows": {
        "clientCredentials": {
            "tokenUrl": "/oauth/token",
            "scopes": {scope.value: _SCOPES[scope] for scope in Scope},
        }
    },
}
REQUEST_ID_HEADER: dict[str, Any] = {
    "description": "Names this request in our log and audit; quote it when you ask us.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{8,64}$"},
}
REQUEST_ID_PARAMETER: dict[str, Any] = {
    "name": "X-Request-Id",
    "in": "header",
    "required": False,
    "description": "Your own name for this request: 8 to 64 letters, digits, `.`, `_`, `-`. "
    "One of another form is replaced.",
    "schema": {"type": "string"},
}

IDEMPOTENCY_KEY_PARAMETER: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Your name for what you ask: sent again within a day, it is answered again and "
    "not done again. A string in quotes, or a plain word.",
    "schema": {
        "type": "string",
        "pattern": '^([A-Za-z0-9._~:-]{1,255}|"[A-Za-z0-9._~: -]{1,255}")$',
    },
}


def security_of(caller: Caller, scope: str) -> list[dict[str, list[str]]]:
    """Return who may call, as the document says it; nothing is asked of anyone."""
    match caller:
        case Caller.ANYONE:
            return []
        case Caller.AGENT:
            return [{"agentToken": []}]
        case Caller.PARTNER:
            return [{"partnerOAuth": [scope] if scope else []}, {"partnerToken": []}]
