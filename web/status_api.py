"""Public status documents and keys: CRL (RFC 5280), OCSP (RFC 6960), CA certificates, JWKS."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from flask import Blueprint, Response, request

from cardsvc.errors import CardsvcError
from cardsvc.terms import Realm
from cardsvc.wire.fields import encode_object
from web.documents import (
    ASK_EACH_TIME,
    FOR_A_DAY,
    FOR_AN_HOUR,
    open_to_browsers,
    send_document,
    send_ocsp,
    send_plain,
)
from web.openapi.key_sets import KEY_SET
from web.openapi.operation import Caller, Media, Tag, operation
from web.services import Services

_MAX_OCSP_REQUEST_OCTETS = 4096
_JSON = "application/json"
_CRL, _CERTIFICATE = "application/pkix-crl", "application/pkix-cert"
_OCSP_REQUEST, _OCSP_RESPONSE = "application/ocsp-request", "application/ocsp-response"
_ALIVE = Media(
    _JSON, {"type": "object", "properties": {"alive": {"const": True}}, "required": ["alive"]}
)
_WORK = {
    "type": "object",
    "description": "the regular work: steps that failed, and when each one ran",
    "properties": {
        "failing": {"type": "array", "items": {"type": "string"}},
        "ran": {
            "type": "object",
            "additionalProperties": {"type": "string", "format": "date-time"},
        },
    },
    "required": ["failing", "ran"],
    "additionalProperties": False,
}
_READY = Media(
    _JSON,
    {
        "type": "object",
        "description": "whether each part works",
        "properties": {"database": {"type": "boolean"}, "housekeeping": _WORK},
        "required": ["database"],
        "additionalProperties": {"type": "boolean"},
    },
)


def status_api(services: Services) -> Blueprint:
    """Return the blueprint of the public status endpoints; no token is asked."""
    views = Blueprint("status_api", __name__)
    status = services.status

    @views.get("/status/<ca_name>.crl")
    @operation(
        "Danh sách chứng thư bị thu hồi", "A CA's revocation list, DER (RFC 5280)",
        caller=Caller.ANYONE, tag=Tag.STATUS, answer=Media(_CRL),
    )  # fmt: skip
    def crl(ca_name: str) -> Response:
        document = status.crl_document(ca_name, services.clock.now())
        return send_document(document, "application/pkix-crl", cache=ASK_EACH_TIME)

    @views.get("/status/<ca_name>.cer")
    @operation(
        "Chứng thư của một CA", "A CA's certificate, DER",
        caller=Caller.ANYONE, tag=Tag.STATUS, answer=Media(_CERTIFICATE),
    )  # fmt: skip
    def ca_certificate(ca_name: str) -> Response:
        document = status.certificate_document(ca_name)
        return send_document(document, "application/pkix-cert", cache=FOR_A_DAY)

    @views.post("/status/ocsp")
    @operation(
        "Hỏi trạng thái chứng thư", "Ask for a certificate's status (RFC 6960)",
        caller=Caller.ANYONE, tag=Tag.STATUS, body=Media(_OCSP_REQUEST),
        answer=Media(_OCSP_RESPONSE),
    )  # fmt: skip
    def ocsp_post() -> Response:
        request_der = request.get_data()[:_MAX_OCSP_REQUEST_OCTETS]
        answer = status.ocsp(request_der, services.clock.now())
        return send_plain(answer, "application/ocsp-response", cache="no-store")

    @views.get("/status/ocsp/<path:encoded>")
    @operation(
        "Hỏi trạng thái chứng thư bằng GET", "The same by GET, the request in base64",
        caller=Caller.ANYONE, tag=Tag.STATUS, answer=Media(_OCSP_RESPONSE),
    )  # fmt: skip
    def ocsp_get(encoded: str) -> Response:
        try:
            octets = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            octets = b""
        now = services.clock.now()
        return send_ocsp(status.ocsp_for_caches(octets[:_MAX_OCSP_REQUEST_OCTETS], now), now)

    @views.get("/.well-known/jwks.json")
    @operation(
        "Khóa kiểm tra biên nhận và danh sách trạng thái",
        "The keys that receipts and status lists are checked with",
        caller=Caller.ANYONE, tag=Tag.STATUS, answer=KEY_SET,
    )  # fmt: skip
    def jwks() -> Response:
        body = encode_object(status.jwks())
        return open_to_browsers(send_plain(body, _JSON, cache=FOR_AN_HOUR))

    @views.get("/.well-known/card-credential-keys.json")
    @operation(
        "Khóa kiểm tra mã QR trên thẻ", "The keys that QR codes on cards are checked with",
        caller=Caller.ANYONE, tag=Tag.STATUS, answer=KEY_SET,
    )  # fmt: skip
    def credential_keys() -> Response:
        body = encode_object(services.credential_keys(Realm.PRODUCTION))
        return open_to_browsers(send_plain(body, _JSON, cache=FOR_AN_HOUR))

    _add_health(views, services)
    return views


def _regular_work(services: Services) -> Mapping[str, object]:
    """Return how the regular work goes; a database that goes away now is seen the next time."""
    try:
        return services.regular_work()
    except CardsvcError as error:
        return {"failing": [error.reason.value], "ran": {}}


def _add_health(views: Blueprint, services: Services) -> None:
    @views.get("/healthz")
    @operation(
        "Dịch vụ có đang chạy", "Whether the service runs",
        caller=Caller.ANYONE, tag=Tag.HEALTH, answer=_ALIVE,
    )  # fmt: skip
    def healthz() -> Response:
        return send_plain(b'{"alive":true}', _JSON, cache="no-store")

    @views.get("/readyz")
    @operation(
        "Dịch vụ có sẵn sàng", "Whether each part works; 503 where one does not",
        caller=Caller.ANYONE, tag=Tag.HEALTH, answer=_READY, refusal_bodies={503: _READY},
    )  # fmt: skip
    def readyz() -> Response:
        parts = dict(services.ready())
        said = {**parts, "housekeeping": _regular_work(services)} if all(parts.values()) else parts
        response = send_plain(encode_object(said), _JSON, cache="no-store")
        response.status_code = 200 if all(parts.values()) else 503
        return response
