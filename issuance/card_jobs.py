"""Jobs of a desk about a card that is finished: activation, unblocking, a new PIN."""

from __future__ import annotations

from datetime import datetime

from cardsvc.access_records import PersonalisationJob
from cardsvc.card.guid import CardGuid
from cardsvc.clock import require_utc
from cardsvc.desk_records import JobKind
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import CardState
from issuance.orders import OrderState
from issuance.ports import IssuanceStore, JobStore

NEEDED_STATE = {
    JobKind.ACTIVATE: (CardState.ISSUED,),
    JobKind.SET_PIN: (CardState.ACTIVE,),
    JobKind.UNBLOCK: (CardState.ISSUED, CardState.ACTIVE),
}
"""The card's state that a job makes sense in."""


def place_card_job(
    store: IssuanceStore,
    jobs: JobStore,
    kind: JobKind,
    guid: CardGuid,
    *,
    job_id: str,
    agent: str,
    operator: str,
    at: datetime,
) -> None:
    """Keep a job about a finished card, for a desk's agent.

    Raises:
        IssuanceError: no such card (CARD_UNKNOWN), or not in a state for it (ILLEGAL_TRANSITION).
        StoreError: the identifier is in use (CONCURRENT_CHANGE).
    """
    with store.transaction() as unit:
        card = unit.card(guid)
    if card.state not in NEEDED_STATE[kind]:
        raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, f"the card is {card.state.value}")
    jobs.add(
        PersonalisationJob(
            id=job_id,
            application_id=card.application_id,
            agent=agent,
            operator=operator,
            state=OrderState.OPEN.value,
            plan={},
            created_at=require_utc(at),
            updated_at=require_utc(at),
            kind=kind,
            guid=guid,
        )
    )
