"""The activation code: the transport PIN that a holder gets with the card, and changes at once."""

from __future__ import annotations

from datetime import datetime

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.card.guid import CardGuid
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import CardState
from issuance.ports import CardSecrets, IssuanceStore


def show_activation_code(
    store: IssuanceStore,
    secrets: CardSecrets,
    guid: CardGuid,
    *,
    operator: str,
    at: datetime,
    again: bool = False,
) -> str:
    """Return an issued card's activation code, once; the audit log says to whom.

    Args:
        store: the records.
        secrets: derive the code.
        guid: the card.
        operator: who is shown the code.
        at: the instant.
        again: the first slip was lost; is in the audit as such.

    Raises:
        IssuanceError: no such card, not handed over or already activated, or shown before
            without ``again`` (ILLEGAL_TRANSITION).
    """
    with store.transaction() as unit:
        card = unit.card(guid)
        if card.state is not CardState.ISSUED:
            raise IssuanceError(
                ReasonCode.ILLEGAL_TRANSITION,
                f"the card is {card.state.value}; a code is shown between hand-over and activation",
            )
        shown = unit.was_recorded(AuditAction.CARD_CODE_SHOWN, str(guid))
        if shown and not again:
            raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, "the code was shown before")
        unit.record(
            AuditEvent(
                require_utc(at), operator, AuditAction.CARD_CODE_SHOWN, str(guid), {"again": shown}
            )
        )
    # only once the event is committed
    return secrets.transport_pin(guid)
