"""Identifiers of decisions: in the order of time, so that rows of one moment lie together.

Spec: RFC 9562 section 5.7 (UUID version 7).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_RANDOM_OCTETS = 10
_VERSION_7 = 0x7000
_VARIANT = 1 << 63


def decision_id(at: datetime, random_octets: Callable[[int], bytes]) -> str:
    """Return a fresh identifier: 48 bits of milliseconds since 1970, then 74 random bits.

    Args:
        at: the instant of the decision, UTC.
        random_octets: a cryptographic random source.
    """
    milliseconds = (at - _EPOCH) // _MILLISECOND
    random = int.from_bytes(random_octets(_RANDOM_OCTETS), "big")
    upper = milliseconds << 16 | _VERSION_7 | random >> 64 & 0xFFF
    lower = _VARIANT | random & (1 << 62) - 1
    return str(uuid.UUID(int=upper << 64 | lower))
