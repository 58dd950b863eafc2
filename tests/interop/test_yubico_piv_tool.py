"""yubico-piv-tool, the widest used security-key tool, manages a factory virtual card."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from cardsvc.card.piv import Algorithm, KeySlot, ObjectTag
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.private_pcscd import VirtualPcscReader
from reader_agent.virtual.state import CardOptions, CardState, VendorInstructions

pytestmark = [
    pytest.mark.pcsc,
    pytest.mark.skipif(
        shutil.which("yubico-piv-tool") is None, reason="yubico-piv-tool is not installed"
    ),
]
NEW_KEY = "000102030405060708090a0b0c0d0e0f1011121314151617"


@pytest.fixture(params=[Algorithm.TDES])
def card(pcsc_reader: VirtualPcscReader, request: pytest.FixtureRequest) -> VirtualCard:
    options = CardOptions(vendor=VendorInstructions.YUBICO)
    card = VirtualCard(CardState.factory(request.param, options, serial=4711))
    assert pcsc_reader.slot.insert(card, wait_seconds=10)
    return card


def tool(reader: VirtualPcscReader, *words: str) -> str:
    done = subprocess.run(
        ["yubico-piv-tool", "-r", reader.name, *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def test_it_reads_version_serial_and_status(
    pcsc_reader: VirtualPcscReader, card: VirtualCard
) -> None:
    assert "found" in tool(pcsc_reader, "-a", "version")
    status = tool(pcsc_reader, "-a", "status")
    assert "4711" in status
    assert "PIN tries left:\t3" in status


@pytest.mark.parametrize("algorithm", ["ECCP256", "ECCP384", "RSA2048"])
def test_it_generates_keys(
    pcsc_reader: VirtualPcscReader, card: VirtualCard, tmp_path: Path, algorithm: str
) -> None:
    public = tmp_path / "public.pem"
    tool(pcsc_reader, "-s", "9a", "-a", "generate", "-A", algorithm, "-o", str(public))
    assert "PUBLIC KEY" in public.read_text()
    assert KeySlot.AUTHENTICATION in card.state.keys


def test_it_writes_the_chuid_and_the_ccc(pcsc_reader: VirtualPcscReader, card: VirtualCard) -> None:
    tool(pcsc_reader, "-a", "set-chuid", "-a", "set-ccc")
    assert {ObjectTag.CHUID, ObjectTag.CARD_CAPABILITY_CONTAINER} <= card.state.objects.keys()


def test_it_changes_and_unblocks_the_pin(pcsc_reader: VirtualPcscReader, card: VirtualCard) -> None:
    tool(pcsc_reader, "-a", "change-pin", "-P", "123456", "-N", "654321")
    tool(pcsc_reader, "-a", "unblock-pin", "-P", "12345678", "-N", "135790")
    tool(pcsc_reader, "-a", "verify-pin", "-P", "135790")


def test_it_sets_the_management_key_and_imports_a_key(
    pcsc_reader: VirtualPcscReader, card: VirtualCard, tmp_path: Path
) -> None:
    key = tmp_path / "key.pem"
    make = ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(key)]
    subprocess.run(make, check=True, capture_output=True)
    tool(pcsc_reader, "-a", "set-mgm-key", "-n", NEW_KEY)
    tool(pcsc_reader, f"--key={NEW_KEY}", "-s", "9d", "-a", "import-key", "-i", str(key))
    assert KeySlot.KEY_MANAGEMENT in card.state.keys
