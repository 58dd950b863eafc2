"""``reader-agent doctor``: finds the usual faults and says how to mend them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from cardsvc.clock import SystemClock

_MARKS = {"good": "✓", "warning": "!", "fault": "✗"}


@click.command("doctor")
@click.option(
    "--config",
    "config_file",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="agent.toml",
)
@click.option("--json", "json_output", is_flag=True, help="print JSON")
def doctor(*, config_file: Path, json_output: bool) -> None:
    """Khám tác nhân – look for the usual faults and say how each is mended.

    Exit status: 0 all is well, 1 warnings, 2 faults.
    """
    from reader_agent.doctor.examine import examine  # noqa: PLC0415 - heavy; --help is not
    from reader_agent.doctor.texts import SIGN_TEXTS  # noqa: PLC0415

    findings = examine(config_file, SystemClock())
    told = [
        {
            "sign": one.sign.value,
            "grade": one.sign.grade.value,
            "detail": one.detail,
            "vi": SIGN_TEXTS[one.sign].vi,
            "en": SIGN_TEXTS[one.sign].en,
            "fix_vi": SIGN_TEXTS[one.sign].fix_vi,
            "fix_en": SIGN_TEXTS[one.sign].fix_en,
        }
        for one in findings
    ]
    if json_output:
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
    else:
        for line in told:
            detail = f" ({line['detail']})" if line["detail"] else ""
            click.echo(f"{_MARKS[line['grade']]} {line['vi']} – {line['en']}{detail}")
            if line["fix_vi"]:
                click.echo(f"    → {line['fix_vi']}\n    → {line['fix_en']}")
    grades = {line["grade"] for line in told}
    sys.exit(2 if "fault" in grades else 1 if "warning" in grades else 0)
