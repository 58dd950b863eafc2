"""What the pages of visitor passes may use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cardsvc.pass_records import VisitorPass
from verification.flows.visitor_desk import VisitorDesk


class PassList(Protocol):
    """Lists passes; ``cardsvc.store.visitor_passes.SqlVisitorPasses`` is one."""

    def find(self, pass_id: str) -> VisitorPass | None:
        """Return a pass, or None."""
        ...

    def latest(
        self, limit: int, *, relying_party: str = "", after: str = ""
    ) -> Sequence[VisitorPass]:
        """Return passes, those first that end last, behind the one named by ``after``."""
        ...


@dataclass(frozen=True, slots=True)
class VisitorServices:
    """The use cases behind the pages of visitor passes.

    Args:
        desk: issues and revokes passes.
        passes: lists them.
    """

    desk: VisitorDesk
    passes: PassList
