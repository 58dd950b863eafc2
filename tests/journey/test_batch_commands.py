"""``cardsvc batch``: a plan for many cards, looked at, run, and one that is given up."""

from __future__ import annotations

from pathlib import Path

from tests.support.command_line import CommandLine, serve_command_line


def _active_card(line: CommandLine, folder: Path) -> str:
    """Issue a civil servant's card at a virtual desk; return its GUID."""
    token = folder / "token"
    token.write_text(line.cardsvc("agent", "enrol", "ban-1", "--name", "Bàn", "--operator", "q"))
    desk = ["--service-url", line.url, "--token-file", str(token)]
    form = folder / "form.toml"
    form.write_text(line.cardsvc("application", "form", "civil_servant"))
    application = line.cardsvc("application", "request", str(form), "--operator", "lan")
    line.cardsvc("application", "approve", application, "--operator", "hung")
    job = line.cardsvc("desk", "open-job", application, "--agent", "ban-1", "--operator", "mai")
    card = folder / "card.json"
    line.agent("virtual", "new", str(card))
    line.agent("personalise", "--reader", f"virtual:{card}", *desk, "--job", job)
    shown = line.cardsvc("application", "show", application)
    guid = next(text.split()[1] for text in shown.splitlines() if text.startswith("card "))
    line.cardsvc("card", "hand-over", guid, "--operator", "mai")
    return guid


def test_a_retirement_from_plan_to_end(tmp_path: Path) -> None:
    with serve_command_line(tmp_path / "data") as line:
        guid = _active_card(line, tmp_path)
        agency = next(
            part.split('"')[1]
            for part in (tmp_path / "form.toml").read_text().splitlines()
            if part.startswith("agency_code")
        )
        given_up, *_ = line.cardsvc(
            "batch", "plan", "leave", "--of-agency", agency, "--operator", "lan"
        ).split()
        line.cardsvc("batch", "cancel", given_up, "--operator", "lan")
        assert "illegal_transition" in line.cardsvc(
            "batch", "run", given_up, "--operator", "hung", status=1
        )
        planned, *counts = line.cardsvc(
            "batch", "plan", "retirement", "--of-agency", agency, "--operator", "lan"
        ).splitlines()
        assert counts == ["1\trevoke\tplanned"]
        assert f"{guid}\trevoke\tplanned" in line.cardsvc("batch", "show", planned, "--cards")
        assert line.cardsvc("batch", "run", planned, "--operator", "hung") == "✓ 1"
        assert line.cardsvc("batch", "run", planned, "--operator", "hung") == "✓ 0"  # twice is once
        assert "revoked" in line.cardsvc("card", "show", guid)
        listed = line.cardsvc("batch", "list")
        assert f"{planned}\tfinished\tretirement" in listed
        assert f"{given_up}\tcancelled\tleave" in listed
        assert "no batch" in line.cardsvc("batch", "show", "khong-co", status=1)
        assert "a batch touches either" in line.cardsvc(
            "batch", "plan", "retirement", "--operator", "lan", status=2
        )
