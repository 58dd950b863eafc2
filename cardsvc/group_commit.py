"""Group commit: what many callers want written at once goes into one transaction.

A durable commit waits for the disk, and the audit log's head lets one writer in at a time. Who
comes while another writes waits, and the next transaction takes all who wait along. The first of
them writes for the rest, so that there is no thread to start, to stop or to lose at a fork.

Callers who were answered together tend to come again together. The first of them would write alone,
and the others wait for its commit; so it waits for them, a moment at most (PostgreSQL's
``commit_delay`` does alike). Whoever comes alone waits for nobody.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from cardsvc.errors import Malformed

Item = TypeVar("Item")
Result = TypeVar("Result")

MOST_AT_ONCE = 256
"""Items of one transaction; bounds how long a writer holds the log's head."""
GATHERING_SECONDS = 0.002
"""How long after a group was answered its callers are waited for: about what a commit takes."""


@dataclass(slots=True, eq=False)
class _Caller(Generic[Item, Result]):
    """A caller's items, and the lock on which it sleeps until they are written or it leads."""

    items: Sequence[Item]
    sleeps: threading.Lock = field(default_factory=threading.Lock)
    results: Sequence[Result] | None = None
    failure: BaseException | None = None


class GroupCommit(Generic[Item, Result]):
    """Writes the items of many callers in few transactions.

    Args:
        write: writes items in one transaction and returns a result for each; durable when it
            returns, and nothing is written when it raises.
        gathering_seconds: how long those who were answered together are waited for.
    """

    def __init__(
        self,
        write: Callable[[Sequence[Item]], Sequence[Result]],
        *,
        gathering_seconds: float = GATHERING_SECONDS,
    ) -> None:
        self._write = write
        self._gathering_seconds = gathering_seconds
        self._lock = threading.Lock()
        self._waiting: deque[_Caller[Item, Result]] = deque()
        self._somebody_leads = False
        self._expected = 1
        self._expected_until = 0.0
        self._gathering: threading.Lock | None = None

    def submit(self, items: Sequence[Item]) -> Sequence[Result]:
        """Write items, all in one transaction; return when they are durable.

        Raises:
            BaseException: whatever ``write`` raised; nothing of these items is written then. What
                is ill-formed in another caller's items does no harm to these.
        """
        caller: _Caller[Item, Result] = _Caller(items)
        caller.sleeps.acquire()
        with self._lock:
            self._waiting.append(caller)
            leads, self._somebody_leads = not self._somebody_leads, True
            if self._gathering is not None and len(self._waiting) >= self._expected:
                self._gathering.release()
                self._gathering = None
        if not leads:
            caller.sleeps.acquire()  # until written, or the lead is ours
        if caller.results is None and caller.failure is None:
            self._lead()
        if caller.failure is not None:
            raise caller.failure
        return caller.results or ()

    def _lead(self) -> None:
        """Write for all who wait, ourselves first, and pass the lead on."""
        self._gather()
        with self._lock:
            group = self._next_group()
        try:
            self._write_for(group)
        finally:
            with self._lock:
                heir = self._waiting[0] if self._waiting else None
                self._somebody_leads = heir is not None
                self._expected = len(group)
                self._expected_until = time.monotonic() + self._gathering_seconds
            for caller in group[1:]:
                caller.sleeps.release()
            if heir is not None:
                heir.sleeps.release()

    def _gather(self) -> None:
        """Wait until as many callers are here as were answered last, or they had their time."""
        with self._lock:
            left = self._expected_until - time.monotonic()
            if left <= 0 or len(self._waiting) >= self._expected:
                return
            self._gathering = gathering = threading.Lock()
            gathering.acquire()
        gathering.acquire(timeout=left)
        with self._lock:
            self._gathering = None

    def _next_group(self) -> list[_Caller[Item, Result]]:
        group = [self._waiting.popleft()]
        size = len(group[0].items)
        while self._waiting and size + len(self._waiting[0].items) <= MOST_AT_ONCE:
            group.append(self._waiting.popleft())
            size += len(group[-1].items)
        return group

    def _write_for(self, group: Sequence[_Caller[Item, Result]]) -> None:
        try:
            results = self._write([item for caller in group for item in caller.items])
        except Malformed as malformed:
            if len(group) == 1:
                group[0].failure = malformed
                return
            for caller in group:  # one of them is to blame; the others are not to suffer
                self._write_for([caller])
        except BaseException as error:  # noqa: BLE001 - raised again in every caller's own thread
            for caller in group:
                caller.failure = error
        else:
            start = 0
            for caller in group:
                caller.results = results[start : start + len(caller.items)]
                start += len(caller.items)
