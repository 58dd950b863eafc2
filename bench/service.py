"""The service over HTTP: challenge and presentation, personalisation; SQLite in WAL mode."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from bench.measure import Measurement, median, p95
from bench.parts import Stopwatch
from bench.stage import AGENT, PIN, RELYING_PARTY, SERVICE, IssuedCard, Stage, blank_card
from cardsvc.terms import AssuranceLevel
from reader_agent.client import ServiceClient
from reader_agent.desk import relay_job
from reader_agent.tap import tap_card
from reader_agent.virtual.connection import connect_in_process
from web.app import create_app
from web.loopback import on_loopback

_START_SECONDS = 60.0


def werkzeug(stage: Stage) -> AbstractContextManager[str]:
    """Serve from threads of this process."""
    return on_loopback(create_app(stage.installation.services))


@contextmanager
def granian(stage: Stage) -> Iterator[str]:
    """Serve from a process of its own, as ``cardsvc serve`` does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | stage.installation.settings.as_environment()
    environment["CARDSVC_PORT"] = str(port)
    process = subprocess.Popen(
        [sys.executable, "-c", "from web.cli import main; main()", "serve"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(_START_SECONDS)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline or process.poll() is not None:
                msg = "the server did not start"
                raise RuntimeError(msg) from None
            time.sleep(0.05)
        else:
            return


def measure_round_trips(
    stage: Stage, issued: IssuedCard, url: str, server: str, bare_us: float, *, count: int = 100
) -> list[Measurement]:
    """Measure a challenge and a presentation; what the card does in between is not counted."""
    client = ServiceClient(url, stage.agent_token)
    times = []
    for _ in range(count):
        start = time.perf_counter_ns()
        challenge = client.open_challenge(RELYING_PARTY, SERVICE, AssuranceLevel.X1)
        asked = time.perf_counter_ns() - start
        connection = connect_in_process(issued.card)
        tap = tap_card(
            connection, message=challenge.message, nonce=challenge.nonce, agent=AGENT,
            level=AssuranceLevel.X1, ask_pin=lambda _tries: PIN,
        )  # fmt: skip
        connection.close()
        start = time.perf_counter_ns()
        decision = client.present(tap.presentation)
        times.append((time.perf_counter_ns() - start + asked) / 1e6)
        if not decision.granted:
            msg = f"denied: {decision.code}"
            raise RuntimeError(msg)
    detail = "two requests, one commit; bare: the core's signature operations"
    name, bare = f"decision over HTTP, {server}", bare_us / 1e3
    return [
        Measurement(f"{name}, p50", median(times), "ms", bare, detail),
        Measurement(f"{name}, p95", p95(times), "ms", bare, detail),
    ]


def measure_personalisation(stage: Stage, url: str, numbers: range) -> Measurement:
    """Measure the personalisation of one card, relayed over HTTP."""
    client = ServiceClient(url, stage.desk_token)
    times, in_card = [], []
    for number in numbers:
        job = stage.order(number)
        connection = Stopwatch(connect_in_process(blank_card()))
        start = time.perf_counter_ns()
        relayed = relay_job(client, job, connection)
        times.append((time.perf_counter_ns() - start) / 1e6)
        in_card.append(connection.milliseconds)
        connection.close()
        if relayed.state != "personalised":
            msg = f"the card ended as {relayed.state}"
            raise RuntimeError(msg)
    cost = f"{relayed.apdus} APDUs, {relayed.round_trips} round trips"
    detail = f"{cost}; bare: the virtual card's part"
    return Measurement(
        "personalisation over HTTP, werkzeug, p50", median(times), "ms", median(in_card), detail
    )
