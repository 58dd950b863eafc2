"""Files that somebody uploaded and has not confirmed yet: in memory only, for a while, for one.

Nothing of a person reaches a disk before somebody said that it shall be kept; whoever waits too
long, or whose service is started anew, chooses the file again.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

MAX_HELD_OCTETS = 256 * 1024 * 1024
_KEPT_FOR = timedelta(minutes=30)


class UploadsFull(Exception):
    """Too many files wait to be confirmed."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that waits.

    Args:
        octets: its content.
        name: as the browser called it; shown, never opened.
        operator: who may see and confirm it.
        purpose: which page holds it; no other one takes it.
        until: when it is dropped.
        findings: what the page made of it, so that it is looked at once; goes with the file.
    """

    octets: bytes = field(repr=False)
    name: str
    operator: str
    purpose: str
    until: datetime
    findings: dict[Hashable, object] = field(default_factory=dict, repr=False, compare=False)


class HeldUploads:
    """Holds files until they are confirmed, within a bound for all of them together.

    Args:
        max_octets: of all files that wait.
    """

    def __init__(self, max_octets: int = MAX_HELD_OCTETS) -> None:
        self._max_octets = max_octets
        self._held: OrderedDict[str, Upload] = OrderedDict()
        self._lock = Lock()

    def hold(self, octets: bytes, name: str, *, operator: str, purpose: str, at: datetime) -> str:
        """Hold a file; an operator's older one for the same purpose makes way.

        Returns:
            Its random identifier.

        Raises:
            UploadsFull: too many octets wait already.
        """
        upload = Upload(octets, name[-120:], operator, purpose, at + _KEPT_FOR)
        with self._lock:
            self._drop(at, operator, purpose)
            if len(octets) + sum(len(one.octets) for one in self._held.values()) > self._max_octets:
                raise UploadsFull
            key = secrets.token_urlsafe(18)
            self._held[key] = upload
        return key

    def find(self, key: str, *, operator: str, purpose: str, at: datetime) -> Upload | None:
        """Return a file that this operator holds for this purpose, or None."""
        with self._lock:
            found = self._held.get(key)
        if found is None or found.until < at:
            return None
        return found if (found.operator, found.purpose) == (operator, purpose) else None

    def forget(self, key: str) -> None:
        """Drop a file; harmless where there is none."""
        with self._lock:
            self._held.pop(key, None)

    def _drop(self, at: datetime, operator: str, purpose: str) -> None:
        gone = [
            key
            for key, one in self._held.items()
            if one.until < at or (one.operator, one.purpose) == (operator, purpose)
        ]
        for key in gone:
            del self._held[key]
