"""The problem documents of all our HTTP endpoints (RFC 9457)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from cardsvc.wire.kinds import Number, Text
from cardsvc.wire.message import Message

CONTENT_TYPE = "application/problem+json"
"""RFC 9457 section 6.1."""
TYPE_PREFIX = "urn:cardsvc:reason:"
MOST_DETAIL = 500


@dataclass(frozen=True, slots=True)
class ProblemMessage(Message):
    """Why a request was refused."""

    EXAMPLE: ClassVar[dict[str, Any] | None] = {
        "type": "urn:cardsvc:reason:malformed_message",
        "title": "malformed message",
        "status": 400,
        "reason": "malformed_message",
        "request_id": "5e0c1f0a9c7b4f0d8a1e2b3c4d5e6f70",
        "detail": "level is missing",
    }

    type: Annotated[str, Text(about="a URN of the reason")]
    title: Annotated[str, Text(500, about="for a developer; holds no personal data")]
    status: Annotated[int, Number(400, 599)]
    reason: Annotated[str, Text(about="stable, for programs")]
    request_id: Annotated[str, Text(64, about="what the log and the audit know the request by")]
    detail: Annotated[
        str | None, Text(MOST_DETAIL, about="what to change, for a developer; repeats no values")
    ] = None

    def as_object(self) -> dict[str, Any]:
        """Return the JSON object; where there is no detail it has none (section 3.1.4)."""
        found = Message.as_object(self)
        if self.detail is None:
            del found["detail"]
        return found
