"""The port of the kiosk's page, where other programs of the machine would like to listen."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest
import urllib3

from reader_agent import platform
from tests.support.second_process import ROOT

AGENT = """
import os, sys, threading
os.dup2(int(sys.argv[1]), 3)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1")
from flask import Flask
from reader_agent.loopback.server import LoopbackServer
app = Flask("page")
app.get("/")(lambda: "the page")
for _ in range(2):  # as settings from afar begin the pages anew
    stop = threading.Event()
    thread = threading.Thread(target=LoopbackServer(app, int(sys.argv[2])).run, args=(stop,))
    thread.start()
    sys.stdin.readline()
    stop.set()
    thread.join()
    print("ended", flush=True)
    sys.stdin.readline()
"""


def test_the_port_that_systemd_holds_is_served_and_never_free_in_between() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-c", AGENT, str(held.fileno()), str(port)],
            pass_fds=[held.fileno()], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            for _ in range(2):
                answer = urllib3.request("GET", f"http://127.0.0.1:{port}/", timeout=120)
                assert answer.data == b"the page"
                print(file=process.stdin, flush=True)
                assert process.stdout.readline() == "ended\n"
                with socket.socket() as impostor, pytest.raises(OSError, match="in use"):
                    impostor.bind(("127.0.0.1", port))
                print(file=process.stdin, flush=True)
            assert process.wait(120) == 0
        finally:
            process.kill()


def test_sockets_of_another_process_or_of_another_port_are_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        monkeypatch.setattr(platform.posix, "_FIRST_HANDED", held.fileno())
        monkeypatch.setenv("LISTEN_FDS", "1")
        monkeypatch.setenv("LISTEN_PID", str(os.getppid()))
        assert platform.handed_socket(port) is None
        monkeypatch.setenv("LISTEN_PID", str(os.getpid()))
        assert platform.handed_socket(port + 1) is None
        with platform.handed_socket(port) or socket.socket() as found:
            assert found.getsockname() == ("127.0.0.1", port)
