"""A stock keeper's day from the command line: delivery, desk, card, damage, count, closing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cardsvc.errors import ReasonCode
from tests.support.command_line import CommandLine, serve_command_line

BY = ("--operator", "tam")


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    with serve_command_line(tmp_path_factory.mktemp("service"), "enforce") as running:
        yield running


def test_a_stock_keepers_day(line: CommandLine, tmp_path: Path) -> None:
    def stock(*arguments: str, status: int = 0) -> str:
        return line.cardsvc("stock", *arguments, status=status)

    token = line.cardsvc("agent", "enrol", "ban-1", "--name", "Bàn", "--operator", "quan-tri")
    stock("keeper", "kho", "--name", "Kho tỉnh", "--site", "tru-so", *BY)
    stock("keeper", "ban-1", "--name", "Bàn 1", "--site", "tru-so", *BY)
    assert stock("keepers").splitlines()[0].startswith("ban-1\ttru-so")
    box = ("--keeper", "kho", "--product", "PIV-80K", "--box", "HOP-1", "--delivery-note", "PN-1")
    assert stock("receive", "PHOI-0001..PHOI-0100", *box, *BY).startswith("100")
    refused = stock("receive", "PHOI-0100..PHOI-0101", *box, *BY, status=1)
    assert refused.startswith("Error: blank_known")
    scanned = tmp_path / "scanned.txt"
    scanned.write_text("PHOI-0001\r\nPHOI-0002\r\nPHOI-0003..PHOI-0006\r\n")
    assert stock("issue", "--file", str(scanned), "--to", "ban-1", *BY) == "6\tin_stock"

    form = tmp_path / "form.toml"
    form.write_text(line.cardsvc("application", "form", "individual"))
    application = line.cardsvc("application", "request", str(form), "--operator", "lan")
    line.cardsvc("application", "approve", application, "--operator", "hung")
    order = ("desk", "open-job", application, "--agent", "ban-1", "--operator", "mai")
    assert "blank_required" in line.cardsvc(*order, status=1)
    assert "blank_not_in_stock" in line.cardsvc(*order, "--blank", "PHOI-0050", status=1)
    assert "malformed_blank_serial" in line.cardsvc(*order, "--blank", "phôi", status=1)
    job = line.cardsvc(*order, "--blank", "PHOI-0001")
    card, secret = tmp_path / "card.json", tmp_path / "token"
    secret.write_text(token)
    line.agent("virtual", "new", str(card), "--short")
    service = ("--service-url", line.url, "--token-file", str(secret))
    line.agent("personalise", "--reader", f"virtual:{card}", *service, "--job", job)
    assert "used\tban-1" in stock("show", "PHOI-0001")

    assert stock("hold", "PHOI-0002", "--reason", "lot_check", *BY) == "1\theld"
    stock("release", "PHOI-0002", *BY)
    stock("spoil", "PHOI-0003", "--reason", "bent", *BY)
    record = ("--reference", "BB-1/2026")
    alone = ("--witness", "Tam", *BY)
    assert "same_operator" in stock("destroy", "PHOI-0003", *record, *alone, status=1)
    stock("destroy", "PHOI-0003", *record, "--witness", "thanh-tra", *BY)
    assert "BB-1/2026" in stock("show", "PHOI-0003")
    assert "ban-1" in stock("totals", "--site", "tru-so")
    listed = stock("list", "--keeper", "ban-1", "--state", "in_stock")
    assert [row.split()[0] for row in listed.splitlines()] == [
        "PHOI-0002",
        "PHOI-0004",
        "PHOI-0005",
        "PHOI-0006",
    ]

    desk = ("--keeper", "ban-1")
    assert "stock_not_counted" in stock("close-day", *desk, *BY, status=1)
    counted = stock("count", "PHOI-0002", "PHOI-0004..PHOI-0005", "PHOI-0007", *desk, *BY)
    assert counted.splitlines() == [
        "4 counted, 2 differ",
        "PHOI-0006\tmissing",
        "PHOI-0007\tsurplus",
    ]
    refused = stock("close-day", *desk, *BY, status=1)
    assert "PHOI-0006 missing, PHOI-0007 surplus" in refused
    stock("lose", "PHOI-0006", "--reference", "BB-2", "--witness", "thanh-tra", *BY)
    stock("issue", "PHOI-0007", "--to", "ban-1", *BY)
    closed = stock("close-day", *desk, *BY)
    assert closed.split("\t")[1] == "0 + 7 − 1 used − 1 spoiled − 0 destroyed − 1 gone = 4"
    assert closed in stock("days", *desk)
    assert "stock_day_closed" in stock("count", *desk, *BY, status=1)
    assert stock("balance", *desk).split("\t")[1].startswith("4 + 0")
    assert line.cardsvc("audit", "verify").startswith("✓")
    assert "stock.day_closed" in line.cardsvc("audit", "show", "--subject", "ban-1")


@pytest.mark.reason(ReasonCode.BLANK_UNKNOWN)
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("show", "PHOI-9999"), "in no book"),
        (("hold", "PHOI-9999", *BY), "blank_unknown"),
        (("balance", "--keeper", "nowhere"), "stock_keeper_unknown"),
        (("keeper", "a b", "--name", "x", "--site", "y", *BY), "malformed_message"),
        (("hold", *BY), "malformed_blank_serial"),
    ],
)
def test_a_slip_is_one_line_that_helps(
    line: CommandLine, arguments: tuple[str, ...], said: str
) -> None:
    output = line.cardsvc("stock", *arguments, status=1)
    assert said in output
    assert "Traceback" not in output
