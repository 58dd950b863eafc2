"""Passes to the screen: cookies that a browser on the wall keeps.

A cookie is signed, says how long it lasts, and holds no token; another token ends all passes.
"""

from __future__ import annotations

from flask import Response, request, url_for
from itsdangerous import BadSignature, URLSafeTimedSerializer

SCREEN_SECONDS = 400 * 24 * 3600
"""RFC 6265bis section 5.5: no browser keeps a cookie longer."""
OPERATOR_SECONDS = 12 * 3600
PATH = "/operations"
_COOKIE = "cardsvc-operations"
_SALT = "operations screen"


def give_pass(secret_key: bytes, token: str, seconds: int) -> Response:
    """Send a browser to the screen, with a cookie that opens it for so long.

    Args:
        secret_key: signs the cookie.
        token: under which it is given.
        seconds: how long it lasts.
    """
    response = Response(status=303)
    response.headers["Location"] = url_for("operations_api.screen")
    response.set_cookie(
        _COOKIE,
        _serializer(secret_key, token).dumps(seconds),
        max_age=seconds,
        path=PATH,
        secure=request.is_secure,
        httponly=True,
        samesite="Strict",
    )
    return response


def has_pass(secret_key: bytes, token: str) -> bool:
    """Tell whether the present request brings a pass that holds."""
    serializer, brought = _serializer(secret_key, token), request.cookies.get(_COOKIE, "")
    try:
        seconds = int(serializer.loads(brought, max_age=SCREEN_SECONDS))
        serializer.loads(brought, max_age=min(seconds, SCREEN_SECONDS))
    except (BadSignature, TypeError, ValueError):
        return False
    return True


def _serializer(secret_key: bytes, token: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt=f"{_SALT}\x00{token}".encode())
