"""Serves an application from threads of this process, on loopback.

For the demonstration, measurements and tests; ``server.py`` is what a province runs.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


class _QuietHandler(WSGIRequestHandler):
    def log_request(self, *_args: object, **_kwargs: object) -> None:
        """Say nothing; nobody audits this server's requests."""


def closed_in_any_case(application: WSGIApplication) -> WSGIApplication:
    """Close each answer, also where the caller went away: werkzeug's server forgets it then."""

    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = application(environ, start_response)
        try:
            yield from answer
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()

    return serve


@contextmanager
def on_loopback(application: Flask, *, quiet: bool = True, port: int = 0) -> Iterator[str]:
    """Serve until the block ends; give the address.

    Args:
        application: what to serve.
        quiet: log no request.
        port: 0 for any that is free.
    """
    handler = _QuietHandler if quiet else None
    server = make_server(
        "127.0.0.1", port, closed_in_any_case(application), threaded=True,
        request_handler=handler,
    )  # fmt: skip
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
