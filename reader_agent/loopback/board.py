"""Tells any number of pages how something stands, by server-sent events.

Every message is the whole state, so who comes late or again needs nothing else, and who is slow
misses states, never the newest. Spec: WHATWG HTML section 9.2 (server-sent events).
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from typing import Any

_LOOK_SECONDS = 1.0
"""How often a silent stream looks whether its reader has gone."""
_LOOKS_A_BEAT = 10
"""A comment is sent every so many looks, so that a dead connection is noticed."""
MOST_FOLLOWERS = 8
"""More pages than a kiosk ever has; each holds a thread of the server."""


class Board:
    """Something that pages follow.

    Args:
        render: returns the state as it stands.
    """

    def __init__(self, render: Callable[[], dict[str, Any]]) -> None:
        self._render = render
        self._instance = secrets.token_hex(4)
        self._changed = threading.Condition()
        self._number = 0
        self._closed = False
        self._followers: list[object] = []

    def changed(self) -> None:
        """Tell all followers how it stands now."""
        with self._changed:
            self._number += 1
            self._changed.notify_all()

    def close(self) -> None:
        """End all streams."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def follow(self, gone: Callable[[], bool] = lambda: False) -> Iterator[bytes]:
        """Yield the state, and again whenever it changes, as events on the wire.

        Where there are too many followers the eldest is let go; a page that lives comes back.

        Args:
            gone: tells whether the reader of the stream has left.
        """
        ticket = object()
        with self._changed:
            self._followers = [*self._followers, ticket][-MOST_FOLLOWERS:]
        seen, looks = -1, 0
        try:
            while True:
                number = self._await(seen)
                if gone() or not self._follows(ticket):
                    return
                if number != seen:
                    seen, looks = number, 0
                    yield self._event(number)
                elif (looks := looks + 1) % _LOOKS_A_BEAT == 0:
                    yield b":\n\n"
        finally:
            with self._changed:
                self._followers = [one for one in self._followers if one is not ticket]

    def _await(self, seen: int) -> int:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._number != seen, _LOOK_SECONDS)
            return self._number

    def _follows(self, ticket: object) -> bool:
        with self._changed:
            return not self._closed and any(one is ticket for one in self._followers)

    def _event(self, number: int) -> bytes:
        told = {"instance": self._instance, "number": number} | self._render()
        data = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
        return f"id: {self._instance}-{number}\nevent: screen\ndata: {data}\n\n".encode()
