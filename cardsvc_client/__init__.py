"""A typed client of the electronic-card service, for partners' programs.

::

    key = PartnerKey(url, "benh-vien", pem, "khoa-2026")
    with PartnerClient(url, "benh-vien", key) as client:
        challenge = client.open_challenge("tiep-don")
        decision = client.present(answer_of_the_card)
        if decision.granted: ...

It needs urllib3, PyJWT and cryptography, and nothing else of this repository.
"""

from cardsvc_client.answers import CardStatus, Challenge, Consent, Decision
from cardsvc_client.errors import (
    ClientError,
    ClockOff,
    Conflict,
    InvalidReceipt,
    NotAllowed,
    NotAuthorised,
    NotFound,
    Refused,
    RequestInvalid,
    ServiceUnavailable,
    TooManyRequests,
    UnexpectedAnswer,
    Unreachable,
)
from cardsvc_client.oauth import PartnerKey
from cardsvc_client.partner import PartnerClient
from cardsvc_client.passes import PassAnswer, Visit, VisitorPass
from cardsvc_client.receipts import verify_receipt
from cardsvc_client.sessions import CounterSession
from cardsvc_client.transport import StaticToken, Transport

__all__ = [
    "CardStatus",
    "Challenge",
    "ClientError",
    "ClockOff",
    "Conflict",
    "Consent",
    "CounterSession",
    "Decision",
    "InvalidReceipt",
    "NotAllowed",
    "NotAuthorised",
    "NotFound",
    "PartnerClient",
    "PartnerKey",
    "PassAnswer",
    "Refused",
    "RequestInvalid",
    "ServiceUnavailable",
    "StaticToken",
    "TooManyRequests",
    "Transport",
    "UnexpectedAnswer",
    "Unreachable",
    "Visit",
    "VisitorPass",
    "verify_receipt",
]
