"""The table, and the file that is kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.measure import Measurement

RESULTS = Path(__file__).parent / "results" / "latest.json"
CONSOLE_RESULTS = RESULTS.with_name("console.json")
FOOTPRINT_RESULTS = RESULTS.with_name("footprint.json")
LATENCY_RESULTS = RESULTS.with_name("latency.json")


def print_table(rows: Sequence[Measurement], console: Console) -> None:
    """Print every row with its bare limit and ratio."""
    table = Table(title="cardsvc")
    table.add_column("what")
    for heading in ("value", "bare limit", "ratio"):
        table.add_column(heading, justify="right")
    table.add_column("how to read it", overflow="fold")
    for row in rows:
        bare = "" if row.bare_limit is None else f"{row.bare_limit:,.2f}"
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        table.add_row(row.name, f"{row.value:,.2f} {row.unit}", bare, ratio, row.detail)
    console.print(table)


def write_results(rows: Sequence[Measurement], path: Path = RESULTS) -> None:
    """Write the rows as a list of objects."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps([row.as_json() for row in rows], ensure_ascii=False, indent=2)
    path.write_text(text + "\n", encoding="utf-8")
