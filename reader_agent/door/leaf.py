"""The leaf of a door: how it stands, for how long, and how many may still go through."""

from __future__ import annotations

from reader_agent.door.moves import DoorEvent
from reader_agent.door.rules import DoorRules


class Leaf:
    """What the contact and the counter tell.

    Args:
        rules: of the door.
    """

    def __init__(self, rules: DoorRules) -> None:
        self._rules = rules
        self._is_open: bool | None = None if rules.has_contact else False
        self._since: float | None = None
        self._people = 0
        self._alarms: set[DoorEvent] = set()
        self.has_moved = False
        """Whether it was opened since the door was unlocked."""

    @property
    def is_open(self) -> bool:
        """Whether it is known to be open."""
        return self._is_open is True

    @property
    def is_shut(self) -> bool:
        """Whether it is known to be shut; true where nothing tells."""
        return self._is_open is False

    @property
    def is_alarmed(self) -> bool:
        """Whether an alarm stands until it is shut."""
        return bool(self._alarms)

    def move(self, seconds: float, *, is_open: bool) -> bool:
        """Note how the leaf stands; False where that was known."""
        if is_open is self._is_open:
            return False
        self.has_moved = self._is_open is not None  # the first word tells how it stood before
        self._is_open = is_open
        self._since = seconds if is_open else None
        return True

    def restart(self, seconds: float) -> None:
        """Count the time that it stands open from now on."""
        if self.is_open:
            self._since = seconds

    def stands_too_long(self, seconds: float) -> bool:
        """Tell whether it stands open for too long, and no alarm was given."""
        return (
            self._since is not None
            and DoorEvent.HELD_OPEN not in self._alarms
            and seconds - self._since >= self._rules.held_open_seconds
        )

    def let_in(self, people: int) -> None:
        """Let so many more go through."""
        self._people += people
        self.has_moved = False

    def let_nobody_in(self) -> None:
        """Whoever goes through from now on was not let in."""
        self._people = 0

    def passed(self) -> bool:
        """Count one who went through; False where nobody was let in who had not passed yet."""
        if self._people == 0:
            return False
        self._people -= 1
        return True

    def alarm(self, event: DoorEvent) -> None:
        """Keep an alarm up until the leaf is shut; where nothing tells, it is given once."""
        if self._rules.has_contact:
            self._alarms.add(event)

    def calm(self) -> bool:
        """End all alarms; tell whether there was one."""
        had, self._alarms = bool(self._alarms), set()
        return had
