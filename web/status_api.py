"""Public status documents and keys: CRL (RFC 5280), OCSP (RFC 6960), CA certificates, JWKS."""

from __future__ import annotations

import base64
import binascii

from flask import Blueprint, Response, request
from werkzeug.exceptions import NotFound

from cardsvc.wire.fields import encode_object
from web.services import Services

_MAX_OCSP_REQUEST_OCTETS = 4096


def status_api(services: Services) -> Blueprint:
    """Return the blueprint of the public status endpoints; no token is asked."""
    views = Blueprint("status_api", __name__)

    @views.get("/status/<ca_name>.crl")
    def crl(ca_name: str) -> Response:
        found = services.status.crl(ca_name, services.clock.now())
        return _document(found, "application/pkix-crl", max_age_seconds=60)

    @views.get("/status/<ca_name>.cer")
    def ca_certificate(ca_name: str) -> Response:
        found = services.status.ca_certificate(ca_name)
        return _document(found, "application/pkix-cert", max_age_seconds=86_400)

    @views.post("/status/ocsp")
    def ocsp_post() -> Response:
        return _ocsp(request.get_data()[:_MAX_OCSP_REQUEST_OCTETS])

    @views.get("/status/ocsp/<path:encoded>")
    def ocsp_get(encoded: str) -> Response:
        try:
            octets = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            octets = b""
        return _ocsp(octets[:_MAX_OCSP_REQUEST_OCTETS])

    @views.get("/.well-known/jwks.json")
    def jwks() -> Response:
        body = encode_object(services.status.jwks())
        return _document(body, "application/json", max_age_seconds=3600)

    @views.get("/healthz")
    def healthz() -> Response:
        return _document(b'{"alive":true}', "application/json", max_age_seconds=0)

    @views.get("/readyz")
    def readyz() -> Response:
        parts = dict(services.ready())
        response = _document(encode_object(parts), "application/json", max_age_seconds=0)
        response.status_code = 200 if all(parts.values()) else 503
        return response

    def _ocsp(request_der: bytes) -> Response:
        answer = services.status.ocsp(request_der, services.clock.now())
        return _document(answer, "application/ocsp-response", max_age_seconds=0)

    return views


def _document(octets: bytes | None, content_type: str, *, max_age_seconds: int) -> Response:
    if octets is None:
        raise NotFound
    response = Response(octets, content_type=content_type)
    cache = f"public, max-age={max_age_seconds}" if max_age_seconds else "no-store"
    response.headers["Cache-Control"] = cache
    return response
