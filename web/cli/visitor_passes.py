"""``cardsvc visitor-pass``: short-lived signed QR codes for visitors."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from cardsvc.clock import VIETNAM_TIME, SystemClock
from cardsvc.errors import CardsvcError
from verification.flows.visitor_desk import Visit
from verification.visitor_pass import parse_revoked_passes, verify_pass
from web.cli.support import FILE, OPERATOR, error_line, opened
from web.console.qr_code import qr_path
from web.settings import Settings

_LOCAL = click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])


@click.group("visitor-pass")
def visitor_pass() -> None:
    """Giấy ra vào – visitor passes; whoever has a picture of one has the pass (X0)."""


@visitor_pass.command("issue")
@click.argument("party_id")
@click.option("--host", required=True, help="who invites")
@click.option("--zone", required=True, help="where it opens")
@click.option("--purpose", required=True, help="what for; stands in the QR code alone")
@click.option("--visitor", help="a name to compare with a document; in the QR code alone")
@click.option("--from", "starts", type=_LOCAL, help="Vietnam's time [default: now]")
@click.option("--hours", type=click.IntRange(1, 24), default=4, show_default=True)
@click.option("--entries", type=click.IntRange(1, 50), default=1, show_default=True)
@click.option("--qr", type=click.Path(path_type=Path), help="write the code as SVG, a new file")
@click.pass_obj
def issue(
    settings: Settings,
    *,
    party_id: str,
    host: str,
    zone: str,
    purpose: str,
    visitor: str | None,
    starts: datetime | None,
    hours: int,
    entries: int,
    qr: Path | None,
) -> None:
    """Cấp giấy ra vào – issue a pass; prints its identifier and the QR code's text."""
    with opened(settings) as installation:
        at = installation.clock.now()
        begins = at if starts is None else starts.replace(tzinfo=VIETNAM_TIME).astimezone(UTC)
        ends = begins + timedelta(hours=hours)
        visit = Visit(host, zone, purpose, visitor, entries, begins, ends)
        partner = installation.partners.find(party_id)
        if partner is None:
            raise click.ClickException(f"no partner {party_id}; see `cardsvc partner list`")
        desk = installation.services.flows.visitors
        kept, text = desk.issue(party_id, partner.profile.realm, visit, at)
    click.echo(kept.id)
    click.echo(text)
    if qr is not None:
        _draw(text, qr)


@visitor_pass.command("revoke")
@click.argument("party_id")
@click.argument("pass_id")
@OPERATOR
@click.pass_obj
def revoke(settings: Settings, party_id: str, pass_id: str, operator: str) -> None:
    """Thu hồi giấy ra vào – revoke a pass; gates that ask know at once."""
    with opened(settings) as installation:
        at = installation.clock.now()
        installation.services.flows.visitors.revoke(party_id, pass_id, actor=operator, at=at)


@visitor_pass.command("verify")
@click.argument("text_file", type=FILE)
@click.option("--keys", "keys_file", type=FILE, required=True, help="the published JWK set")
@click.option("--revoked", "revoked_file", type=FILE, help="the published list of revoked passes")
@click.option("--issuer", help="the issuer's name; ours by default")
@click.option("--zone", help="where it is shown [default: any]")
@click.pass_obj
def verify(
    settings: Settings,
    *,
    text_file: Path,
    keys_file: Path,
    revoked_file: Path | None,
    issuer: str | None,
    zone: str | None,
) -> None:
    """Kiểm tra giấy ra vào – check a pass offline. How often it was used is not known here."""
    try:
        text = text_file.read_text("utf-8").rstrip("\r\n")
        key_set: Any = json.loads(keys_file.read_text("utf-8"))
        token = None if revoked_file is None else revoked_file.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        raise click.ClickException("a file can't be read, or is no JWK set") from error
    if not isinstance(key_set, dict):
        raise click.ClickException(f"{keys_file}: no JWK set")
    expected, at = issuer or settings.issuer, SystemClock().now()
    try:
        revoked = frozenset[str]()
        if token is not None:
            revoked = parse_revoked_passes(token, key_set, expected_issuer=expected, at=at)
        says = verify_pass(
            text, key_set, expected_issuer=expected, at=at, zone=zone, revoked=revoked
        )
    except CardsvcError as error:
        raise click.ClickException(error_line(error)) from error
    told = {
        "level": "X0",
        "id": says.id,
        "partner": says.relying_party,
        "zone": says.zone,
        "purpose": says.purpose,
        "visitor": says.visitor,
        "not_before": says.not_before.isoformat(),
        "expires_at": says.expires_at.isoformat(),
    }
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))


def _draw(text: str, file: Path) -> None:
    code = qr_path(text)
    box = f'viewBox="0 0 {code.size} {code.size}" shape-rendering="crispEdges"'
    ground = f'<path fill="#fff" d="M0 0h{code.size}v{code.size}H0z"/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{ground}<path d="{code.path}"/></svg>\n'
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(svg)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error
