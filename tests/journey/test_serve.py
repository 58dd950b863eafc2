"""``cardsvc serve`` for real: started, used by command line and agent, stopped, started again."""

from __future__ import annotations

import hashlib
import json
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3
from click.testing import CliRunner

from cardsvc.terms import CardType
from reader_agent.cli import main as reader_agent
from tests.support.installations import open_cheaply
from tests.support.served import Served, free_port, run_cardsvc, serving_process
from web.cli import main as cardsvc
from web.settings import Settings

DOCUMENTS = [f"/status/{name}.cer" for name in ("root", *CardType)] + ["/.well-known/jwks.json"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A fresh data folder, with a vault that opens quickly."""
    folder = tmp_path_factory.mktemp("house") / "data"
    open_cheaply(Settings(data_dir=folder)).close()
    return {
        "CARDSVC_DATA_DIR": str(folder),
        "CARDSVC_TESTERS_REALM": str(folder.parent / "realm.json"),
    }


@pytest.fixture(scope="module")
def served(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    log = tmp_path_factory.mktemp("log") / "first.log"
    with serving_process(environment, log) as running:
        yield running


def published(url: str) -> list[str]:
    http = urllib3.PoolManager()
    found = [http.request("GET", url + path) for path in DOCUMENTS]
    http.clear()
    assert [answer.status for answer in found] == [200] * len(DOCUMENTS)
    return [hashlib.sha256(answer.data).hexdigest() for answer in found]


def command(environment: dict[str, str], *arguments: str) -> str:
    result = CliRunner().invoke(cardsvc, arguments, env=environment)
    assert result.exit_code == 0, result.output
    return result.output.strip()


def tap(environment: dict[str, str], url: str, token_file: Path) -> dict[str, object]:
    result = CliRunner().invoke(
        reader_agent,
        [
            "tap", "--reader", "virtual:good", "--service-url", url,
            "--token-file", str(token_file), "--relying-party", "benh-vien",
            "--service", "tiep-don", "--json",
        ],
        env=environment,
    )  # fmt: skip
    assert result.exit_code == 1, result.output
    answer: dict[str, object] = json.loads(result.output)
    return answer


def test_a_second_service_does_not_start(environment: dict[str, str], served: Served) -> None:
    ports = (str(urlsplit(served.url).port), str(free_port()))
    for port, why in zip(ports, ("in use", "another cardsvc serves"), strict=True):
        status, printed = run_cardsvc(environment | {"CARDSVC_PORT": port}, "serve")
        assert (status, printed.count("\n")) == (1, 1), printed
        assert printed.startswith("Error: ")
        assert why in printed


def test_the_data_folder_is_its_owners_alone(environment: dict[str, str], served: Served) -> None:
    folder = Path(environment["CARDSVC_DATA_DIR"])
    for path in (folder, *folder.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), (path, oct(mode))


def test_a_service_is_used_stopped_and_started_again(
    environment: dict[str, str], served: Served, tmp_path: Path
) -> None:
    before = published(served.url)
    enrol = ("--name", "Ki-ốt", "--operator", "quan-tri")
    token = command(environment, "agent", "enrol", "ki-ot", *enrol)
    command(environment, "partner", "enrol", "benh-vien", *enrol)
    command(environment, "partner", "policy", "benh-vien", "tiep-don", "--operator", "quan-tri")
    token_file = tmp_path / "token"
    token_file.write_text(token)
    # a card of another house: genuine for its own, unknown here
    assert tap(environment, served.url, token_file)["code"] == "card_not_valid"

    _shout_nonsense(served.url)
    assert tap(environment, served.url, token_file)["code"] == "card_not_valid"

    assert served.stop() == 0
    assert "Traceback" not in served.printed
    assert token not in served.printed

    with serving_process(environment, tmp_path / "second.log") as again:
        assert published(again.url) == before
        assert tap(environment, again.url, token_file)["code"] == "card_not_valid"
        assert again.stop(signal.SIGINT) == 0
    assert "Traceback" not in again.printed
    assert command(environment, "audit", "verify").startswith("✓")


def _shout_nonsense(url: str) -> None:
    """Octets that are no HTTP, or hardly; the server may answer or hang up, but lives."""
    address = urlsplit(url)
    start = b"POST /agent/v1/challenges HTTP/1.1\r\nHost: x\r\n"
    for octets in (
        b"\x16\x03\x01\x02\x00" + bytes(100),
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /%ff%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        start + b"Authorization: Bearer \xff\xfe\r\nConnection: close\r\n\r\n",
        start + b"Content-Length: 99999999999999999999\r\n\r\n",
        start + b"Content-Length: -1\r\nConnection: close\r\n\r\n",
        start + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        start + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
    ):
        with socket.create_connection((address.hostname or "", address.port or 0), 5) as line:
            line.settimeout(1)
            try:
                line.sendall(octets)
                line.shutdown(socket.SHUT_WR)
                answer = line.recv(65_536)
            except OSError:
                continue
            assert b" 50" not in answer[:15], (octets, answer)
