"""Whether the service can be reached, as the last one who tried has seen it."""

from __future__ import annotations

import threading

from cardsvc.clock import Clock
from cardsvc.errors import CardsvcError
from reader_agent.client import ServiceError
from reader_agent.run.happenings import NetworkBack, NetworkLost
from reader_agent.run.hub import Hub

_AWAY = frozenset({0, 502, 503, 504})
"""No answer, or one from a proxy before a service that is not there (RFC 9110 section 15.6)."""


class Network:
    """Kept by all who talk to the service. Safe to share between threads.

    Args:
        hub: is told of changes.
        clock: tells when.
    """

    def __init__(self, hub: Hub, clock: Clock) -> None:
        self._hub = hub
        self._clock = clock
        self._lock = threading.Lock()
        self._reachable: bool | None = None

    @property
    def reachable(self) -> bool:
        """False once a call has found nobody; true before the first one."""
        with self._lock:
            return self._reachable is not False

    def answered(self) -> None:
        """Note that the service has answered, be it to refuse."""
        with self._lock:
            if self._reachable is not True:
                self._reachable = True
                self._hub.publish(NetworkBack(self._clock.now()))

    def failed(self, error: CardsvcError) -> bool:
        """Note how a call failed; return whether the service was away.

        A refusal is an answer: an agent that was shut out must not take itself for offline.
        """
        if not isinstance(error, ServiceError) or error.status not in _AWAY:
            self.answered()
            return False
        with self._lock:
            if self._reachable is not False:
                self._reachable = False
                self._hub.publish(NetworkLost(self._clock.now()))
        return True
