"""What the service answers, as types.

Members that are not known are left aside: a newer service may add some. What is missing or of
another type is ``UnexpectedAnswer``.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cardsvc_client.errors import UnexpectedAnswer


@dataclass(frozen=True, slots=True)
class Consent:
    """What the holder must be shown before the PIN is asked for.

    Args:
        id: to be repeated in the presentation.
        vi: the text in Vietnamese.
        en: the same in English.
    """

    id: str
    vi: str
    en: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """A question to put to a card.

    Args:
        nonce: to be repeated in the presentation, base64url.
        message: the octets that the card signs.
        expires_at: no answer is taken from then on.
        consent: there where the service gets nothing without the holder's agreement.
        document: the JSON as it came, for ``reader-agent answer``.
    """

    nonce: str
    message: bytes
    expires_at: datetime
    consent: Consent | None
    document: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Decision:
    """The service's decision. It has no truth value: look at ``granted``.

    Args:
        granted: only True is a grant.
        code: ``granted``, or the public code of the denial.
        level: what was reached, such as ``X1``; None where nothing was.
        message_vi: for the screen, in Vietnamese.
        message_en: the same in English.
        receipt: a JWS; keep it.
        released: the values that were released, by attribute.
        pseudonym: our own name for the holder.
    """

    granted: bool
    code: str
    level: str | None
    message_vi: str
    message_en: str
    receipt: str
    released: Mapping[str, str | bool | None] = field(repr=False)
    pseudonym: str | None

    def __bool__(self) -> bool:
        """Refuse to be used as a condition: a denial is an object, too."""
        raise TypeError("a Decision has no truth value: look at granted")


@dataclass(frozen=True, slots=True)
class CardStatus:
    """Where a card stands; only ``active`` is ever granted anything.

    Args:
        state: its state.
        usable: whether any service is granted to it.
    """

    state: str
    usable: bool


def parse_json(body: bytes) -> dict[str, Any]:
    """Return the object that an answer is.

    Raises:
        UnexpectedAnswer: it is none.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise UnexpectedAnswer("not JSON") from error
    if not isinstance(value, dict):
        raise UnexpectedAnswer("not a JSON object")
    return value


def challenge_of(document: Mapping[str, Any]) -> Challenge:
    """Return the challenge that an answer is; raises ``UnexpectedAnswer``."""
    consent = document.get("consent")
    try:
        message = _text(document, "message")
        return Challenge(
            _text(document, "nonce"),
            base64.urlsafe_b64decode(message + "=" * (-len(message) % 4)),
            datetime.fromisoformat(_text(document, "expires_at")),
            None
            if consent is None
            else Consent(_text(consent, "id"), _text(consent, "vi"), _text(consent, "en")),
            document,
        )
    except (ValueError, AttributeError) as error:
        raise UnexpectedAnswer("not a challenge") from error


def decision_of(document: Mapping[str, Any]) -> Decision:
    """Return the decision that an answer is; raises ``UnexpectedAnswer``."""
    granted, released = document.get("granted"), document.get("released") or {}
    if not isinstance(granted, bool) or not isinstance(released, dict):
        raise UnexpectedAnswer("not a decision")
    return Decision(
        granted,
        _text(document, "code"),
        document.get("level"),
        _text(document, "message_vi"),
        _text(document, "message_en"),
        _text(document, "receipt"),
        released,
        document.get("pseudonym"),
    )


def status_of(document: Mapping[str, Any]) -> CardStatus:
    """Return where a card stands; raises ``UnexpectedAnswer``."""
    usable = document.get("usable")
    if not isinstance(usable, bool):
        raise UnexpectedAnswer("not a card's status")
    return CardStatus(_text(document, "state"), usable)


def _text(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise UnexpectedAnswer(f"{name} is missing")
    return value
