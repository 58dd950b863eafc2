"""Serves an application on 127.0.0.1 as a part of the agent, with waitress.

No access log is written: what is asked for here may hold a PIN in its body, and who asked is this
machine. Bodies are bounded; the longest is a sentence.
"""

from __future__ import annotations

import socket
import threading
from typing import Any

from flask import Flask
from waitress import create_server, wasyncore

from reader_agent import platform
from reader_agent.loopback.board import MOST_FOLLOWERS

_THREADS = 2 * MOST_FOLLOWERS + 4
"""Each follower of a board keeps one; there are two boards, and requests besides."""
_MAX_BODY_OCTETS = 16 * 1024
_LOOK_SECONDS = 0.5


class LoopbackServer:
    """Listens on loopback. Implements ``Part``.

    Args:
        app: what to serve.
        port: where.
    """

    name = "loopback"

    def __init__(self, app: Flask, port: int) -> None:
        self._app = app
        self._port = port

    def run(self, stop: threading.Event) -> None:
        """Serve until told to stop.

        Raises:
            OSError: the port is in use.
        """
        channels: dict[int, Any] = {}
        server = create_server(
            self._app,
            map=channels,
            sockets=[_listen(self._port)],
            threads=_THREADS,
            ident=None,
            max_request_body_size=_MAX_BODY_OCTETS,
            # read ahead, so that a page that has left is noticed
            channel_request_lookahead=1,
            channel_timeout=60,
            asyncore_use_poll=True,
        )
        try:
            while not stop.is_set():
                wasyncore.loop(timeout=_LOOK_SECONDS, use_poll=True, map=channels, count=1)
        finally:
            server.task_dispatcher.shutdown(cancel_pending=True, timeout=1)
            wasyncore.close_all(channels, ignore_all=True)


def _listen(port: int) -> socket.socket:
    handed = platform.handed_socket(port)
    if handed is not None:
        return handed
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if not hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            # past connections keep the port a while; Windows would share it with anybody
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
    except BaseException:
        listening.close()
        raise
    return listening
