"""Who calls: a partner, and under which name its own readers answer."""

from __future__ import annotations

from web.auth import bearer
from web.services import Services


def partner(services: Services) -> str:
    """Return the partner that calls.

    Raises:
        Unauthenticated: no token, or nobody's.
    """
    return bearer(services.access.relying_party_by_token)


def reader_of(relying_party: str) -> str:
    """Name a partner's own readers as one agent; the prefix keeps them apart from ours."""
    return f"partner:{relying_party}"
