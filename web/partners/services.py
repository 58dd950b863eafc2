"""What the views of partners use, fitted together by ``web.wiring.partners``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from web.partners.door import PartnerDoor
from web.partners.limits import RequestQuota
from web.partners.request_names import NamedRequests
from web.partners.token_desk import TokenDesk

_PORT = re.compile(r":[^\]]*$")
"""Behind a host's name or an IPv6 address in brackets."""


@dataclass(frozen=True, slots=True)
class PartnerServices:
    """The partners' door and what belongs to it.

    Args:
        door: lets requests in.
        tokens: gives access tokens.
        quota: counts requests.
        named: answers a named request once.
        base_url: our address, without a final slash.
        certificate_header: in which a trusted proxy passes client certificates on; empty where
            none does.
    """

    door: PartnerDoor
    tokens: TokenDesk
    quota: RequestQuota
    named: NamedRequests
    base_url: str
    certificate_header: str = ""

    def issuer(self, scheme: str) -> str:
        """Return our name as authorization server to whoever came by a scheme.

        Certificates point to status documents by plain HTTP (RFC 5280 section 8), so ``base_url``
        often has ``http``, while partners come by TLS. RFC 8414 section 3.3: the name is the one
        that the metadata were fetched by.

        Args:
            scheme: of the request, as a trusted proxy tells it.
        """
        return over_tls(self.base_url) if scheme == "https" else self.base_url


def over_tls(address: str) -> str:
    """Return an address by TLS; the same where it names a port, which TLS can't be at."""
    parts = urlsplit(address)
    if parts.scheme != "http" or _PORT.search(parts.netloc):
        return address
    return urlunsplit(parts._replace(scheme="https"))
