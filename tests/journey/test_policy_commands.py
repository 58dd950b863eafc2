"""``cardsvc policy``: a template from draft to activation and back, by two people."""

from __future__ import annotations

from pathlib import Path

from tests.support.command_line import serve_command_line
from tests.support.policies import policy_text
from verification.policy.templates import template_names


def test_a_policy_from_draft_to_rollback(tmp_path: Path) -> None:
    with serve_command_line(tmp_path) as line:
        line.cardsvc("partner", "enrol", "ubnd", "--name", "UBND", "--operator", "quan-tri")
        loaded = line.cardsvc("policy", "template", "load", "ubnd", "--all", "--operator", "lan")
        assert len(loaded.splitlines()) == len(template_names()) > 30
        service = ("ubnd", "library")
        assert "same_operator" in line.cardsvc(
            "policy", "activate", *service, "1", "--operator", "lan", status=1
        )
        line.cardsvc("policy", "activate", *service, "1", "--operator", "hung")
        file = tmp_path / "library.toml"
        file.write_text(policy_text().replace("tra-cuu-ho-so", "library"), "utf-8")
        assert "✓ library" in line.cardsvc("policy", "check", str(file))
        line.cardsvc("policy", "put", "ubnd", str(file), "--operator", "lan")
        assert "policy_not_rehearsed" in line.cardsvc(
            "policy", "activate", *service, "2", "--operator", "hung", status=1
        )
        tried = line.cardsvc("policy", "what-if", *service, "2", "--operator", "lan")
        assert tried == "0 decisions, 0 would change"
        line.cardsvc("policy", "activate", *service, "2", "--operator", "hung")
        assert "ubnd/library\tversion 2\tin force" in line.cardsvc("policy", "list", "ubnd")
        line.cardsvc("policy", "rollback", *service, "--operator", "lan")
        listed = line.cardsvc("policy", "list", "ubnd")
        assert "ubnd/library\tversion 1\tin force" in listed
        assert "ubnd/library\tversion 2\tformer" in listed
        assert "policy_unknown" in line.cardsvc(
            "policy", "activate", *service, "7", "--operator", "hung", status=1
        )


def test_an_explanation_on_a_holiday(tmp_path: Path) -> None:
    with serve_command_line(tmp_path) as line:
        file = tmp_path / "door.toml"
        file.write_text(line.cardsvc("policy", "template", "show", "civil-servant-door"), "utf-8")
        asked = ("policy", "explain", str(file), "--card-type", "civil_servant")
        said = line.cardsvc(*asked, "--at", "2026-11-24T09:00+0700")
        assert "Ngày Văn hóa Việt Nam" in said
        assert "outside the rule's time" in said
        assert "at-night-and-on-holidays (allow)\t→ quyết định – decides" in said
        assert said.endswith("✗ level_too_low")
        assert line.cardsvc(*asked, "--at", "2026-11-23T09:00+0700").endswith("served")
        file.write_text("format = 2", "utf-8")
        assert "malformed_policy" in line.cardsvc("policy", "check", str(file), status=1)
