"""Every persona, in both modes, through the command line: verdict, reason, exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from reader_agent.cli import main
from reader_agent.personas.catalogue import PERSONAS, Expected, Persona, find_persona
from reader_agent.personas.content import HOLDER_NAME, TEST_PIN
from reader_agent.sources import REALM_VARIABLE

EXIT_STATUS = {"accept": 0, "reject": 1, "unreadable": 2}


@pytest.fixture(scope="module")
def realm_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("realm") / "realm.json"


@pytest.fixture
def run(realm_file: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(REALM_VARIABLE, str(realm_file))

    def invoke(*arguments: str, pin: str = TEST_PIN) -> Result:
        return CliRunner().invoke(main, ["inspect", *arguments], input=pin + "\n")

    return invoke


def _cases() -> list[object]:
    cases = []
    for persona in PERSONAS.values():
        for mode in ("cak", "full"):
            expected: Expected = getattr(persona, mode)
            marks = [] if expected.reason is None else [pytest.mark.reason(expected.reason)]
            cases.append(pytest.param(persona, mode, id=f"{persona.name}-{mode}", marks=marks))
    return cases


@pytest.mark.parametrize(("persona", "mode"), _cases())
def test_each_persona_gets_the_verdict_and_reason_it_was_made_for(
    run, persona: Persona, mode: str
) -> None:
    result = run("--reader", f"virtual:{persona.name}", "--mode", mode, "--pin-stdin", "--json")
    expected: Expected = getattr(persona, mode)
    report = json.loads(result.stdout)
    reasons = [check["reason"] for check in report["checks"] if check["result"] == "fail"]
    assert report["verdict"] == expected.verdict.value, reasons
    assert result.exit_code == EXIT_STATUS[expected.verdict.value]
    assert result.exception is None or isinstance(result.exception, SystemExit)
    if expected.reason is not None:
        assert expected.reason.value in reasons
    if report["verdict"] == "accept":
        assert reasons == []
        assert report["level"] == {"cak": "X1", "full": "X2"}[mode]
    else:
        assert report["level"] is None


def test_json_holds_what_programs_rely_on(run) -> None:
    report = json.loads(run("--reader", "virtual:good", "--json").stdout)
    assert {"verdict", "level", "card", "checks", "mode", "at"} <= report.keys()
    assert [check["number"] for check in report["checks"]] == list(
        range(1, len(report["checks"]) + 1)
    )
    for check in report["checks"]:
        assert {"id", "title", "result", "reason", "detail"} <= check.keys()
        assert check["result"] in {"pass", "fail", "not_applicable"}
    assert len(report["card"]["guid"]) == 36


@pytest.mark.parametrize("output", [[], ["--json"]])
def test_neither_pin_nor_holder_is_printed(run, output: list[str]) -> None:
    result = run("--reader", "virtual:good", "--mode", "full", "--pin-stdin", *output)
    assert result.exit_code == 0
    assert TEST_PIN not in result.output
    assert HOLDER_NAME not in result.output


def test_a_person_reads_marks_in_two_languages_and_the_verdict(run) -> None:
    result = run("--reader", "virtual:revoked")
    assert result.exit_code == 1
    for words in ("TỪ CHỐI · REJECT", "✗", "✓", "certificate_revoked", "đã bị thu hồi"):
        assert words in result.output


def test_exported_material_judges_as_the_realm_does(run, realm_file: Path, tmp_path: Path) -> None:
    exported = CliRunner().invoke(main, ["virtual", "export", str(tmp_path)])
    assert exported.exit_code == 0, exported.output
    options = [f"--{kind}={tmp_path / kind}" for kind in ("trust", "crl", "ocsp")]
    for name, verdict in (("good", "accept"), ("revoked", "reject"), ("ocsp_good", "accept")):
        result = run("--reader", f"virtual:{name}", *options, "--json")
        assert json.loads(result.stdout)["verdict"] == verdict
        assert json.loads(result.stdout)["warnings"] == []
    crl_only = run("--reader", "virtual:ocsp_good", *options[:2], "--json")
    assert "status_unknown" in crl_only.stdout


def test_without_status_material_the_status_is_said_to_be_unchecked(run, tmp_path: Path) -> None:
    CliRunner().invoke(main, ["virtual", "export", str(tmp_path)])
    result = run("--reader", "virtual:revoked", f"--trust={tmp_path / 'trust'}", "--json")
    report = json.loads(result.stdout)
    status = next(check for check in report["checks"] if check["id"] == "9e.status")
    assert status["result"] == "not_applicable"
    assert "not checked" in status["detail"]


def test_a_stray_file_is_a_warning(run, tmp_path: Path) -> None:
    CliRunner().invoke(main, ["virtual", "export", str(tmp_path)])
    (tmp_path / "trust" / "README.txt").write_text("xin chào")
    (tmp_path / "trust" / "broken.pem").write_text(
        "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n"
    )
    result = run("--reader", "virtual:good", f"--trust={tmp_path / 'trust'}", "--json")
    assert result.exit_code == 0
    warnings = json.loads(result.stdout)["warnings"]
    assert any("README.txt" in warning for warning in warnings)
    assert any("broken.pem" in warning for warning in warnings)


def test_folders_without_what_they_are_given_for_are_told(run, tmp_path: Path) -> None:
    CliRunner().invoke(main, ["virtual", "export", str(tmp_path)])
    crl, ocsp = tmp_path / "trust", tmp_path / "crl"
    given = [f"--trust={tmp_path / 'trust'}", f"--crl={crl}", f"--ocsp={ocsp}"]
    result = run("--reader", "virtual:good", *given, "--json")
    expected = [f"{crl}: no CRL in it", f"{ocsp}: no OCSP response in it"]
    assert json.loads(result.stdout)["warnings"] == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ["--reader", "virtual:nobody"],
        ["--reader", "virtual:good", "--trust", "/no/such/folder"],
        ["--reader", "virtual:good", "--at", "yesterday"],
        ["--reader", "some reader"],
        ["--reader", "virtual:good", "--mode", "half"],
    ],
)
def test_misuse_is_a_message_and_status_2(run, arguments: list[str]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "Error" in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("at", "reason"),
    [("2099-01-01", "certificate_expired"), ("1999-12-31T23:59:59Z", "certificate_not_yet_valid")],
)
def test_the_instant_is_the_one_given(run, at: str, reason: str) -> None:
    result = run("--reader", "virtual:good", "--at", at, "--json")
    assert result.exit_code == 1
    assert reason in result.stdout


def test_full_mode_without_a_pin_says_so_and_spends_no_try(run) -> None:
    result = run("--reader", "virtual:good", "--mode", "full", "--json")
    assert result.exit_code == 1
    pin = next(c for c in json.loads(result.stdout)["checks"] if c["id"] == "card.pin")
    assert (pin["reason"], "3 tries left" in pin["detail"]) == ("pin_required", True)


def test_a_pin_of_stray_octets_is_refused_unsent(realm_file: Path, run) -> None:
    arguments = ["inspect", "--reader", "virtual:good", "--mode", "full", "--pin-stdin", "--json"]
    result = CliRunner().invoke(main, arguments, input=b"\xff\xfe12345\n")
    assert result.exit_code == 1
    pin = next(c for c in json.loads(result.stdout)["checks"] if c["id"] == "card.pin")
    assert pin["reason"] == "pin_format"


@pytest.mark.parametrize("output", [[], ["--json"]])
def test_an_output_without_vietnamese_is_no_obstacle(
    realm_file: Path, run, output: list[str]
) -> None:
    result = CliRunner(charset="latin-1").invoke(
        main, ["inspect", "--reader", "virtual:revoked", *output]
    )
    assert result.exit_code == 1, result.exception
    assert "certificate_revoked" in result.output
    if output:
        assert json.loads(result.stdout)["verdict"] == "reject"


@pytest.mark.parametrize("at", [1, 3, 5])
def test_the_torn_card_dies_at_the_apdu_that_is_named(run, at: int) -> None:
    report = run("--reader", f"virtual:torn@{at}", "--mode", "full", "--pin-stdin", "--json")
    assert report.exit_code == EXIT_STATUS["unreadable"]
    failed = [one["reason"] for one in json.loads(report.stdout)["checks"] if one["reason"]]
    assert failed[0] == "card_removed"


@pytest.mark.parametrize("name", ["torn@0", "torn@-1", "torn@", "good@3", "torn@99999", "@1"])
def test_what_is_no_persona(name: str) -> None:
    assert find_persona(name) is None


def test_a_card_file_that_is_not_there_is_named(run, tmp_path: Path) -> None:
    result = run("--reader", f"virtual:{tmp_path}/none.json")
    assert result.exit_code == 2
    assert "neither a card's file nor a persona" in result.stderr
