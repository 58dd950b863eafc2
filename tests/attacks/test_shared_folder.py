"""Who may open a kiosk's page: the one group of the folder in which its file is handed over."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cardsvc.errors import CardError, ReasonCode
from reader_agent.counter.config import CounterConfig
from reader_agent.kiosk.words import Words
from reader_agent.loopback.compose import local_parts
from reader_agent.loopback.config import LoopbackConfig
from reader_agent.loopback.secret_file import hand_over
from tests.support.kiosk import CONFIG, kiosk_tools

IS_ROOT = os.geteuid() == 0
GROUP = 47_110 if IS_ROOT else os.getgid()
NOBODY = 65_534


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder as systemd-tmpfiles makes it, where users of any group come by."""
    made = Path(tempfile.mkdtemp(prefix="cardsvc-shared-"))
    os.chown(made, -1, GROUP)
    made.chmod(0o2750)
    yield made
    shutil.rmtree(made)


def test_the_group_of_the_folder_reads_and_writes_nothing(folder: Path, tmp_path: Path) -> None:
    hand_over(tmp_path, folder, "kiosk.html", "first")
    hand_over(tmp_path, folder, "kiosk.html", "second")
    status = (folder / "kiosk.html").stat()
    assert stat.S_IMODE(status.st_mode) == 0o640
    assert (status.st_uid, status.st_gid) == (os.geteuid(), GROUP)
    assert (folder / "kiosk.html").read_text() == "second"
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(not IS_ROOT, reason="only root can be somebody else")
def test_another_user_of_the_machine_does_not_even_see_it(folder: Path, tmp_path: Path) -> None:
    hand_over(tmp_path, folder, "kiosk.html", "secret")

    def asked_by(group: int, *command: str) -> int:
        done = subprocess.run(
            [*command, str(folder / "kiosk.html")], user=NOBODY, group=NOBODY, extra_groups=[group],
            capture_output=True, check=False,
        )  # fmt: skip
        return done.returncode

    assert asked_by(GROUP, "cat") == 0
    assert asked_by(NOBODY, "cat") != 0
    assert asked_by(NOBODY, "ls") != 0
    assert asked_by(GROUP, "touch") != 0
    assert asked_by(GROUP, "rm", "-f") != 0, "and can't put another in its place"


@pytest.mark.parametrize("mode", [0o2755, 0o2770, 0o2751, 0o777])
def test_nothing_is_handed_over_in_a_folder_that_is_open_to_others(
    folder: Path, tmp_path: Path, mode: int
) -> None:
    folder.chmod(mode)
    refused(folder, tmp_path)


@pytest.mark.skipif(not IS_ROOT, reason="only root can give something away")
def test_nothing_is_handed_over_in_somebody_elses_folder(folder: Path, tmp_path: Path) -> None:
    os.chown(folder, NOBODY, -1)
    refused(folder, tmp_path)


@pytest.mark.skipif(not IS_ROOT, reason="only root has groups to choose from")
def test_a_file_that_does_not_get_the_folders_group_is_not_left_behind(
    folder: Path, tmp_path: Path
) -> None:
    folder.chmod(0o750)
    assert "chmod g+s" in refused(folder, tmp_path)
    shutil.rmtree(folder)
    assert "is not there" in refused(folder, tmp_path)
    folder.mkdir()


def refused(folder: Path, own: Path) -> str:
    with pytest.raises(CardError) as caught:
        hand_over(own, folder, "kiosk.html", "secret")
    assert caught.value.reason is ReasonCode.ACCESS_DENIED
    assert not (folder.is_dir() and list(folder.iterdir()))
    return str(caught.value)


def test_pages_and_the_counters_token_are_handed_over_and_their_keys_are_not(
    folder: Path, tmp_path: Path
) -> None:
    with kiosk_tools(tmp_path, "http://127.0.0.1:9", "t" * 43, "trung-tam-hcc", CONFIG) as tools:
        config = replace(
            tools.config,
            loopback=LoopbackConfig(shared_dir=folder),
            counter=CounterConfig(Words("Quầy 1", "Counter 1")),
        )
        local_parts(replace(tools, config=config))
    handed = {one.name for one in folder.iterdir()}
    assert handed == {"kiosk.html", "display.html", "counter.token"}
    assert {one.name for one in tmp_path.iterdir()} == {"kiosk.key", "display.key", "counter.token"}
    assert (folder / "counter.token").read_text() == (tmp_path / "counter.token").read_text()
