"""Serves the application with granian: one worker process, several threads.

One worker, because personalisation jobs live in its memory (issuance/desk.py).
"""

from __future__ import annotations

import os

from flask import Flask
from granian import Granian
from granian.constants import Interfaces

from web.app import create_app
from web.bootstrap import open_installation
from web.settings import Settings, load_settings

_THREADS = 8


def application() -> Flask:
    """Return the application as the environment says; called in the worker process."""
    return create_app(open_installation(load_settings()).services)


def run(settings: Settings) -> None:
    """Serve until the process is told to stop."""
    os.environ.update(settings.as_environment())
    Granian(
        "web.server:application",
        factory=True,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=_THREADS,
    ).serve()
