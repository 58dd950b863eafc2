"""What can go wrong between a client and the service; no error is ever a decision."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_MOST_SHOWN = 200
_WHOLE = re.compile("[0-9]{1,7}")


class ClientError(Exception):
    """The root of this package's errors."""


class Unreachable(ClientError):
    """No answer: no network, no such host, TLS refused, or too late."""


class UnexpectedAnswer(ClientError):
    """The answer is not as the contract says; the service may be of another version."""


class ClockOff(ClientError):
    """Our clock and the service's are too far apart for a signed assertion.

    Args:
        seconds: by how much ours is ahead.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the clock is {seconds:+.0f} s away from the service's")
        self.seconds = seconds


class InvalidReceipt(ClientError):
    """A receipt is none, or its signature or audience is wrong."""


class Refused(ClientError):
    """The service refused a request with a problem document (RFC 9457).

    Args:
        status: of HTTP.
        reason: stable, for programs.
        title: for a developer.
        detail: what to change, for a developer; empty where it does not say.
        request_id: names the request in the service's log.
        retry_after_seconds: when to come again; None where it does not say.
        date: the service's clock as the answer's Date has it; empty where it does not say.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        *,
        title: str = "",
        detail: str = "",
        request_id: str = "",
        retry_after_seconds: int | None = None,
        date: str = "",
    ) -> None:
        super().__init__(f"HTTP {status}: {reason} {detail or title}".strip())
        self.status = status
        self.reason = reason
        self.title = title
        self.detail = detail
        self.request_id = request_id
        self.retry_after_seconds = retry_after_seconds
        self.date = date


class RequestInvalid(Refused):
    """400, 413, 415, 422: the request is not as it must be; sending it again changes nothing."""


class NotAuthorised(Refused):
    """401: no token, or nobody's."""


class NotAllowed(Refused):
    """403: not for this caller."""


class NotFound(Refused):
    """404, 410: there is no such thing, or no longer."""


class Conflict(Refused):
    """409: not in this state."""


class TooManyRequests(Refused):
    """429: come again after ``retry_after_seconds``."""


class ServiceUnavailable(Refused):
    """5xx: the service can't now."""


_KINDS = {
    400: RequestInvalid,
    401: NotAuthorised,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    410: NotFound,
    413: RequestInvalid,
    415: RequestInvalid,
    422: RequestInvalid,
    429: TooManyRequests,
}


def refusal(status: int, body: bytes, headers: Mapping[str, str]) -> Refused:
    """Return the error of an answer that is none of success.

    Args:
        status: of HTTP.
        body: a problem document; what is none (a proxy's page) gets the reason ``http_error``.
        headers: of the answer.
    """
    problem = _problem(body)
    kind = _KINDS.get(status, ServiceUnavailable if status >= 500 else Refused)
    after = headers.get("Retry-After", "")
    return kind(
        status,
        problem.get("reason") or problem.get("error") or "http_error",
        title=problem.get("title") or problem.get("error_description") or "",
        detail=problem.get("detail") or "",
        request_id=headers.get("X-Request-Id", ""),
        retry_after_seconds=int(after) if _WHOLE.fullmatch(after) else None,
        date=headers.get("Date", ""),
    )


def _problem(body: bytes) -> dict[str, str]:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(value, dict):
        return {}
    return {name: one[:_MOST_SHOWN] for name, one in value.items() if isinstance(one, str)}
