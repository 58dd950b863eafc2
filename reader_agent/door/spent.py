"""What was used once and opens nothing again."""

from __future__ import annotations

from collections import deque

_KEPT = 4096
"""Far more than a door sees while a tap or an order is fresh; older ones are late anyway."""


class Spent:
    """Remembers the numbers of permits and the identifiers of orders."""

    def __init__(self) -> None:
        self._known: set[int | str] = set()
        self._order: deque[int | str] = deque()

    def take(self, key: int | str) -> bool:
        """Use a key up; False where it was used before."""
        if key in self._known:
            return False
        self._known.add(key)
        self._order.append(key)
        if len(self._order) > _KEPT:
            self._known.discard(self._order.popleft())
        return True
