"""What time it is, told by what the service signed and by a clock that nobody can set.

Once something signed has come, the time is that of its signature plus what has passed since on the
monotonic clock: setting the machine's clock, back or forward, changes nothing any more. After a
restart, before anything has come, only the machine's clock knows how long we were off. It is
believed, but never to be earlier than the last moment that we know of: a clock set back a year
makes nothing fresh. A clock that is ahead after a restart ages what we have, which a zone may
answer with PIN, guard or refusal and which the first contact mends; it opens nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cardsvc.clock import Clock

_UNDER_WAY = timedelta(seconds=30)
"""What came just now may have been signed so long ago: the service signs every ten seconds."""


@dataclass(frozen=True, slots=True)
class _Anchor:
    signed_at: datetime
    seconds: float


class TrustedTime:
    """Implements ``cardsvc.clock.Clock``. Safe to share between threads.

    Args:
        machine: the machine's clock.
        monotonic: seconds that no clock change moves.
        latest: the last moment known before a restart; None for none.
    """

    def __init__(
        self, machine: Clock, monotonic: Callable[[], float], latest: datetime | None = None
    ) -> None:
        self._machine, self._monotonic = machine, monotonic
        self._lock = threading.Lock()
        self._anchor: _Anchor | None = None
        self._latest = latest

    def now(self) -> datetime:
        """Return the time."""
        with self._lock:
            if self._anchor is not None:
                return self._since(self._anchor)
            machine = self._machine.now()
            return machine if self._latest is None else max(machine, self._latest)

    @property
    def is_certain(self) -> bool:
        """Whether something signed has told the time since the start."""
        with self._lock:
            return self._anchor is not None

    @property
    def latest(self) -> datetime | None:
        """The last moment that is known for certain; to be kept over a restart.

        The machine's clock never goes into it: one that is a year ahead would for ever be.
        """
        with self._lock:
            if self._anchor is None:
                return self._latest
            passed = self._since(self._anchor)
            return passed if self._latest is None else max(passed, self._latest)

    def reference(self) -> datetime | None:
        """Return the time that something new may be judged by; None where we have no idea.

        A machine's clock that is behind what we know for certain is no clock.
        """
        with self._lock:
            if self._anchor is not None:
                return self._since(self._anchor)
            machine = self._machine.now()
            return None if self._latest is not None and machine < self._latest else machine

    def witness(self, signed_at: datetime) -> None:
        """Take the time of something that the service signed and that came just now."""
        with self._lock:
            if self._anchor is not None:
                ahead = self._since(self._anchor) - signed_at
                if timedelta() <= ahead <= _UNDER_WAY:
                    return
            self._anchor = _Anchor(signed_at, self._monotonic())

    def _since(self, anchor: _Anchor) -> datetime:
        return anchor.signed_at + timedelta(seconds=self._monotonic() - anchor.seconds)
