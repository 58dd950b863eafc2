"""``cardsvc attendance``: an absence is asked for, approved by another, and stands in the sheet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from openpyxl import load_workbook

from cardsvc.clock import VIETNAM_TIME
from issuance.privacy.working_days import WorkingDays
from tests.support.command_line import serve_command_line


def _last_working_day() -> datetime:
    day = datetime.now(UTC).astimezone(VIETNAM_TIME) - timedelta(days=1)
    while not WorkingDays().is_working(day.date()):
        day -= timedelta(days=1)
    return day


def test_an_absence_from_the_request_to_the_sheet(tmp_path: Path) -> None:
    day = _last_working_day()
    with serve_command_line(tmp_path / "data") as line:
        form = line.cardsvc("application", "form", "civil_servant")
        file = tmp_path / "form.toml"
        file.write_text(form)
        line.cardsvc("application", "request", str(file), "--operator", "lan")
        holder = line.cardsvc("holder", "find").split("\t")[0]
        agency = next(
            one.split('"')[1] for one in form.splitlines() if one.startswith("agency_code")
        )
        on = day.strftime("%Y-%m-%d")
        asked = line.cardsvc(
            "attendance", "absence", holder, "annual", "--from", on, "--to", on, "--operator", "lan"
        )
        late = f"{on}T17:30"
        tap = line.cardsvc("attendance", "correct", holder, "out", late, "--operator", "lan")
        waiting = line.cardsvc("attendance", "list")
        assert f"{asked}\t{holder}\tannual\t{on}\tlan" in waiting
        assert f"{tap}\t{holder}\tout\t{on} 17:30\tlan" in waiting
        by_herself = line.cardsvc("attendance", "approve", asked, "--operator", "Lan", status=1)
        assert "same_operator" in by_herself
        line.cardsvc("attendance", "approve", asked, "--operator", "hung")
        line.cardsvc("attendance", "reject", tap, "--operator", "hung")
        unknown = line.cardsvc("attendance", "approve", "c-9", "--operator", "hung", status=1)
        assert "correction_unknown" in unknown
        target = tmp_path / "sheet.xlsx"
        which = ["--month", day.strftime("%Y-%m"), "--operator", "lan"]
        made = line.cardsvc("attendance", "sheet", str(target), "--agency", agency, *which)
        assert "1 người" in made
        page = load_workbook(target).worksheets[0]
        assert page.cell(8, 4 + day.day).value == "P"
        nowhere = line.cardsvc(
            "attendance", "sheet", str(target), "--agency", "H99.99", *which, status=1
        )
        assert "agency_unknown" in nowhere
