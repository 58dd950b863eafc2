"""Whether a decision lets its screen show the holder's photo, and by which name that is fetched."""

from __future__ import annotations

from cardsvc.wire.tap import DecisionMessage
from cardsvc_client.errors import InvalidReceipt
from cardsvc_client.receipts import decision_named

_PORTRAIT = "portrait"


def released_portrait(decision: DecisionMessage) -> str | None:
    """Return the name under which the service hands the photo over; None where it hands out none.

    A decision that was made offline has none: a bundle holds no pictures.
    """
    if not decision.granted or decision.released.get(_PORTRAIT) is not True:
        return None
    try:
        return decision_named(decision.receipt)
    except InvalidReceipt:
        return None
