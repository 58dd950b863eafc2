"""``cardsvc attendance``: a unit's monthly sheet, and corrections of what the taps tell."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import click

from cardsvc.attendance_records import Absence, Correction, CorrectionKind, CorrectionState
from cardsvc.clock import VIETNAM_TIME
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from issuance.attendance.corrections import correct_tap, decide_correction, report_absence
from issuance.attendance.monthly import WhichSheet, monthly_sheet
from issuance.attendance.own_rules import load_shifts
from issuance.attendance.sheet import SheetRules, parse_month
from issuance.attendance.workbook import sheet_workbook
from issuance.privacy.own_files import load_working_days
from web.cli.support import FILE, OPERATOR, opened
from web.settings import Settings

_DAY = click.DateTime(["%Y-%m-%d"])
_MINUTE = click.DateTime(["%Y-%m-%dT%H:%M"])


@click.group()
def attendance() -> None:
    """Chấm công – attendance of staff."""


@attendance.command("sheet")
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--agency", required=True, help="the agency's code")
@click.option("--unit", help="the unit's name as in the records; the whole agency without it")
@click.option("--month", required=True, help="YYYY-MM")
@click.option(
    "--rules", type=FILE, help="shifts, in TOML; attendance.toml in the data folder without it"
)
@OPERATOR
@click.pass_obj
def sheet(
    settings: Settings,
    *,
    target: Path,
    agency: str,
    unit: str | None,
    month: str,
    rules: Path | None,
    operator: str,
) -> None:
    """Bảng chấm công tháng – write a unit's monthly sheet into TARGET (XLSX)."""
    with opened(settings) as installation:
        code, which = AgencyCode.parse(agency), parse_month(month)
        shifts = load_shifts(rules or settings.attendance_file)
        calendar = load_working_days(settings.privacy_folder)
        found = installation.agencies.book().at(code, which.days[-1])
        made = monthly_sheet(
            installation.attendance,
            SheetRules(shifts, calendar),
            WhichSheet(code, found.name if found else agency, unit, which),
            operator=operator,
            at=installation.clock.now(),
        )
        if found is None and not made.lines:
            raise IssuanceError(ReasonCode.AGENCY_UNKNOWN, f"no agency {agency}, and nobody in it")
        _write(target, sheet_workbook(made))
        unclear = sum(line.totals.unclear for line in made.lines) / 2
        click.echo(f"{target}: {len(made.lines)} người – people; {unclear:g} ngày cần làm rõ")


@attendance.command("correct")
@click.argument("holder_id")
@click.argument("kind", type=click.Choice([CorrectionKind.IN.value, CorrectionKind.OUT.value]))
@click.argument("tapped_at", type=_MINUTE)
@OPERATOR
@click.pass_obj
def correct(
    settings: Settings, *, holder_id: str, kind: str, tapped_at: datetime, operator: str
) -> None:
    """Bổ sung lần chấm – ask for a forgotten tap at YYYY-MM-DDTHH:MM; prints the request's id."""
    with opened(settings) as installation:
        asked = correct_tap(
            installation.attendance,
            holder_id,
            correction_id=str(uuid.uuid4()),
            kind=CorrectionKind(kind),
            tapped_at=tapped_at.replace(tzinfo=VIETNAM_TIME).astimezone(UTC),
            operator=operator,
            at=installation.clock.now(),
        )
        click.echo(asked.id)


@attendance.command("absence")
@click.argument("holder_id")
@click.argument("why", type=click.Choice([one.value for one in Absence]))
@click.option("--from", "first", type=_DAY, required=True, help="the first day")
@click.option("--to", "last", type=_DAY, required=True, help="the last day, included")
@OPERATOR
@click.pass_obj
def absence(
    settings: Settings,
    *,
    holder_id: str,
    why: str,
    first: datetime,
    last: datetime,
    operator: str,
) -> None:
    """Nghỉ phép, ốm, công tác, … – ask for days of absence; prints the request's id."""
    with opened(settings) as installation:
        asked = report_absence(
            installation.attendance,
            holder_id,
            correction_id=str(uuid.uuid4()),
            absence=Absence(why),
            days=(first.date(), last.date()),
            operator=operator,
            at=installation.clock.now(),
        )
        click.echo(asked.id)


@attendance.command("list")
@click.option("--state", type=click.Choice([state.value for state in CorrectionState]))
@click.option("--after", default="", help="go on behind this request")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@click.pass_obj
def list_corrections(settings: Settings, *, state: str | None, after: str, limit: int) -> None:
    """List corrections, the oldest first; those that wait for approval without --state."""
    wanted = CorrectionState(state) if state else CorrectionState.REQUESTED
    with opened(settings) as installation:
        for one in installation.attendance.corrections(wanted, after=after, limit=limit):
            click.echo("\t".join(_columns(one)))


def _decision(name: str, doc: str, *, approve: bool) -> Callable[..., None]:
    @attendance.command(name, help=doc)
    @click.argument("correction_id")
    @OPERATOR
    @click.pass_obj
    def decide(settings: Settings, *, correction_id: str, operator: str) -> None:
        with opened(settings) as installation:
            decide_correction(
                installation.attendance,
                correction_id,
                approve=approve,
                operator=operator,
                at=installation.clock.now(),
            )

    return decide


approve_correction = _decision(
    "approve", "Duyệt – approve a correction; not by whoever asked for it.", approve=True
)
reject_correction = _decision("reject", "Từ chối – reject a correction.", approve=False)


def _columns(one: Correction) -> tuple[str, ...]:
    what = one.kind.value if one.absence is None else one.absence.value
    when = _days(one.first_day, one.last_day)
    if one.at is not None:
        when = one.at.astimezone(VIETNAM_TIME).strftime("%Y-%m-%d %H:%M")
    return (one.id, one.holder_id, what, when, one.requested_by, one.decided_by or "–")


def _days(first: date, last: date) -> str:
    return first.isoformat() if first == last else f"{first.isoformat()}…{last.isoformat()}"


def _write(target: Path, octets: bytes) -> None:
    try:
        target.write_bytes(octets)
    except OSError as error:
        raise click.ClickException(f"{target}: {error.strerror}") from error
