"""The TLS client certificate of a request, as a trusted proxy passes it on in a header.

Two forms: RFC 9440 section 2.1 (a byte sequence of DER between colons), and what nginx calls
``$ssl_client_escaped_cert`` (PEM, percent-encoded).
"""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_to_bytes

from cardsvc.errors import Malformed, ReasonCode
from web.partners.public_keys import ClientCertificate, parse_client_certificate

_MAX_CHARACTERS = 16 * 1024


def parse_forwarded_certificate(value: str) -> ClientCertificate:
    """Parse the header's value.

    Raises:
        Malformed: MALFORMED_PARTNER_KEY.
    """
    if len(value) > _MAX_CHARACTERS or not value.isascii():
        raise Malformed(ReasonCode.MALFORMED_PARTNER_KEY, "the certificate's header is too long")
    if not (value.startswith(":") and value.endswith(":") and len(value) > 2):
        return parse_client_certificate(unquote_to_bytes(value))
    try:
        return parse_client_certificate(base64.b64decode(value[1:-1], validate=True))
    except binascii.Error as error:
        raise Malformed(ReasonCode.MALFORMED_PARTNER_KEY, "not base64") from error
