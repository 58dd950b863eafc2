"""What answers say beside their content, whoever asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from cardsvc.wire.agent_proof import TIME_HEADER
from cardsvc.wire.fields import encode_instant

HARDENING: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
}
"""Fetch (nosniff), CSP Level 3, Referrer Policy; pages for people say their own of the last two."""


def said_to_agents(seconds: float, at: datetime) -> Mapping[str, str]:
    """Return what agents learn of the service: how long it took, and its time.

    They set their proofs' clock by it (RFC 9110 section 6.6.1).

    Args:
        seconds: since the request was taken up.
        at: the service's instant.
    """
    return {
        "Server-Timing": f"app;dur={1000 * seconds:.3f}",
        TIME_HEADER: encode_instant(at),
    }
