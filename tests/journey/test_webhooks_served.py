"""``cardsvc serve`` calls a partner's webhook by itself, and again after it was killed."""

from __future__ import annotations

import base64
import contextlib
import hmac
import json
import os
import signal
import time
from pathlib import Path

import urllib3

from tests.support.installations import open_cheaply
from tests.support.served import Served, run_cardsvc, serving_process
from tests.support.webhook_receivers import (
    Receiver,
    answer_in_turn,
    answer_with,
    receiving,
)
from web.settings import Settings

BY = ("--operator", "quan-tri")
SECONDS = 30.0


def deny_one(served: Served, token: str) -> None:
    """Have a decision made about a card that is none."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    asked = {"relying_party": "benh-vien", "service": "tiep-don", "level": "X1"}
    challenge = urllib3.request(
        "POST", f"{served.url}/api/v1/challenges", json=asked, headers=headers
    ).json()
    given = {"nonce": challenge["nonce"], "objects": {"5FC101": "AAAA"}, "proofs": {"9E": "AAAA"}}
    answer = urllib3.request(
        "POST", f"{served.url}/api/v1/presentations", json=given, headers=headers
    )
    assert answer.json()["granted"] is False


def kill(served: Served) -> None:
    """Kill the service, its worker with it."""
    children = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children")
    workers = [int(one) for one in children.read_text("ascii").split()]
    served.stop(signal.SIGKILL)
    for worker in workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, signal.SIGKILL)


def await_calls(receiver: Receiver, wanted: int) -> None:
    deadline = time.monotonic() + SECONDS
    while len(receiver.calls) < wanted:
        assert time.monotonic() < deadline, len(receiver.calls)
        time.sleep(0.05)


def test_a_webhook_is_called_and_called_again_after_a_kill(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    open_cheaply(Settings(data_dir=folder)).close()
    answers = answer_in_turn(answer_with("204 Fine"), answer_with("500 No"), answer_with("204 Ok"))
    with receiving(tmp_path / "receiver", answers) as receiver:
        environment = {
            "CARDSVC_DATA_DIR": str(folder),
            "CARDSVC_WEBHOOK_NETWORKS": "127.0.0.0/8",
            "CARDSVC_WEBHOOK_CA_FILE": str(receiver.ca_file),
        }

        def command(*arguments: str) -> str:
            status, printed = run_cardsvc(environment, *arguments)
            assert status == 0, printed
            return printed.strip()

        token = command("partner", "enrol", "benh-vien", "--name", "Bệnh viện", *BY)
        command("partner", "policy", "benh-vien", "tiep-don", "--level", "X1", *BY)
        _, secret = command("webhook", "add", "benh-vien", receiver.url, *BY).splitlines()
        with serving_process(environment, tmp_path / "first.log") as served:
            deny_one(served, token)
            await_calls(receiver, 1)
            deny_one(served, token)
            await_calls(receiver, 2)
            kill(served)
        with serving_process(environment, tmp_path / "second.log") as again:
            await_calls(receiver, 3)
            lines = [json.loads(line) for line in again.printed.splitlines() if line[:1] == "{"]
        assert any(line.get("route") == "/readyz" for line in lines)
    ids = [call.headers["webhook-id"] for call in receiver.calls]
    assert ids == ["benh-vien-1", "benh-vien-2", "benh-vien-2"]
    last = receiver.calls[-1]
    signed = f"{ids[-1]}.{last.headers['webhook-timestamp']}.".encode() + last.body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    assert last.headers["webhook-signature"] == f"v1,{expected}"
    assert json.loads(last.body)["data"]["granted"] is False
