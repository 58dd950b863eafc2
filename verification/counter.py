"""Decides for many callers at once: who comes while others are decided shares the next commit.

Verification is computation, and one interpreter computes one thing at a time; what callers can
share is the wait for the disk and the look-ups. So one of them decides for all who wait.
"""

from __future__ import annotations

from collections.abc import Sequence

from cardsvc.group_commit import GroupCommit
from verification.decide import Asked, DecisionDesk, Settled, decide_all


class DecisionCounter:
    """Decides presentations; each is on record, durably, when its caller is answered.

    Args:
        desk: the ports of a decision.
    """

    def __init__(self, desk: DecisionDesk) -> None:
        self._desk = desk
        self._group: GroupCommit[Asked, Settled] = GroupCommit(self._decide)

    def decide(self, asked: Asked) -> Settled:
        """Decide one presentation.

        Raises:
            CardsvcError: a port failed; the presentation is not decided then.
        """
        (settled,) = self._group.submit([asked])
        return settled

    def decide_batch(self, asked: Sequence[Asked]) -> Sequence[Settled]:
        """Decide many presentations of one caller, in one transaction.

        Raises:
            CardsvcError: a port failed; none of them is decided then.
        """
        return self._group.submit(asked)

    def _decide(self, asked: Sequence[Asked]) -> Sequence[Settled]:
        return decide_all(self._desk, asked)
