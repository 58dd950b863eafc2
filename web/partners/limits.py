"""How many requests a partner may send: so many a minute, so many a day.

Counts are kept in the database, for all processes together; each takes a twentieth of the limit at
once, so that few requests write. Libraries for it keep their counts in one process, or in a server
of their own (Redis, memcached).

Spec: RFC 6585 section 4 (429), RFC 9110 section 10.2.3 (Retry-After),
draft-ietf-httpapi-ratelimit-headers-10 (RateLimit, RateLimit-Policy).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.partner_records import RequestLimits
from web.partners.ports import RequestWindows

_MINUTE, _DAY = ("minute", 60), ("day", 86_400)
_PARTS = 20


@dataclass(frozen=True, slots=True)
class WindowState:
    """How one window stands after a request.

    Args:
        kind: its name.
        seconds: how long such a window is.
        limit: how many requests it lets through.
        left: how many it still has, as far as this process knows.
        ends_in: seconds until the next one begins.
    """

    kind: str
    seconds: int
    limit: int
    left: int
    ends_in: int


class TooManyRequests(CardsvcError):
    """The partner has had all that was agreed; the fullest window says when to come again."""

    def __init__(self, states: Sequence[WindowState]) -> None:
        super().__init__(ReasonCode.TOO_MANY_REQUESTS, "more requests than were agreed")
        self.states = states
        self.retry_after_seconds = states[-1].ends_in


@dataclass(slots=True)
class _Lease:
    """What this process may still give out of a window."""

    starts_at: datetime
    limit: int
    mine: int = 0
    others: int | None = None


@dataclass(slots=True)
class _Party:
    lock: threading.Lock = field(default_factory=threading.Lock)
    leases: dict[str, _Lease] = field(default_factory=dict)


class RequestQuota:
    """Lets requests through while there are some left.

    Args:
        windows: counts them.
    """

    def __init__(self, windows: RequestWindows) -> None:
        self._windows = windows
        self._lock = threading.Lock()
        self._parties: dict[str, _Party] = {}

    def take(
        self, relying_party: str, limits: RequestLimits, at: datetime
    ) -> Sequence[WindowState]:
        """Count one request.

        Args:
            relying_party: an enabled partner.
            limits: what was agreed with it.
            at: the instant.

        Raises:
            TooManyRequests: there is none left.
        """
        with self._lock:
            party = self._parties.setdefault(relying_party, _Party())
        states: list[WindowState] = []
        with party.lock:
            for (kind, seconds), limit in ((_MINUTE, limits.per_minute), (_DAY, limits.per_day)):
                passed = int(at.timestamp()) % seconds
                starts_at = datetime.fromtimestamp(int(at.timestamp()) - passed, UTC)
                lease = party.leases.get(kind)
                if lease is None or (lease.starts_at, lease.limit) != (starts_at, limit):
                    lease = party.leases[kind] = _Lease(starts_at, limit)
                through = self._take(relying_party, kind, lease)
                left = lease.mine + (lease.others or 0)
                states.append(WindowState(kind, seconds, limit, left, seconds - passed))
                if not through:
                    raise TooManyRequests(states)
        return states

    def _take(self, relying_party: str, kind: str, lease: _Lease) -> bool:
        if lease.mine == 0 and lease.others != 0:
            wanted = max(1, lease.limit // _PARTS)
            lease.mine, lease.others = self._windows.take(
                relying_party, kind, lease.starts_at, wanted=wanted, limit=lease.limit
            )
        if lease.mine == 0:
            return False
        lease.mine -= 1
        return True


def rate_limit_headers(states: Sequence[WindowState]) -> dict[str, str]:
    """Return what an answer says of its caller's limits (the draft's sections 3 and 4)."""
    return {
        "RateLimit-Policy": ", ".join(
            f'"{one.kind}";q={one.limit};w={one.seconds}' for one in states
        ),
        "RateLimit": ", ".join(f'"{one.kind}";r={one.left};t={one.ends_in}' for one in states),
    }
