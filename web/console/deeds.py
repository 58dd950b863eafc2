"""What can be done to a record: one button, one page that asks once more, one use case."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from cardsvc.access_records import Operator, Role
from web.console.languages import Text
from web.console.navigation import ROLE_TEXTS


@dataclass(frozen=True, slots=True)
class Deed:
    """A button of a record's page.

    Args:
        name: in addresses.
        event: the step of the transition table.
        roles: whose work it is; one of them is enough.
        text: on the button.
        asks: on the page that asks once more.
        tells: what follows from it.
        done: what the next page says.
        kind: how the button looks.
        grave: the second factor is asked for again, unless it was shown lately.
    """

    name: str
    event: StrEnum
    roles: frozenset[Role]
    text: Text
    asks: Text
    tells: Text
    done: Text
    kind: str = "secondary"
    grave: bool = False


@dataclass(frozen=True, slots=True)
class Offered:
    """A deed that the record's state allows; ``why_not`` says why this operator can't."""

    deed: Deed
    why_not: Text | None


def lacks_role(deed: Deed, operator: Operator) -> Text | None:
    """Return whose work a deed is, where it is not the operator's."""
    if deed.roles & operator.roles:
        return None
    texts = [ROLE_TEXTS[role] for role in sorted(deed.roles)]
    vi, en = ", ".join(one.vi for one in texts), ", ".join(one.en for one in texts)
    return Text(f"Việc này dành cho vai trò: {vi}.", f"This is for another role: {en}.")
