"""Who may talk to the agent on loopback: every request is looked at before any view sees it.

A page of another site in the same browser reaches 127.0.0.1, too, and by DNS rebinding under a
name of its own. So the Host must be ours, an Origin must be one that is allowed, and each view's
secret must be there. Spec: RFC 9110 sections 7.2 and 7.4 (421), Fetch (Origin), Private Network
Access (preflights).
"""

from __future__ import annotations

import hmac

from flask import Flask, Request, Response, abort, request

COOKIE = "cardsvc_kiosk"
_NAMES = ("127.0.0.1", "localhost", "[::1]")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
_PREFLIGHT_SECONDS = "600"


def guard_hosts(app: Flask, port: int) -> None:
    """Let an application answer to its own names only, and say the same headers everywhere."""
    hosts = frozenset(f"{name}:{port}" for name in _NAMES)

    @app.before_request
    def refuse_other_hosts() -> None:
        if request.headers.get("Host", "") not in hosts:
            abort(421)

    @app.after_request
    def harden(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers[name] = value
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


def own_origin(asked: Request) -> bool:
    """Tell whether a request comes from a page of ours, or from no page at all."""
    site = asked.headers.get("Sec-Fetch-Site", "same-origin")
    origin = asked.headers.get("Origin")
    return site in ("same-origin", "none") and origin in (None, f"http://{asked.host}")


def require_page(secret: str) -> None:
    """Refuse who is not the kiosk's page.

    Args:
        secret: what its cookie must hold.
    """
    given = request.cookies.get(COOKIE, "")
    if not own_origin(request) or not _same(given, secret):
        abort(403)


def require_json() -> bytes:
    """Return the body of a request that no form of another site can send."""
    if request.mimetype != "application/json":
        abort(415)
    return request.get_data(cache=False)


def require_counter(secret: str, origins: frozenset[str]) -> None:
    """Refuse who is not counter software: token, and where a page asks, one that may.

    Args:
        secret: the bearer token.
        origins: those of the counter software's pages.
    """
    origin = request.headers.get("Origin")
    if origin is not None and not _may(origin, origins):
        abort(403)
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not _same(given, secret):
        abort(401)


def preflight(origins: frozenset[str]) -> Response:
    """Answer a browser that asks whether a page may (CORS; Private Network Access)."""
    origin = request.headers.get("Origin", "")
    if not _may(origin, origins):
        abort(403)
    response = Response(status=204)
    response.headers["Access-Control-Allow-Methods"] = "GET, POST"
    response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
    response.headers["Access-Control-Max-Age"] = _PREFLIGHT_SECONDS
    if request.headers.get("Access-Control-Request-Private-Network") == "true":
        response.headers["Access-Control-Allow-Private-Network"] = "true"
    return response


def allow_origin(response: Response, origins: frozenset[str]) -> Response:
    """Let a page that may ask read the answer."""
    response.headers["Vary"] = "Origin"
    origin = request.headers.get("Origin")
    if origin is not None and _may(origin, origins):
        response.headers["Access-Control-Allow-Origin"] = origin
        response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _may(origin: str, origins: frozenset[str]) -> bool:
    return origin in origins or origin == f"http://{request.host}"


def _same(given: str, secret: str) -> bool:
    return hmac.compare_digest(given.encode(), secret.encode())
