"""The problem documents of all our HTTP endpoints (RFC 9457)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from cardsvc.wire.kinds import Number, Text
from cardsvc.wire.message import Message

CONTENT_TYPE = "application/problem+json"
"""RFC 9457 section 6.1."""
TYPE_PREFIX = "urn:cardsvc:reason:"


@dataclass(frozen=True, slots=True)
class ProblemMessage(Message):
    """Why a request was refused."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "type": "urn:cardsvc:reason:access_denied",
        "title": "a valid bearer token is needed",
        "status": 401,
        "reason": "access_denied",
        "request_id": "5e0c1f0a9c7b4f0d8a1e2b3c4d5e6f70",
    }

    type: Annotated[str, Text(about="a URN of the reason")]
    title: Annotated[str, Text(500, about="for a developer; holds no personal data")]
    status: Annotated[int, Number(400, 599)]
    reason: Annotated[str, Text(about="stable, for programs")]
    request_id: Annotated[str, Text(64, about="what the log and the audit know the request by")]
