"""Fixtures that whole parts of the suite share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reader_agent.virtual.private_pcscd import PrivatePcscd, VirtualPcscReader
from tests.support import pcscd

_FOLDER = pcscd.reserve_socket()


@pytest.fixture(scope="session")
def private_pcscd() -> Iterator[PrivatePcscd]:
    """A pcscd of this test process alone, with empty virtual readers."""
    missing = pcscd.why_not()
    if missing is not None:
        pytest.skip(missing)
    with pcscd.start(_FOLDER) as service:
        yield service


@pytest.fixture
def pcsc_reader(private_pcscd: PrivatePcscd) -> Iterator[VirtualPcscReader]:
    """An empty virtual reader; emptied again afterwards."""
    reader = private_pcscd.readers[0]
    reader.slot.remove()
    yield reader
    reader.slot.remove()
