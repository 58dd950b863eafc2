"""Who calls: a partner, and under which name its own readers answer."""

from __future__ import annotations

from cardsvc.partner_records import PartnerCaller, Scope
from web.auth import partner_caller
from web.services import Services


def partner(services: Services, scope: Scope) -> str:
    """Return the partner that calls, with a token that opens a scope.

    Raises:
        Unauthenticated: no token, or nobody's.
        ScopeMissing: the token was given for something else.
    """
    return partner_calling(services, scope).id


def partner_calling(services: Services, scope: Scope) -> PartnerCaller:
    """Return the partner that calls with its realm and limits; raises as ``partner``."""
    return partner_caller(services.partners, scope, services.clock.now())


def reader_of(relying_party: str) -> str:
    """Name a partner's own readers as one agent; the prefix keeps them apart from ours."""
    return f"partner:{relying_party}"
