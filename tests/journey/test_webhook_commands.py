"""Webhooks from the command line: added, listed, shut off, their secrets changed, sent again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.command_line import CommandLine, serve_command_line

BY = ("--operator", "quan-tri")
URL = "https://his.benhvien.example/events"


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    with serve_command_line(tmp_path_factory.mktemp("service")) as running:
        yield running


def test_a_webhook_s_life(line: CommandLine) -> None:
    line.cardsvc("partner", "enrol", "benh-vien", "--name", "Bệnh viện", *BY)
    assert "http" in line.cardsvc("webhook", "add", "benh-vien", "http://h/", *BY, status=1)
    assert "no partner" in line.cardsvc("webhook", "add", "thue", URL, *BY, status=1)
    added, secret = line.cardsvc("webhook", "add", "benh-vien", URL, *BY).splitlines()
    assert secret.startswith("whsec_")
    shown, total = line.cardsvc("webhook", "list").splitlines()
    assert shown == f"{added}\tbenh-vien\tenabled\t–\t0\t{URL}"
    assert total == "waiting 0, given up 0"
    again, changed = line.cardsvc("webhook", "rotate", added, *BY).splitlines()
    assert (again, changed == secret) == (added, False)
    line.cardsvc("webhook", "disable", added, *BY)
    assert "\tdisabled\t" in line.cardsvc("webhook", "list")
    line.cardsvc("webhook", "enable", added, *BY)
    assert line.cardsvc("webhook", "dead") == ""
    assert line.cardsvc("webhook", "redeliver", added, "--event", "1", *BY) == "0"
    for command in ("disable", "enable", "rotate"):
        assert "no webhook" in line.cardsvc("webhook", command, "none", *BY, status=1)
    events = line.cardsvc("audit", "show", "--subject", added)
    assert "webhook.secret_rotated" in events
    assert secret.removeprefix("whsec_") not in events
