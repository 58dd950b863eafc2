"""Inspection of a card in a real PC/SC reader, by the reader's name and exported material."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from reader_agent.cli import main
from reader_agent.personas.catalogue import persona_card
from reader_agent.personas.published import export_realm
from reader_agent.personas.realm import found_realm
from reader_agent.virtual.private_pcscd import PrivatePcscd, VirtualPcscReader
from tests.support.pcscd import insert
from tests.support.personas import FOUNDED

pytestmark = pytest.mark.pcsc


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory):
    realm = found_realm(FOUNDED)
    folder = tmp_path_factory.mktemp("exported")
    export_realm(realm, folder)
    return realm, folder


def _inspect(reader: str, folder: Path, *options: str) -> tuple[int, dict]:
    arguments = ["inspect", "--reader", reader, "--at", FOUNDED.isoformat(), "--json"]
    material = [f"--{kind}={folder / kind}" for kind in ("trust", "crl", "ocsp")]
    result = CliRunner().invoke(main, [*arguments, *material, *options], input="123456\n")
    return result.exit_code, json.loads(result.stdout)


@pytest.mark.parametrize(
    ("name", "status", "verdict"),
    [
        ("good", 0, "accept"),
        ("golden_piv", 0, "accept"),
        ("cloned", 1, "reject"),
        ("revoked", 1, "reject"),
        ("torn", 2, "unreadable"),
        ("garbage", 2, "unreadable"),
    ],
)
@pytest.mark.parametrize("mode", ["cak", "full"])
def test_a_card_in_a_reader_is_judged_as_in_process(
    pcsc_reader: VirtualPcscReader, exported, name: str, status: int, verdict: str, mode: str
) -> None:
    realm, folder = exported
    insert(pcsc_reader, persona_card(realm, name))
    code, report = _inspect(pcsc_reader.name, folder, "--mode", mode, "--pin-stdin")
    assert (code, report["verdict"]) == (status, verdict)


def test_an_empty_or_unknown_reader_is_unreadable(
    pcsc_reader: VirtualPcscReader, private_pcscd: PrivatePcscd, exported
) -> None:
    code, report = _inspect(pcsc_reader.name, exported[1])
    # just after a removal the service may still try to power a card that has gone
    assert (code, report["verdict"]) == (2, "unreadable")
    gone = {"no_card", "card_removed", "reader_failed", "card_silent"}
    assert report["checks"][0]["reason"] in gone
    code, report = _inspect("no such reader", exported[1])
    assert (code, report["checks"][0]["reason"]) == (2, "no_reader")
