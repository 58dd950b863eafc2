"""OpenSC's tools on a virtual card behind the private pcscd."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.private_pcscd import VirtualPcscReader
from reader_agent.virtual.state import CardState
from tests.support import pcscd
from tests.support.pcscd import ForeignTools

_TOOLS = ("opensc-tool", "piv-tool", "pkcs15-tool", "pkcs11-tool", "openssl")

InsertCard = Callable[[CardState], VirtualCard]


@pytest.fixture
def opensc(tmp_path: Path) -> ForeignTools:
    absent = [name for name in _TOOLS if shutil.which(name) is None]
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)} (packages opensc, openssl)")
    return ForeignTools(tmp_path)


@pytest.fixture
def insert_card(pcsc_reader: VirtualPcscReader) -> InsertCard:
    """Insert a card with this state and wait until pcscd has seen it."""

    def insert(state: CardState) -> VirtualCard:
        card = VirtualCard(state)
        pcscd.insert(pcsc_reader, card)
        return card

    return insert
