"""What happened at a counter, in order, for any number of programs that listen.

Server-sent events (WHATWG HTML section 9.2): each has a number; who comes back says the last one
it heard and gets what came since, as far as memory goes. Nothing is kept on disk.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

KEPT = 256
_LOOK_SECONDS = 1.0
_LOOKS_A_BEAT = 10

Told = str | int | bool | None | Mapping[str, str | bool | None]


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """One thing that happened.

    Args:
        number: from 1, without gaps.
        kind: such as ``card_in``.
        data: what is told of it.
    """

    number: int
    kind: str
    data: Mapping[str, Told] = field(repr=False)

    def encode(self) -> bytes:
        """Return the event on the wire."""
        data = json.dumps(self.data, ensure_ascii=False, separators=(",", ":"))
        return f"id: {self.number}\nevent: {self.kind}\ndata: {data}\n\n".encode()


class Feed:
    """Keeps the newest events and hands them to who follows.

    Args:
        state: returns how it stands, told first to everybody who comes.
    """

    def __init__(self, state: Callable[[], Mapping[str, Told]]) -> None:
        self._state = state
        self._changed = threading.Condition()
        self._kept: deque[FeedEvent] = deque(maxlen=KEPT)
        self._number = 0

    def tell(self, kind: str, **data: Told) -> None:
        """Tell all who follow."""
        with self._changed:
            self._number += 1
            self._kept.append(FeedEvent(self._number, kind, data))
            self._changed.notify_all()

    def forget(self) -> None:
        """Forget what was told; numbers go on."""
        with self._changed:
            self._kept.clear()

    def follow(
        self, after: int | None = None, gone: Callable[[], bool] = lambda: False
    ) -> Iterator[bytes]:
        """Yield how it stands, then events as they come.

        Args:
            after: the last number heard; None begins with what comes next.
            gone: tells whether the reader of the stream has left.
        """
        with self._changed:
            heard = self._number if after is None else min(after, self._number)
            state = FeedEvent(heard, "state", self._state())
        yield state.encode()
        looks = 0
        while not gone():
            came = self._since(heard)
            for event in came:
                heard = event.number
                yield event.encode()
            looks = 0 if came else looks + 1
            if looks and looks % _LOOKS_A_BEAT == 0:
                yield b":\n\n"

    def _since(self, number: int) -> list[FeedEvent]:
        with self._changed:
            self._changed.wait_for(lambda: self._number > number, _LOOK_SECONDS)
            return [event for event in self._kept if event.number > number]
