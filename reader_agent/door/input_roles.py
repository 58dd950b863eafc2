"""What an input at a door tells, at a pin or at a reader."""

from __future__ import annotations

from enum import StrEnum, unique

from reader_agent.door.moves import (
    ContactMoved,
    ExitAsked,
    GuardConfirmed,
    GuardSwitched,
    Happening,
    PersonPassed,
    TailgateSeen,
)


@unique
class Input(StrEnum):
    """What an input tells. An input is active while its circuit is closed."""

    CONTACT = "contact"
    """Closed while the leaf is shut: a wire that is cut says that the door is open."""
    EXIT = "exit"
    TAILGATE = "tailgate"
    PASSAGE = "passage"
    GUARD = "guard"
    """Closed while the guard has the door."""
    CONFIRM = "confirm"


_EDGES: dict[Input, Happening] = {
    Input.EXIT: ExitAsked(),
    Input.TAILGATE: TailgateSeen(),
    Input.PASSAGE: PersonPassed(),
    Input.CONFIRM: GuardConfirmed(),
}


def told_by(role: Input, *, is_active: bool) -> Happening | None:
    """Return what a change of an input means; None where its end means nothing."""
    if role is Input.CONTACT:
        return ContactMoved(is_open=not is_active)
    if role is Input.GUARD:
        return GuardSwitched(is_on=is_active)
    return _EDGES[role] if is_active else None
