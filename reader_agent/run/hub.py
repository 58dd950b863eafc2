"""The agent's own event bus: who has something to tell never waits for who listens."""

from __future__ import annotations

import threading
import time
from collections import deque
from types import TracebackType
from typing import Self

from reader_agent.run.happenings import Happening

QUEUE_LENGTH = 256
"""Happenings that one listener may be behind; then it loses the oldest and is told so."""


class Subscription:
    """What one listener has not heard yet, in order. Made by ``Hub.subscribe``."""

    def __init__(self, hub: Hub, types: tuple[type[Happening], ...]) -> None:
        self._hub = hub
        self._types = types
        self._waiting: deque[Happening] = deque(maxlen=QUEUE_LENGTH)
        self._changed = threading.Condition()
        self._closed = False

    def get(self, timeout: float | None = None) -> Happening | None:
        """Return the oldest happening not heard yet.

        Args:
            timeout: how many seconds to wait for one; None waits until there is one.

        Returns:
            None where there was none in that time, or the subscription is closed.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._changed:
            while not self._waiting and not self._closed:
                left = None if deadline is None else deadline - time.monotonic()
                if left is not None and left <= 0:
                    return None
                self._changed.wait(left)
            return self._waiting.popleft() if self._waiting else None

    def close(self) -> None:
        """Hear no more; who waits in ``get`` returns."""
        self._hub.drop(self)
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def tell(self, happening: Happening) -> None:
        """Take a happening, where it is of a type that was asked for; called by the hub."""
        if self._types and not isinstance(happening, self._types):
            return
        with self._changed:
            self._waiting.append(happening)
            self._changed.notify()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Hub:
    """Hands each happening to everybody who subscribed to its type, in one order for all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._subscriptions: tuple[Subscription, ...] = ()

    def publish(self, happening: Happening) -> None:
        """Tell all who listen; returns without waiting for any of them."""
        with self._lock:
            for subscription in self._subscriptions:
                subscription.tell(happening)

    def subscribe(self, *types: type[Happening]) -> Subscription:
        """Listen to happenings of these types from now on; without any, to all.

        Subscribe before you look at a state that happenings change, or you miss one.
        """
        subscription = Subscription(self, types)
        with self._lock:
            self._subscriptions = (*self._subscriptions, subscription)
        return subscription

    def drop(self, subscription: Subscription) -> None:
        """Tell one listener no more; harmless twice."""
        with self._lock:
            self._subscriptions = tuple(
                one for one in self._subscriptions if one is not subscription
            )
