"""Requests that were refused, in the audit log: the first at once, the others by their number.

An attack leaves its trace, and whoever makes it can't fill the log: for each caller, endpoint and
reason there is one entry a minute, which says how many were refused since the one before. What was
sent is not kept: it may hold anything.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Flask, Response, current_app, g, request

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.clock import Clock
from cardsvc.errors import CardsvcError
from web.openapi.operation import operation_of
from web.request_id import request_id

_LOG = logging.getLogger(__name__)
_EVERY = timedelta(minutes=1)
_MOST = 512
"""Callers, endpoints and reasons that are told apart at a time."""
_TOLD = frozenset({400, 401, 403, 413, 415, 422, 429})
"""What no well-made program meets; that there is no such card (404) is an answer like any."""
_NOBODY = "unknown"


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was refused.

    Args:
        caller: agent or partner; ``unknown`` where nobody was recognised.
        endpoint: method and route, without what a caller wrote into the path.
        status: of HTTP.
        reason: as the problem document says.
    """

    caller: str
    endpoint: str
    status: int
    reason: str


@dataclass(slots=True)
class _Count:
    told_at: datetime
    since: int = 0


class RefusalLog:
    """Counts refusals and tells of them. Safe to share between threads.

    Args:
        record: appends to the audit log.
        every: how long there is one entry for what is alike.
    """

    def __init__(self, record: Callable[[AuditEvent], None], every: timedelta = _EVERY) -> None:
        self._record = record
        self._every = every
        self._lock = threading.Lock()
        self._counts: OrderedDict[Refusal, _Count] = OrderedDict()

    def note(self, refusal: Refusal, name: str, at: datetime) -> None:
        """Count a refusal; tell of it where it is time to.

        Args:
            refusal: what was refused.
            name: of the request.
            at: the instant.

        Raises:
            CardsvcError: the log can't be written to.
        """
        told = self._due(refusal, at)
        if told:
            facts: dict[str, str | int | bool | None] = {
                "status": refusal.status,
                "reason": refusal.reason,
                "count": told,
                "request_id": name,
            }
            event = AuditEvent(
                at, refusal.caller, AuditAction.REQUESTS_REFUSED, refusal.endpoint, facts
            )
            self._record(event)

    def _due(self, refusal: Refusal, at: datetime) -> int:
        """Return how many to tell of, 0 where it is not time yet."""
        with self._lock:
            count = self._counts.get(refusal)
            if count is not None and at - count.told_at < self._every:
                count.since += 1
                return 0
            told = 1 if count is None else count.since + 1
            self._counts[refusal] = _Count(at)
            self._counts.move_to_end(refusal)
            if len(self._counts) > _MOST:
                self._counts.popitem(last=False)
            return told


def register_refusals(app: Flask, refusals: RefusalLog, clock: Clock) -> None:
    """Note what the APIs refuse; pages for people have their own rules."""

    @app.after_request
    def note(response: Response) -> Response:
        reason = g.get("refused_for")
        view = current_app.view_functions.get(request.endpoint or "")
        if response.status_code in _TOLD and reason and operation_of(view) is not None:
            rule = "" if request.url_rule is None else request.url_rule.rule
            refusal = Refusal(
                g.get("caller", _NOBODY), f"{request.method} {rule}", response.status_code, reason
            )
            try:
                refusals.note(refusal, request_id(), clock.now())
            except CardsvcError as error:
                # the caller gets the answer all the same
                _LOG.error("refusal not recorded: %s", error.reason.value)
        return response
