"""Tells a card of ours that refuses from one that holds another application.

Phones, bank and bus cards mostly say at SELECT that they know no PIV (6A82). Some answer 9000 to
any SELECT, and betray themselves only with the first command of PIV's.
"""

from __future__ import annotations

from cardsvc.card.commands import RefusedByCard
from cardsvc.card.status import StatusWord
from cardsvc.errors import ReasonCode

_KNOWS_NO_SUCH_COMMAND = frozenset({StatusWord.INS_UNSUPPORTED, StatusWord.CLA_UNSUPPORTED})
"""SP 800-73-5 Part 2 sections 3.1.2 and 3.2.1: every PIV card knows GET DATA and VERIFY."""


def refuse_other_application(status: StatusWord, what: str) -> None:
    """Do nothing for what a PIV card may answer to one of its commands.

    Args:
        status: the answer.
        what: was asked, for the log.

    Raises:
        RefusedByCard: NO_PIV_APPLICATION; it does not know the command.
    """
    if status in _KNOWS_NO_SUCH_COMMAND:
        raise RefusedByCard(ReasonCode.NO_PIV_APPLICATION, status, what)
