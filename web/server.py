"""Serves the application with granian: one worker process, several threads.

One worker, because personalisation jobs live in its memory (issuance/desk.py). The server would
share its port with another one silently, so that is looked at first.
"""

from __future__ import annotations

import os
import socket
import sys
from multiprocessing.util import Finalize

from flask import Flask
from granian import Granian
from granian.constants import Interfaces

from web.app import create_app
from web.bootstrap import open_installation
from web.collector import spare_what_stays
from web.events.background import CourierThread
from web.housekeeping.background import HousekeepingThread
from web.housekeeping_wiring import wire_housekeeping
from web.logs import log_in_json
from web.one_process import ServedAlready, serving
from web.settings import Settings, load_settings
from web.tracing import open_exporting_provider, register_tracing
from web.wiring.events import open_courier

_THREADS = 32
"""They wait for the disk most of the time, and those who wait together share a commit."""


class CannotServe(Exception):
    """The service can't be given at that address; the message says why in one line."""


def application() -> Flask:
    """Return the application as the environment says; called in the worker process."""
    settings = load_settings()
    if settings.log_format == "json":
        log_in_json(sys.stderr)
    installation = open_installation(settings)
    keeper = HousekeepingThread(wire_housekeeping(installation))
    keeper.start()
    Finalize(None, keeper.stop, exitpriority=0)  # a worker process runs no atexit functions
    courier = CourierThread(
        open_courier(
            installation.settings,
            installation.database,
            installation.services.events,
            installation.webhook_secret,
            installation.clock,
        )
    )
    courier.start()
    Finalize(None, courier.stop, exitpriority=0)
    installation.services.console.registry.runner.resume()
    traced = installation.settings.traces == "otlp"
    app = create_app(installation.services, tap_lane=not traced)
    if traced:
        register_tracing(app, open_exporting_provider())
    spare_what_stays()
    return app


def run(settings: Settings) -> None:
    """Serve until the process is told to stop.

    Raises:
        CannotServe: there is no such address or it is in use, or another process serves this
            data folder.
    """
    address = free_address(settings.host, settings.port)
    os.environ.update(settings.as_environment())
    try:
        with serving(settings.data_dir):
            _serve(address, settings.port)
    except ServedAlready as error:
        raise CannotServe(str(error)) from error


def _serve(address: str, port: int) -> None:
    Granian(
        "web.server:application",
        factory=True,
        address=address,
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=_THREADS,
    ).serve()


def free_address(host: str, port: int) -> str:
    """Return the numeric address of a host on which nobody listens at that port.

    Raises:
        CannotServe: no such host here, or the port is in use or reserved.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise CannotServe(f"{host}:{port}: {why}") from error
    return str(address[0])
