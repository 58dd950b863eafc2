"""Fixtures that whole parts of the suite share."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from reader_agent.virtual.private_pcscd import PrivatePcscd, VirtualPcscReader
from tests.support import pcscd, pin_pads
from tests.support.databases import PostgresServer
from tests.support.pcscd import ForeignTools

if TYPE_CHECKING:
    from tests.support.console import ConsoleTemplate
from tests.support.pin_pads import PinPadKeys, PinPadReader

# A busy machine is no fault of what is tested: no deadlines.
settings.register_profile("same", deadline=None, derandomize=True)
settings.register_profile("fuzz", deadline=None)
settings.load_profile("same")  # one commit, one answer; `make fuzz` looks for new cases

_TOOLS = ("opensc-tool", "piv-tool", "pkcs15-tool", "pkcs11-tool", "openssl")
_FOLDER = pcscd.reserve_socket()
_IMPORTS_PYSCARD = re.compile(
    r"^from (smartcard|reader_agent(\.pcsc|\.monitor)?|tests\.support\.reader_watch)"
    r" import .*?(scard|pcsc\b|Pcsc|monitor|Monitor|list_readers|Holder|Watch)",
    re.MULTILINE,
)


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Without pyscard, leave out the modules that can not even be imported."""
    if pcscd.HAS_PYSCARD or collection_path.suffix != ".py":
        return None
    return True if _IMPORTS_PYSCARD.search(collection_path.read_text("utf-8")) else None


def pytest_report_header() -> str | None:
    """Say in one line why PC/SC tests are missing or skipped."""
    missing = pcscd.why_not() or pin_pads.missing_tool()
    return f"PC/SC tests do not run here: {missing}" if missing else None


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


@pytest.fixture
def pin_pad(private_pcscd: PrivatePcscd) -> Iterator[PinPadReader]:
    """An empty virtual reader with a PIN pad; emptied again afterwards, no key pressed."""
    missing = pin_pads.missing_tool()
    if missing is not None:
        pytest.skip(missing)
    reader = PinPadReader(private_pcscd.readers[-1], PinPadKeys(pin_pads.driver_in(_FOLDER)))
    reader.slot.remove()
    yield reader
    reader.slot.remove()
    reader.keys.forget()


@pytest.fixture
def opensc(tmp_path: Path) -> ForeignTools:
    absent = [name for name in _TOOLS if shutil.which(name) is None]
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)} (packages opensc, openssl)")
    return ForeignTools(tmp_path)


@pytest.fixture(scope="session")
def postgres_start() -> Iterator[PostgresServer | str]:
    """The server, or why there is none: tried once, told at every test that needs it."""
    try:
        server = PostgresServer()
    except Exception as error:  # noqa: BLE001 - whatever it is, the tests skip and say so
        yield f"embedded PostgreSQL does not start here: {type(error).__name__}: {error}"
        return
    yield server
    server.stop()


@pytest.fixture(scope="session")
def console_template(tmp_path_factory: pytest.TempPathFactory) -> ConsoleTemplate:
    """A console that was furnished once; who needs one takes a copy."""
    from tests.support.console import ConsoleTemplate  # noqa: PLC0415 - most tests need no service

    return ConsoleTemplate(tmp_path_factory.mktemp("console"))
