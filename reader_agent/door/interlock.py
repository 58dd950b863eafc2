"""Doors of an air lock: of one group, no two may be open together."""

from __future__ import annotations

import threading


class Interlock:
    """Knows which doors of each group are shut and locked.

    A door that has not said how it stands counts as open. Exits are never held back by this.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._secure: dict[str, dict[str, bool]] = {}

    def join(self, group: str, door: str) -> None:
        """Make a door one of a group; without a group's name, none."""
        if group:
            with self._lock:
                self._secure.setdefault(group, {})[door] = False

    def tell(self, group: str, door: str, *, is_secure: bool) -> None:
        """Say whether a door is shut and locked."""
        if group:
            with self._lock:
                self._secure.setdefault(group, {})[door] = is_secure

    def take(self, group: str, door: str) -> bool:
        """Tell whether a door may open, and if so count it as open from now on."""
        if not group:
            return True
        with self._lock:
            doors = self._secure.setdefault(group, {})
            if not all(is_secure for name, is_secure in doors.items() if name != door):
                return False
            doors[door] = False
            return True
