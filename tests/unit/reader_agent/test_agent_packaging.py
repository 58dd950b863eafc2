"""What is installed of the agent: a right example of a configuration, a unit that fits."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from reader_agent.run.config import parse_agent_config
from reader_agent.run.reader_config import Role
from reader_agent.run.supervisor import STOP_SECONDS

ROOT = Path(__file__).parents[3]
EXAMPLE = ROOT / "packaging" / "agent" / "agent.toml"
UNIT = ROOT / "packaging" / "systemd" / "cardsvc-agent.service"


def test_the_example_is_a_right_configuration_and_shows_every_section() -> None:
    text = EXAMPLE.read_text("utf-8")
    config = parse_agent_config(text)
    assert config.kiosk is not None
    assert [door.rules.name for door in config.doors.doors] == ["cua-bac"]
    assert config.counter is not None
    assert {one.role for one in config.readers} == {Role.KIOSK, Role.COUNTER, Role.DOOR}
    assert config.offline.enabled
    assert config.state_dir == Path("/var/lib/cardsvc-agent")


def test_what_the_example_leaves_as_a_remark_is_right_too() -> None:
    text = re.sub(r"^# (\w+ = )", r"\1", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE)
    config = parse_agent_config(text)
    assert config.service.ca_file == Path("/etc/cardsvc-agent/ca.pem")
    assert config.log.file == Path("/var/lib/cardsvc-agent/agent.log")


def service_section() -> configparser.SectionProxy:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their capitals
    unit.read_string(UNIT.read_text("utf-8"))
    return unit["Service"]


def test_the_unit_gives_the_agent_time_to_end_and_watches_it() -> None:
    service = service_section()
    assert service["Type"] == "notify"
    assert float(service["TimeoutStopSec"]) > STOP_SECONDS
    assert float(service["WatchdogSec"]) >= 5, "the agent tells every second"
    assert service["User"] == "cardsvc-agent"
    assert "AF_UNIX" in service["RestrictAddressFamilies"], "pcscd's socket and systemd's"
    assert service["ExecStart"].split()[1:] == ["run", "--config", "/etc/cardsvc-agent/agent.toml"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_takes_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / UNIT.name
    unit.write_text(
        re.sub(
            r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text("utf-8"), flags=re.MULTILINE
        ),
        "utf-8",
    )
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    about_us = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert not about_us, done.stderr


def install(root: Path, *options: str) -> str:
    done = subprocess.run(
        ["scripts/install-agent.sh", "--root", str(root), "--no-start", "--no-python", *options],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_files_are_laid_out_and_a_configuration_is_never_overwritten(tmp_path: Path) -> None:
    install(tmp_path)
    laid = {one.relative_to(tmp_path).as_posix() for one in tmp_path.rglob("*") if one.is_file()}
    assert laid == {
        "etc/cardsvc-agent/agent.toml",
        "etc/polkit-1/rules.d/50-cardsvc-pcsc.rules",
        "etc/systemd/system/cardsvc-agent.service",
    }
    assert not any((tmp_path / one).stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH) for one in laid)
    mine = tmp_path / "etc" / "cardsvc-agent" / "agent.toml"
    mine.write_text("# mine\n", "utf-8")
    assert "is kept" in install(tmp_path, "--door")
    assert mine.read_text("utf-8") == "# mine\n"
    assert (mine.parent / "agent.toml.example").exists()
    assert (tmp_path / "etc/systemd/system/cardsvc-agent.service.d/door.conf").exists()


def test_an_unknown_option_installs_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        ["scripts/install-agent.sh", "--rooot", str(tmp_path)],
        cwd=ROOT, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert not list(tmp_path.iterdir())
