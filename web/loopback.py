"""Serves an application from threads of this process, on loopback.

For the demonstration, measurements and tests; ``server.py`` is what a province runs.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, *_args: object, **_kwargs: object) -> None:
        """Say nothing; nobody audits this server's requests."""


@contextmanager
def on_loopback(application: Flask, *, quiet: bool = True, port: int = 0) -> Iterator[str]:
    """Serve until the block ends; give the address.

    Args:
        application: what to serve.
        quiet: log no request.
        port: 0 for any that is free.
    """
    handler = _QuietHandler if quiet else None
    server = make_server("127.0.0.1", port, application, threaded=True, request_handler=handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
