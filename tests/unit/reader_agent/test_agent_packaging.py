"""What is installed of the agent: a right example of a configuration, a unit that fits."""

from __future__ import annotations

import configparser
import os
import re
import shutil
import signal
import stat
import subprocess
import time
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
    assert config.loopback.shared_dir == Path("/run/cardsvc-kiosk")


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
@pytest.mark.parametrize("more", [None, "kiosk", "door"])
def test_systemd_takes_the_unit(tmp_path: Path, more: str | None) -> None:
    if more is not None:
        (tmp_path / f"{UNIT.name}.d").mkdir()
        drop_in = UNIT.with_name(f"cardsvc-agent-{more}.conf")
        shutil.copy(drop_in, tmp_path / f"{UNIT.name}.d" / f"{more}.conf")
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


def test_the_pages_folder_is_the_agents_to_write_and_one_groups_to_read(tmp_path: Path) -> None:
    install(tmp_path, "--kiosk", "ki-ot")
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.read(tmp_path / "etc/systemd/system/cardsvc-agent.service.d/kiosk.conf", "utf-8")
    lines = (tmp_path / "etc/tmpfiles.d/cardsvc-kiosk.conf").read_text("utf-8").splitlines()
    (folder,) = [line.split() for line in lines if not line.startswith("#")]
    written = unit["Service"]["ReadWritePaths"]
    assert folder == ["d", written, "2750", service_section()["User"], "cardsvc-kiosk", "-"]
    assert os.access(tmp_path / "usr/local/bin/cardsvc-kiosk-browser", os.X_OK)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_takes_the_socket_of_the_page_on_the_examples_port(tmp_path: Path) -> None:
    socket = UNIT.with_suffix(".socket")
    shutil.copy(socket, tmp_path)
    (tmp_path / UNIT.name).write_text("[Service]\nExecStart=/bin/true\n", "utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / socket.name)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert str(tmp_path) not in done.stderr, done.stderr
    port = parse_agent_config(EXAMPLE.read_text("utf-8")).loopback.port
    assert f"ListenStream=127.0.0.1:{port}\n" in socket.read_text("utf-8")


@pytest.mark.skipif(shutil.which("systemd-tmpfiles") is None, reason="no systemd here")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_systemd_makes_the_pages_folder_as_the_agent_wants_it(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "passwd").write_text("cardsvc-agent:x:990:990::/:/bin/sh\n")
    (tmp_path / "etc" / "group").write_text("cardsvc-kiosk:x:991:\n")
    plan = ROOT / "packaging" / "tmpfiles" / "cardsvc-kiosk.conf"
    subprocess.run(["systemd-tmpfiles", "--root", tmp_path, "--create", plan], check=True)
    made = (tmp_path / "run" / "cardsvc-kiosk").stat()
    assert (made.st_uid, made.st_gid, stat.S_IMODE(made.st_mode)) == (990, 991, 0o2750)


def test_the_browser_is_started_with_the_page_once_it_is_there(tmp_path: Path) -> None:
    browser, started = tmp_path / "browser", tmp_path / "started"
    browser.write_text(f'#!/bin/sh\necho "$@" >{started}.new\nmv {started}.new {started}\n')
    browser.chmod(0o755)
    process = subprocess.Popen(
        [ROOT / "packaging" / "kiosk" / "cardsvc-kiosk-browser", "display"],
        env=os.environ
        | {"CARDSVC_KIOSK_DIR": str(tmp_path), "CARDSVC_KIOSK_BROWSER": str(browser)},
        start_new_session=True,
    )
    try:
        (tmp_path / "display.html").write_text("the page")
        deadline = time.monotonic() + 60
        while not started.exists():
            assert time.monotonic() < deadline, "no browser"
            time.sleep(0.05)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert started.read_text().split()[-1] == f"file://{tmp_path}/display.html"


def test_an_unknown_option_installs_nothing(tmp_path: Path) -> None:
    done = subprocess.run(
        ["scripts/install-agent.sh", "--rooot", str(tmp_path)],
        cwd=ROOT, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert not list(tmp_path.iterdir())
