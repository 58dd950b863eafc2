"""Signs in and decides together what agents bring at the same moment.

What ``verification.counter`` does for the decision alone, this does for all that a presentation
asks of the database: who comes while others are served waits, and is then served with all who
wait. A thread that waits asks nothing of the interpreter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cardsvc.group_commit import GroupCommit
from cardsvc.wire.tap import PresentationMessage
from verification.decide import Asked, Settled
from web import taps
from web.decision_id import decision_id
from web.services import Services
from web.tap_lane.plain import PlainRequest
from web.tap_lane.sign_in import sign_in


@dataclass(frozen=True, slots=True)
class Brought:
    """What an agent brings: a request, and the message that is its body."""

    request: PlainRequest
    message: PresentationMessage


class TapCounter:
    """Serves agents' presentations; each is on record, durably, when its caller is answered.

    Args:
        services: the use cases.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._group: GroupCommit[Brought, Settled | None] = GroupCommit(self._serve)

    def settle(self, brought: Brought) -> Settled | None:
        """Decide what somebody brings; None where that is no agent, nothing is done then.

        Raises:
            CardsvcError: a port failed; it is not decided then.
        """
        (settled,) = self._group.submit([brought])
        return settled

    def _serve(self, brought: Sequence[Brought]) -> Sequence[Settled | None]:
        services = self._services
        at = services.clock.now()
        sign_in(services, [one.request for one in brought], at)
        asked = [
            Asked(
                taps.unverified(one.message, agent, one.request.name),
                decision_id(at, services.random_octets),
                at,
            )
            for one in brought
            if (agent := one.request.agent) is not None
        ]
        settled = iter(services.counter.decide_batch(asked) if asked else ())
        return [None if one.request.agent is None else next(settled) for one in brought]
