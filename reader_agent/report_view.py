"""Shows an inspection report: a table for a person, JSON for a program."""

from __future__ import annotations

import json

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reader_agent.reason_texts import reason_text
from verification.inspection.report import Check, InspectionReport, Result, Verdict

_MARKS = {
    Result.PASS: Text("✓", "green"),
    Result.FAIL: Text("✗", "bold red"),
    Result.NOT_APPLICABLE: Text("–", "dim"),
}
_VERDICTS = {
    Verdict.ACCEPT: ("CHẤP NHẬN · ACCEPT", "bold green"),
    Verdict.REJECT: ("TỪ CHỐI · REJECT", "bold red"),
    Verdict.UNREADABLE: ("KHÔNG ĐỌC ĐƯỢC · UNREADABLE", "bold yellow"),
}
EXIT_STATUS = {Verdict.ACCEPT: 0, Verdict.REJECT: 1, Verdict.UNREADABLE: 2}


def as_json(report: InspectionReport, warnings: list[str], *, ascii_only: bool = False) -> str:
    """Return the report as one JSON document; ``level`` is null unless the card was accepted.

    Args:
        report: what was found.
        warnings: files that could not be used.
        ascii_only: escape all but ASCII, for an output that can't take Vietnamese.
    """
    card = report.card
    document = {
        "verdict": report.verdict.value,
        "level": report.level.name if report.verdict is Verdict.ACCEPT else None,
        "mode": report.mode.value,
        "at": report.at.isoformat().replace("+00:00", "Z"),
        "card": {
            "guid": card.guid,
            "fascn": card.fascn,
            "expires": card.expires.isoformat() if card.expires else None,
            "atr": card.atr or None,
            "application": card.application or None,
        },
        "checks": [_check_document(check) for check in report.checks],
        "warnings": warnings,
    }
    return json.dumps(document, ensure_ascii=ascii_only, indent=2)


def _check_document(check: Check) -> dict[str, object]:
    finding = check.finding
    return {
        "number": check.number,
        "id": check.id,
        "title": f"{check.title_vi} · {check.title_en}",
        "result": finding.result.value,
        "reason": finding.reason.value if finding.reason else None,
        "detail": finding.detail or None,
        "spec": check.spec,
    }


def print_report(report: InspectionReport, warnings: list[str], console: Console) -> None:
    """Print the checks, what the card says it is, and the verdict last."""
    table = Table(show_lines=False, header_style="bold", expand=False)
    table.add_column("#", justify="right", style="dim")
    table.add_column("", justify="center")
    table.add_column("Kiểm tra · Check", overflow="fold", ratio=3)
    table.add_column("Kết quả · Finding", overflow="fold", ratio=4)
    for check in report.checks:
        if report.verdict is Verdict.UNREADABLE and check.finding.result is Result.NOT_APPLICABLE:
            continue
        title = Text.assemble(check.title_vi, "\n", (check.title_en, "dim"))
        table.add_row(str(check.number), _MARKS[check.finding.result], title, _finding(check))
    console.print(table)
    _print_card(report, console)
    for warning in warnings:
        console.print(Text(f"! {warning}", "yellow"))
    console.print(_verdict_line(report))


def _finding(check: Check) -> Text:
    finding = check.finding
    if finding.reason is None:
        return Text(finding.detail, "dim" if finding.result is Result.NOT_APPLICABLE else "")
    text = Text(finding.reason.value, "red")
    if explanation := reason_text(finding.reason):
        text.append(f"\n{explanation}", "default")
    if finding.detail and finding.detail != finding.reason.value:
        text.append(f"\n{finding.detail}", "dim")
    return text


def _print_card(report: InspectionReport, console: Console) -> None:
    card = report.card
    facts = {
        "GUID": card.guid,
        "FASC-N": card.fascn,
        "Hết hạn · Expires": card.expires.isoformat() if card.expires else None,
        "ATR": card.atr,
    }
    for name, value in facts.items():
        if value:
            console.print(Text.assemble((f"{name}: ", "bold"), value))


def _verdict_line(report: InspectionReport) -> Text:
    words, style = _VERDICTS[report.verdict]
    counts = dict.fromkeys(Result, 0)
    for check in report.checks:
        counts[check.finding.result] += 1
    tally = f"  {counts[Result.PASS]} ✓  {counts[Result.FAIL]} ✗  {counts[Result.NOT_APPLICABLE]} –"
    line = Text.assemble((words, style))
    if report.verdict is Verdict.ACCEPT:
        line.append(f"  {report.level.name}", "bold")
    line.append(tally, "dim")
    line.append(f"  {report.mode.value}  {report.at.isoformat().replace('+00:00', 'Z')}", "dim")
    return line
