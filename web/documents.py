"""Signed status documents over HTTP: validators, caching, compression.

A document is stored by caches and asked after each time (``no-cache``): a revocation is seen at
once, and who has the latest edition gets 304. We are the origin, so no Age is sent (RFC 9111
section 5.1: it would say that the answer was not validated with us).
"""

from __future__ import annotations

import gzip
import hashlib
from datetime import datetime
from functools import lru_cache

from flask import Response, request
from werkzeug.exceptions import NotFound

from cardsvc.status_records import OcspAnswer, PublishedDocument

ASK_EACH_TIME = "public, no-cache"
FOR_A_DAY = "public, max-age=86400"
FOR_AN_HOUR = "public, max-age=3600"


def send_document(
    document: PublishedDocument | None, content_type: str, *, cache: str, compress: bool = False
) -> Response:
    """Return a document, or 304 where the client has this edition (RFC 9110 section 13).

    Only If-None-Match is heeded: two editions may be of one second, and If-Modified-Since could
    then hide a revocation.

    Args:
        document: None for one that there is not.
        content_type: its media type.
        cache: the Cache-Control.
        compress: send it in gzip to those who take it.

    Raises:
        NotFound: there is no such document.
    """
    if document is None:
        raise NotFound
    octets, tag = document.octets, etag(document.octets)
    zipped = compress and request.accept_encodings.quality("gzip") > 0
    if zipped:
        octets, tag = _gzipped(octets), f"{tag}-gzip"
    response = Response(octets, content_type=content_type)
    if zipped:
        response.headers["Content-Encoding"] = "gzip"
    if compress:
        response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = cache
    response.last_modified = document.made_at
    response.set_etag(tag)
    heeded = {
        name: value for name, value in request.environ.items() if name != "HTTP_IF_MODIFIED_SINCE"
    }
    response.make_conditional(heeded)
    return response


def send_plain(octets: bytes, content_type: str, *, cache: str) -> Response:
    """Return octets that are made for each who asks, with an ETag over them."""
    response = Response(octets, content_type=content_type)
    response.headers["Cache-Control"] = cache
    if cache != "no-store":
        response.set_etag(etag(octets))
    response.make_conditional(request)
    return response


def send_ocsp(answer: OcspAnswer, now: datetime) -> Response:
    """Return an OCSP answer that caches may keep until its nextUpdate (RFC 5019 section 6.2)."""
    if answer.keep_until is None:
        return send_plain(answer.octets, "application/ocsp-response", cache="no-store")
    seconds = max(0, int((answer.keep_until - now).total_seconds()))
    cache = f"public, no-transform, must-revalidate, max-age={seconds}"
    response = Response(answer.octets, content_type="application/ocsp-response")
    response.headers["Cache-Control"] = cache
    response.last_modified = answer.made_at
    response.expires = answer.keep_until
    response.set_etag(etag(answer.octets))
    return response


def open_to_browsers(response: Response) -> Response:
    """Let pages of any origin read it: it is public, and no cookie opens it (Fetch section 3.2)."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def etag(octets: bytes) -> str:
    """Return a strong validator: half of SHA-256 in hex."""
    return hashlib.sha256(octets).hexdigest()[:32]


@lru_cache(maxsize=16)
def _gzipped(octets: bytes) -> bytes:
    return gzip.compress(octets, mtime=0)
