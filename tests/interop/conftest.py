"""OpenSC's tools on a virtual card behind the private pcscd."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.private_pcscd import VirtualPcscReader
from reader_agent.virtual.state import CardState
from tests.support import pcscd

InsertCard = Callable[[CardState], VirtualCard]


@pytest.fixture
def insert_card(pcsc_reader: VirtualPcscReader) -> InsertCard:
    """Insert a card with this state and wait until pcscd has seen it."""

    def insert(state: CardState) -> VirtualCard:
        card = VirtualCard(state)
        pcscd.insert(pcsc_reader, card)
        return card

    return insert
