"""``reader-agent inspect``: reads one card, whoever issued it, and says whether it holds.

Exit status: 0 accept, 1 reject, 2 could not read (or the command was used wrongly).
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path

import click
from rich.console import Console

from cardsvc.card.session import PivSession
from cardsvc.clock import SystemClock
from cardsvc.errors import CardsvcError
from reader_agent.inspect import PinChoice, read_card
from reader_agent.material import Kind, Loaded, load, revocation_from, trust_from
from reader_agent.personas.catalogue import find_persona
from reader_agent.report_view import EXIT_STATUS, as_json, print_report
from reader_agent.sources import CardSource, open_source, persona_name
from verification.inspection.image import CardImage, Fault
from verification.inspection.inspect import inspect_card
from verification.inspection.report import InspectionReport, Mode
from verification.path.trust import TrustMaterial
from verification.status.revocation import RevocationMaterial

MAX_PIN_LINE = 64
"""More than any PIN has: what is longer is cut and refused as no PIN."""

_FOLDER = click.Path(exists=True, path_type=Path)


class Instant(click.ParamType[datetime]):
    """An ISO 8601 instant; without a zone it is UTC."""

    name = "ISO8601"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> datetime:
        """Return the aware instant."""
        if isinstance(value, datetime):
            return value
        try:
            at = datetime.fromisoformat(str(value))
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            self.fail(f"{value!r} is not an ISO 8601 date or time", param, ctx)


@click.command("inspect")
@click.option("--reader", required=True, help="PC/SC reader (or part of its name), virtual:PERSONA")
@click.option("--trust", type=_FOLDER, help="certificates: self-signed are anchors")
@click.option("--crl", type=_FOLDER, help="certificate revocation lists")
@click.option("--ocsp", type=_FOLDER, help="OCSP responses")
@click.option("--at", type=Instant(), help="judge at this instant [default: now]")
@click.option(
    "--mode", type=click.Choice([mode.value for mode in Mode]), default="cak", show_default=True
)
@click.option("--pin-stdin", is_flag=True, help="read the PIN from standard input (one line)")
@click.option("--allow-last-try", is_flag=True, help="spend the PIN's last try, too")
@click.option("--json", "json_output", is_flag=True, help="print JSON")
def inspect(
    *,
    reader: str,
    trust: Path | None,
    crl: Path | None,
    ocsp: Path | None,
    at: datetime | None,
    mode: str,
    pin_stdin: bool,
    allow_last_try: bool,
    json_output: bool,
) -> None:
    """Đọc và kiểm tra một thẻ PIV – read a PIV card and check it.

    Every file below --trust, --crl and --ocsp may be PEM or DER. Exit status: 0 accept,
    1 reject, 2 could not read.
    """
    instant = at or SystemClock().now()
    _refuse_misuse(reader, trust)
    given = _Given.load(trust, crl, ocsp)
    pin = _read_pin() if pin_stdin else None
    try:
        source = open_source(reader)
    except CardsvcError as error:
        image = CardImage(Mode(mode), fault=Fault(error.reason, str(error)))
        _finish(inspect_card(image, TrustMaterial(), None, instant), given, json_output=json_output)
        return
    try:
        choice = PinChoice(pin, allow_last_try)
        image = read_card(PivSession(source.connection), Mode(mode), choice, os.urandom)
    finally:
        source.connection.close()
    anchors, revocation = given.completed_by(source)
    report = inspect_card(image, anchors, revocation, instant)
    _finish(report, given, json_output=json_output)


def _refuse_misuse(reader: str, trust: Path | None) -> None:
    name = persona_name(reader)
    if name is None and trust is None:
        raise click.UsageError("--trust DIR is needed: which issuers are to be believed?")
    if name is not None and find_persona(name) is None:
        what = f"neither a card's file nor a persona: {name!r}"
        raise click.UsageError(f"{what}; `reader-agent virtual personas` lists these")


def _read_pin() -> str:
    line = sys.stdin.buffer.readline(MAX_PIN_LINE)
    return line.decode("utf-8", "replace").rstrip("\r\n")


@dataclass(frozen=True, slots=True)
class _Given:
    """What the options gave to judge by; None where an option was left out."""

    trust: TrustMaterial | None
    revocation: RevocationMaterial | None
    warnings: list[str]

    @classmethod
    def load(cls, trust: Path | None, crl: Path | None, ocsp: Path | None) -> _Given:
        warnings: list[str] = []
        anchors: TrustMaterial | None = None
        revocation: RevocationMaterial | None = None
        if trust is not None:
            loaded = _load(trust)
            warnings += loaded.warnings
            anchors = trust_from(loaded)
            if not anchors.anchors:
                warnings.append(f"{trust}: no self-signed certificate, so nothing can be trusted")
        if crl is not None or ocsp is not None:
            wanted = ((crl, Kind.CRL, "CRL"), (ocsp, Kind.OCSP_RESPONSE, "OCSP response"))
            files = []
            for place, kind, what in wanted:
                if place is None:
                    continue
                files.append(loaded := _load(place))
                warnings += loaded.warnings
                if not loaded.ders[kind]:
                    warnings.append(f"{place}: no {what} in it")
            revocation, unusable = revocation_from(files)
            warnings += unusable
        return cls(anchors, revocation, warnings)

    def completed_by(self, source: CardSource) -> tuple[TrustMaterial, RevocationMaterial | None]:
        """Return the material; for a persona without --trust, its realm's own."""
        if self.trust is not None or source.realm is None:
            return self.trust or TrustMaterial(), self.revocation
        return source.realm.trust(), self.revocation or source.revocation


def _load(place: Path) -> Loaded:
    try:
        return load(place)
    except OSError as error:
        raise click.UsageError(f"{place}: {error.strerror or 'can not be read'}") from error


def _finish(report: InspectionReport, given: _Given, *, json_output: bool) -> None:
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that knows no Vietnamese
    if json_output:
        unicode_output = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        click.echo(as_json(report, given.warnings, ascii_only=not unicode_output))
    else:
        print_report(report, given.warnings, Console(highlight=False))
    sys.exit(EXIT_STATUS[report.verdict])
