"""Answers that may not be kept on a disk, for as long as somebody may ask for them again.

The commands of a card's personalisation hold its codes. Their conversation lives in one process,
and so do they.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta

from cardsvc.partner_records import KeptAnswer, RequestClaim, RequestName

HELD = timedelta(minutes=5)
"""A conversation that stands still for so long is given up."""
_MOST = 500


@dataclass(slots=True)
class _Held:
    request_sha256: bytes
    until: datetime
    answer: KeptAnswer | None = None


class PassingAnswers:
    """Claims requests and holds answers in memory. Implements ``web.partners.ports.AnswerBook``."""

    def __init__(self) -> None:
        self._held: OrderedDict[RequestName, _Held] = OrderedDict()
        self._lock = threading.Lock()

    def claim(
        self, name: RequestName, request_sha256: bytes, at: datetime
    ) -> RequestClaim | KeptAnswer:
        """Claim a request, or return what became of it."""
        with self._lock:
            self._forget(at)
            found = self._held.get(name)
            if found is None or found.until <= at:
                self._held[name] = _Held(request_sha256, at + HELD)
                self._held.move_to_end(name)
                while len(self._held) > _MOST:
                    self._held.popitem(last=False)
                return RequestClaim.FIRST
            if found.request_sha256 != request_sha256:
                return RequestClaim.ANOTHER_REQUEST
            return found.answer or RequestClaim.RUNNING

    def conclude(self, name: RequestName, answer: KeptAnswer) -> None:
        """Hold the answer to a claimed request."""
        with self._lock:
            found = self._held.get(name)
            if found is not None and found.answer is None:
                found.answer = answer

    def release(self, name: RequestName) -> None:
        """Give a claim back: nothing was done, and the request may be sent again."""
        with self._lock:
            found = self._held.get(name)
            if found is not None and found.answer is None:
                del self._held[name]

    def _forget(self, at: datetime) -> None:
        """Let go what nobody may ask for any more: the codes of cards are in it."""
        while self._held and next(iter(self._held.values())).until <= at:
            self._held.popitem(last=False)
