"""What the views of partners use, fitted together by ``web.wiring.partners``."""

from __future__ import annotations

from dataclasses import dataclass

from web.partners.door import PartnerDoor
from web.partners.limits import RequestQuota
from web.partners.request_names import NamedRequests
from web.partners.token_desk import TokenDesk


@dataclass(frozen=True, slots=True)
class PartnerServices:
    """The partners' door and what belongs to it.

    Args:
        door: lets requests in.
        tokens: gives access tokens.
        quota: counts requests.
        named: answers a named request once.
        base_url: our address, without a final slash; our name as authorization server.
        certificate_header: in which a trusted proxy passes client certificates on; empty where
            none does.
    """

    door: PartnerDoor
    tokens: TokenDesk
    quota: RequestQuota
    named: NamedRequests
    base_url: str
    certificate_header: str = ""
