"""``cardsvc pki``: what each realm's cards and receipts are checked with; the sandbox's past."""

from __future__ import annotations

import json

import click

from cardsvc.store.realm_cards import SqlSandboxCards
from cardsvc.terms import Realm
from issuance.old_test_cards import end_old_test_cards
from web.cli.support import OPERATOR, REALM, opened
from web.settings import Settings


@click.group()
def pki() -> None:
    """CA và khóa công khai của từng môi trường – each realm's CAs and public keys."""


@pki.command("anchors")
@REALM
@click.pass_obj
def anchors(settings: Settings, realm: Realm) -> None:
    """Print a realm's CA certificates in PEM: its root, then its issuing CAs."""
    with opened(settings) as installation:
        click.echo(installation.services.status.anchors(realm).decode("ascii"), nl=False)


@pki.command("keys")
@REALM
@click.pass_obj
def keys(settings: Settings, realm: Realm) -> None:
    """Print the public keys (JWK set) that a realm's receipts and status lists are checked with."""
    with opened(settings) as installation:
        click.echo(json.dumps(installation.services.status.jwks(realm), indent=2))


@pki.command("end-old-test-cards")
@OPERATOR
@click.pass_obj
def end_old(settings: Settings, operator: str) -> None:
    """Revoke test cards that production's CAs certified, before the sandbox had its own.

    They serve nowhere any more; programs that look at certificates and CRLs alone learn it so.
    """
    with opened(settings) as installation:
        ended = end_old_test_cards(
            installation.store,
            SqlSandboxCards(installation.database),
            {one.issuer.key_id for one in installation.pki.authorities.values()},
            operator=operator,
            at=installation.clock.now(),
        )
        for guid in ended:
            click.echo(str(guid))
        click.echo(f"{len(ended)} thẻ thử nghiệm cũ – old test cards", err=True)
