"""A list from the command line: template, dry run, run, kill, resume, errors, requests."""

from __future__ import annotations

import io
import os
import signal
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from issuance.importing.source import parse_list
from tests.support.installations import open_cheaply
from tests.support.lists import DUC, HEAD, KHUE, STAFF, staff_csv, xlsx
from tests.support.portraits import jpeg
from web.cli import main
from web.settings import DATABASE_FILE, Settings

WRONG = [3, "Lê Văn Sai", "46190099999", "31/02/1990", *KHUE[4:]]
BY_LAN = ("--operator", "lan")


class Commands:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = Settings(data_dir=folder / "data", vault_passphrase="mật khẩu của kho")
        open_cheaply(self.settings).close()
        self.environment = self.settings.as_environment()

    def run(self, *arguments: str | Path, status: int = 0, typed: str = "") -> str:
        result: Result = CliRunner().invoke(
            main, ["import", *map(str, arguments)], env=self.environment, input=typed
        )
        assert result.exit_code == status, (result.output, result.exception)
        return result.output.strip()

    def write(self, name: str, octets: bytes) -> Path:
        (self.folder / name).write_bytes(octets)
        return self.folder / name

    def count(self, table: str) -> int:
        with sqlite3.connect(self.settings.data_dir / DATABASE_FILE) as connection:
            found: tuple[int] = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
        connection.close()
        return found[0]


@pytest.fixture
def commands(tmp_path: Path) -> Commands:
    return Commands(tmp_path)


def test_a_list_from_template_to_requests(commands: Commands) -> None:
    commands.run("template", commands.folder / "mau.xlsx")
    assert "nobody below" in commands.run("check", commands.folder / "mau.xlsx", status=1)
    file = commands.write("ds.xlsx", xlsx(HEAD, KHUE, DUC, WRONG))
    checked = commands.run("check", file)
    assert "number_lost_zeros" in checked
    assert "46190099999" not in checked
    assert "Sai" not in checked
    assert commands.count("holders") == 0
    import_id, progress = commands.run("run", file, *BY_LAN).splitlines()[:2]
    assert "new 2" in progress
    assert "held 1" in progress
    out = commands.folder / "sua.xlsx"
    assert "birth_date_malformed" in commands.run("errors", import_id, "--xlsx", out, *BY_LAN)
    assert [row.number for row in parse_list(out.read_bytes(), STAFF).rows] == [2]
    fixed = commands.run(
        "fix", import_id, "4", "--field", "birth_date", "--confirm", "number_lost_zeros", *BY_LAN,
        typed="28/02/1990\n",
    )  # fmt: skip
    assert "applied" in fixed
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("46190012345.jpg", jpeg(240, 320))  # its zero was lost
        archive.writestr("Người lạ.jpg", jpeg(240, 320))
    photos = commands.write("anh.zip", out.getvalue())
    taken = commands.run("photos", import_id, photos, *BY_LAN).splitlines()
    assert "taken 1" in taken[0]
    assert taken[-2:] == [
        "chưa có ảnh, dòng – no photo yet, rows: 3, 4",
        "không dùng – not used: Người lạ.jpg  fits_nobody",
    ]
    assert "unchanged 1" in commands.run("run", file, "--photos", photos, *BY_LAN)
    assert commands.run("list").split("\t")[0] == import_id
    assert commands.run("request", import_id, *BY_LAN) == "3 đề nghị – requests"
    again = commands.run("request", import_id, *BY_LAN)
    assert again.splitlines()[0] == "0 đề nghị – requests"
    assert commands.count("applications") == 3
    assert "taken in before" in commands.run("run", file, *BY_LAN)
    assert commands.count("holders") == 3
    assert commands.run("forget", *BY_LAN) == "0"


def test_rows_are_skipped_and_errors_said_in_one_line(commands: Commands) -> None:
    file = commands.write("ds.xlsx", xlsx(HEAD, WRONG))
    import_id = commands.run("run", file, *BY_LAN).splitlines()[0]
    commands.run("skip", import_id, "2", "--reason", "wrong_list", *BY_LAN)
    assert "does not wait" in commands.run(
        "skip", import_id, "2", "--reason", "wrong_list", *BY_LAN, status=1
    )
    assert "import_unknown" in commands.run("resume", "nowhere", *BY_LAN, status=1)
    unreadable = commands.write("a.txt", b"x;y\n1;2\n")
    assert "malformed_table" in commands.run("run", unreadable, *BY_LAN, status=1)
    assert commands.count("imports") == 1


@pytest.mark.timeout(300)
def test_a_killed_import_goes_on_where_it_was(commands: Commands) -> None:
    file = commands.write("ds.csv", staff_csv(3000))
    command = [sys.executable, "-m", "web.cli", "import", "run", str(file), *BY_LAN]
    environment = os.environ | commands.environment | {"PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        cwd=Path(__file__).parents[2],
    ) as process:  # fmt: skip
        assert process.stdout is not None
        import_id = process.stdout.readline().strip()
        assert process.stdout.readline().startswith("500/3000")
        process.send_signal(signal.SIGKILL)
    before = commands.count("holders")
    assert before < 3000
    assert before % 500 == 0
    resumed = commands.run("resume", import_id, *BY_LAN).splitlines()
    assert resumed[-1].startswith("3000/3000 · mới – new 3000")
    assert commands.count("holders") == 3000
    with sqlite3.connect(commands.settings.data_dir / DATABASE_FILE) as connection:
        subjects = connection.execute(
            "SELECT count(*), count(DISTINCT subject) FROM audit_events WHERE action = ?",
            ("holder.added",),
        ).fetchone()
    connection.close()
    assert subjects == (3000, 3000)
