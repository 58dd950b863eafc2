"""A tiny fault run holds, and what does not hold is told."""

from __future__ import annotations

import socket
import threading

import pytest

from bench.cut_network import CutNetwork
from bench.faults import Fault, FaultCards, FaultRun, run_faults, table, verdict
from bench.parts import issue_cards
from bench.stage import open_stage

SEED = 3103
"""Its dice: torn, granted, locked while known, agent killed, granted, network cut, revoked, pcscd
killed."""


@pytest.mark.pcsc
def test_a_few_taps_with_faults_hold() -> None:
    with open_stage() as stage:
        cards, _ = issue_cards(stage, range(3))
        run = run_faults(stage, FaultCards(*cards), 8, seed=SEED, answer_seconds=30)
    assert run.holds, verdict(run)
    assert run.known >= run.known_refused >= 1, "the card that is locked is known by then"
    assert sum(run.outcomes.values()) == 8
    assert table(run).row_count == len(run.outcomes)


@pytest.mark.parametrize(
    "run",
    [FaultRun(wrong_grants=1), FaultRun(silent=1), FaultRun(lost=1), FaultRun(twice=1)],
)
def test_what_must_not_be_is_said(run: FaultRun) -> None:
    run.outcomes[Fault.NONE, "granted: granted"] += 1
    assert not run.holds
    assert verdict(run).endswith("DOES NOT HOLD")


def test_a_network_that_is_cut_lets_nothing_through_until_it_is_mended() -> None:
    with socket.create_server(("127.0.0.1", 0)) as service:
        threading.Thread(target=_echo, args=(service,), daemon=True).start()
        with CutNetwork(f"http://127.0.0.1:{service.getsockname()[1]}") as network:
            port = int(network.url.rpartition(":")[2])
            assert _ask(port) == b"hello"
            network.cut()
            assert _ask(port) == b""
            network.mend()
            assert _ask(port) == b"hello"


def _echo(service: socket.socket) -> None:
    while True:
        try:
            caller, _ = service.accept()
        except OSError:
            return
        with caller:
            caller.sendall(caller.recv(100))


def _ask(port: int) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as asking:
            asking.settimeout(5)
            asking.sendall(b"hello")
            return asking.recv(100)
    except ConnectionError:
        return b""
