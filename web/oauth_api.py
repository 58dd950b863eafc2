"""The OAuth 2.0 token endpoint and its metadata (RFC 6749, RFC 8414): parse, one use case, render.

Refusals here have the form of RFC 6749 section 5.2, as OAuth libraries expect it; everything else
that goes wrong is a problem document as anywhere.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from cardsvc.partner_records import Scope
from cardsvc.wire.fields import encode_object
from web.auth import client_certificate
from web.documents import FOR_AN_HOUR, open_to_browsers, send_plain
from web.openapi.operation import Caller, Media, Tag, operation
from web.partners.assertion import ALGORITHMS
from web.partners.oauth import ASSERTION_TYPE, GRANT_TYPE, OAuthCode, OAuthRefusal, TokenRequest
from web.services import Services

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
METADATA_PATH = "/.well-known/oauth-authorization-server"
_FORM = "application/x-www-form-urlencoded"
_MAX_FORM_OCTETS = 16 * 1024
_TEXT = {"type": "string"}
_REQUEST = Media(
    _FORM,
    {
        "type": "object",
        "properties": {
            "grant_type": {"const": GRANT_TYPE},
            "client_assertion_type": {"const": ASSERTION_TYPE},
            "client_assertion": _TEXT | {"description": "the signed JWT (RFC 7523 section 3)"},
            "scope": _TEXT | {"description": "names with a space between; all that was agreed"},
        },
        "required": ["grant_type"],
    },
)
_TOKEN = Media(
    "application/json",
    {
        "type": "object",
        "properties": {
            "access_token": _TEXT,
            "token_type": {"const": "Bearer"},
            "expires_in": {"type": "integer"},
            "scope": _TEXT,
        },
        "required": ["access_token", "token_type", "expires_in", "scope"],
    },
)
_REFUSAL = Media(
    "application/json",
    {
        "type": "object",
        "properties": {
            "error": {"enum": [code.value for code in OAuthCode]},
            "error_description": _TEXT,
        },
        "required": ["error"],
    },
)
_METADATA = Media(
    "application/json",
    {
        "type": "object",
        "properties": {"issuer": _TEXT, "token_endpoint": _TEXT},
        "required": ["issuer", "token_endpoint"],
    },
)


def oauth_api(services: Services) -> Blueprint:
    """Return the blueprint of the token endpoint."""
    views = Blueprint("oauth_api", __name__)

    @views.post(TOKEN_PATH)
    @operation(
        "Lấy mã truy cập bằng khóa của đơn vị", "Get an access token by the partner's own key",
        caller=Caller.ANYONE, tag=Tag.TOKENS, body=_REQUEST, answer=_TOKEN,
        refusal_bodies={400: _REFUSAL, 401: _REFUSAL},
    )  # fmt: skip
    def token() -> Response:
        request.max_content_length = _MAX_FORM_OCTETS
        if request.mimetype != _FORM:
            raise OAuthRefusal.of_request(f"the body is {_FORM}")
        if "Authorization" in request.headers:
            raise OAuthRefusal.of_request("authenticate with client_assertion, and with it alone")
        asked = TokenRequest.parse(request.form.to_dict(flat=False))
        given = services.partners.tokens.give(
            asked, client_certificate(services.partners), services.clock.now()
        )
        return _answer(given.as_object(), 200)

    @views.get(METADATA_PATH)
    @operation(
        "Thông tin của máy chủ cấp mã truy cập", "The authorization server's metadata (RFC 8414)",
        caller=Caller.ANYONE, tag=Tag.TOKENS, answer=_METADATA,
    )  # fmt: skip
    def metadata() -> Response:
        base = services.partners.issuer(request.scheme)
        body = {
            "issuer": base,
            "token_endpoint": base + TOKEN_PATH,
            "grant_types_supported": [GRANT_TYPE],
            "response_types_supported": [],
            "scopes_supported": sorted(scope.value for scope in Scope),
            "token_endpoint_auth_methods_supported": _methods(services),
            "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
            "tls_client_certificate_bound_access_tokens": _with_tls(services),
            "service_documentation": base + "/api/docs",
        }
        octets = encode_object(body)
        return open_to_browsers(send_plain(octets, "application/json", cache=FOR_AN_HOUR))

    @views.errorhandler(OAuthRefusal)
    def refused(error: OAuthRefusal) -> Response:
        body = {"error": error.code.value, "error_description": error.description}
        response = _answer(body, error.status)
        if error.code is OAuthCode.INVALID_CLIENT:
            # a 401 has to say how one gets in (RFC 9110 section 15.5.2)
            response.headers["WWW-Authenticate"] = 'Bearer realm="cardsvc"'
        return response

    return views


def _with_tls(services: Services) -> bool:
    return bool(services.partners.certificate_header)


def _methods(services: Services) -> list[str]:
    return ["private_key_jwt", *(["self_signed_tls_client_auth"] if _with_tls(services) else [])]


def _answer(body: dict[str, Any], status: int) -> Response:
    response = Response(encode_object(body), status, content_type="application/json")
    # RFC 6749 section 5.1 asks for both
    response.headers["Cache-Control"] = "no-store"
    response.headers["Pragma"] = "no-cache"
    return response
