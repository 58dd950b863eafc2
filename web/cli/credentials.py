"""``cardsvc credential``: the signed QR code on a card's face, checked without the service."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from cardsvc.clock import SystemClock
from cardsvc.errors import CardsvcError
from cardsvc.terms import Realm
from verification.credential import verify_credential
from web.cli.support import FILE, REALM, error_line, opened
from web.settings import Settings


@click.group()
def credential() -> None:
    """Mã QR có chữ ký – the signed QR code on a card's face."""


@credential.command("keys")
@REALM
@click.pass_obj
def keys(settings: Settings, realm: Realm) -> None:
    """Print the public keys (JWK set) that a realm's credentials are checked with."""
    with opened(settings) as installation:
        click.echo(json.dumps(installation.services.credential_keys(realm), indent=2))


@credential.command("verify")
@click.argument("text_file", type=FILE)
@click.option("--keys", "keys_file", type=FILE, required=True, help="the published JWK set")
@click.option("--issuer", help="the issuer's name; ours by default")
@click.option("--at", type=click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"]), help="UTC")
@click.pass_obj
def verify(
    settings: Settings, text_file: Path, keys_file: Path, issuer: str | None, at: datetime | None
) -> None:
    """Kiểm tra mã QR – check a scanned text offline. The level is X0: a copy passes, too."""
    try:
        # Base45 has spaces of its own: only the line's end goes
        text = text_file.read_text("utf-8").rstrip("\r\n")
        key_set = json.loads(keys_file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{keys_file}: no JWK set, or {text_file}: no text") from error
    if not isinstance(key_set, dict):
        raise click.ClickException(f"{keys_file}: no JWK set")
    instant = at.replace(tzinfo=UTC) if at else SystemClock().now()
    try:
        verified = verify_credential(
            text, key_set, expected_issuer=issuer or settings.issuer, at=instant
        )
    except CardsvcError as error:
        raise click.ClickException(error_line(error)) from error
    says = verified.credential
    click.echo(
        json.dumps(
            {
                "level": verified.level.name,
                "issuer": says.issuer,
                "card": says.guid.urn,
                "card_type": says.card_type.value,
                "full_name": says.full_name,
                "issued_at": says.issued_at.isoformat(),
                "expires_at": says.expires_at.isoformat(),
                "note": "người phát hành đã ký nội dung này; không chứng thực người mang thẻ – "
                "signed by the issuer; authenticates nobody, and status was not asked",
            },
            ensure_ascii=False,
            indent=2,
        )
    )
