"""More readers than pcsc-lite lists: sixteen work as ever, and it is said that one may be hidden.

pcsc-lite before 2.5 has room for 16 (``PCSCLITE_MAX_READERS_CONTEXTS``), in its list as in what
one call watches.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cardsvc.errors import ReasonCode
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.private_pcscd import MAX_READERS, PrivatePcscd, vpcd_driver
from reader_agent.virtual.state import CardState

pytestmark = pytest.mark.pcsc

_ROOT = Path(__file__).parents[2]
_AGENT = [sys.executable, "-m", "reader_agent"]
_HIDDEN = "hidden 00 00"
_CONFIG = """\
[agent]
relying_party = "benh-vien"
state_dir = "{folder}"
[service]
url = "http://127.0.0.1:9"
[[readers]]
name = "last"
match = "{last}"
role = "kiosk"
[[readers]]
name = "one-too-many"
match = "{hidden}"
role = "counter"
"""
_PROGRAM = """\
import sys
from cardsvc.card.session import PivSession
from cardsvc.errors import CardError
from reader_agent.pcsc import open_card
for reader in sys.argv[1:]:
    try:
        session = PivSession(open_card(reader))
        session.select()
        print(session.pin_tries_left())
    except CardError as error:
        print(error.reason.value)
"""


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrivatePcscd]:
    """A service with two readers more than it lists."""
    folder, drivers = tmp_path_factory.mktemp("s"), tmp_path_factory.mktemp("drivers")
    driver = vpcd_driver()
    assert driver is not None
    hidden = Path(shutil.copyfile(driver, drivers / "hidden.so"))
    with PrivatePcscd(MAX_READERS, folder, [hidden]) as service:
        yield service


def run(service: PrivatePcscd, command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=_ROOT, env=os.environ | service.environment,
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@contextmanager
def watching(service: PrivatePcscd) -> Iterator[Iterator[str]]:
    process = subprocess.Popen(
        [*_AGENT, "readers", "--watch"], cwd=_ROOT, env=os.environ | service.environment,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        yield (line.rstrip("\n") for line in process.stdout)
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_sixteen_readers_are_watched_and_the_alarm_is_raised_once(crowded: PrivatePcscd) -> None:
    listed = [reader.name for reader in crowded.readers[:MAX_READERS]]
    last = crowded.readers[MAX_READERS - 1]
    with watching(crowded) as lines:
        assert next(lines) == "PC/SC ✓"
        assert [next(lines) for _ in listed] == [f"+ {name}" for name in listed]
        assert next(lines).startswith("! 16 ")
        for _ in range(2):
            last.slot.insert(VirtualCard(CardState.factory()))
            assert next(lines).startswith(f"▣ {last.name}")
            last.slot.remove()
            assert next(lines) == f"□ {last.name}"


def test_a_card_in_the_sixteenth_reader_is_read_and_the_seventeenth_is_not_there(
    crowded: PrivatePcscd,
) -> None:
    last = crowded.readers[MAX_READERS - 1]
    assert last.slot.insert(VirtualCard(CardState.factory()), wait_seconds=30)
    with watching(crowded) as lines:
        assert any(line.startswith(f"▣ {last.name}") for line in lines)
    done = run(crowded, [sys.executable, "-c", _PROGRAM, last.name, _HIDDEN])
    assert done.stdout.split() == ["3", ReasonCode.NO_READER.value], done.stderr
    last.slot.remove()


def test_the_doctor_says_why_the_seventeenth_is_not_there(
    crowded: PrivatePcscd, tmp_path: Path
) -> None:
    last = crowded.readers[MAX_READERS - 1].name
    config = tmp_path / "agent.toml"
    config.write_text(_CONFIG.format(folder=tmp_path, last=last, hidden=_HIDDEN), "utf-8")
    done = run(crowded, [*_AGENT, "doctor", "--config", str(config), "--json"])
    told = {one["sign"]: one for one in json.loads(done.stdout)}
    assert told["reader_cap"]["detail"] == str(MAX_READERS)
    assert "2.5" in told["reader_cap"]["fix_en"]
    assert told["reader_absent"]["detail"] == "one-too-many"
