"""Requests of a tap as well-made agents send them; any other goes the usual way."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from wsgiref.types import InputStream, WSGIEnvironment

from cardsvc.wire.fields import MAX_MESSAGE_OCTETS
from web.agents.sign_in import SignedRequest
from web.request_id import name_of
from web.strict_requests import JSON

_UNUSUAL = (
    "SCRIPT_NAME",
    "QUERY_STRING",
    "HTTP_CONTENT_ENCODING",
    "HTTP_TRANSFER_ENCODING",
)
_NAMED = "HTTP_IDEMPOTENCY_KEY"
_MOST_DIGITS = 9


@dataclass(slots=True)
class PlainRequest:
    """A POST of JSON with an Authorization header.

    Args:
        path: as it came, of ASCII.
        authorization: the header; nothing of it is believed yet.
        body: its octets; nothing of them is believed yet.
        name: the one that it has in log and audit.
        agent: who sent it, once that is known: a proof serves only once.
    """

    path: str
    authorization: str = field(repr=False)
    body: bytes = field(repr=False)
    name: str
    agent: str | None = None

    def signed(self, proof: str) -> SignedRequest:
        """Return the request as its proof has to be about it."""
        return SignedRequest(proof, "POST", self.path, self.body)


def plain_request(environ: WSGIEnvironment) -> PlainRequest | None:
    """Return the request, None for one that is not plain; its body can be read once more.

    Spec: PEP 3333, ``environ`` variables and input stream.
    """
    if environ["REQUEST_METHOD"] != "POST" or environ.get("CONTENT_TYPE") != JSON:
        return None
    if _NAMED in environ or any(environ.get(name) for name in _UNUSUAL):
        return None
    authorization = environ.get("HTTP_AUTHORIZATION", "")
    length = _length(environ.get("CONTENT_LENGTH", ""))
    if not authorization or not 0 < length <= MAX_MESSAGE_OCTETS:
        return None
    source: InputStream = environ["wsgi.input"]
    body = source.read(length)
    environ["wsgi.input"] = io.BytesIO(body)
    if len(body) != length:
        return None
    name = name_of(environ.get("HTTP_X_REQUEST_ID", ""))
    return PlainRequest(environ["PATH_INFO"], authorization, body, name)


def _length(text: str) -> int:
    plain = text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
    return int(text) if plain else 0
