"""``cardsvc``: the command line of the service. Each group of commands has a file of its own.

Commands parse, call one use case and print.
"""

from __future__ import annotations

from pathlib import Path

import click

from web.cli.access import agent
from web.cli.agencies import agency
from web.cli.api import api
from web.cli.applications import application
from web.cli.attendance import attendance
from web.cli.batches import batch
from web.cli.cards import card
from web.cli.checks import checks
from web.cli.credentials import credential
from web.cli.desk import desk
from web.cli.doors import door
from web.cli.evidence import audit, receipt
from web.cli.faces import face, face_layout, face_sample, faces
from web.cli.holders import holder, photo
from web.cli.housekeeping import housekeeping
from web.cli.imports import imports
from web.cli.losses import loss
from web.cli.opendata import opendata
from web.cli.operators import operator
from web.cli.partners import partner
from web.cli.pki import pki
from web.cli.policies import policy
from web.cli.privacy import privacy
from web.cli.pseudonyms import PSEUDONYMS
from web.cli.service import backup, demo, init, serve
from web.cli.status import status
from web.cli.stock_books import stock
from web.cli.support import FILE
from web.cli.unblock import UNBLOCKING
from web.cli.visitor_passes import visitor_pass
from web.cli.webhooks import webhook
from web.settings import SettingsError, load_settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cardsvc")
@click.option("--config", type=FILE, help="settings in TOML; CARDSVC_… variables win over it")
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """Dịch vụ thẻ điện tử – the electronic card service."""
    try:
        context.obj = load_settings(config)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


_SERVICE = (init, serve, backup, demo)
_REGISTRIES = (agency, holder, photo)
_CARDS = (application, imports, desk, stock, privacy, card, loss, batch, attendance, door)
_FACES = (face, faces, face_layout, face_sample)
_OTHERS = (
    status,
    pki,
    housekeeping,
    opendata,
    agent,
    api,
    operator,
    partner,
    webhook,
    policy,
    audit,
    receipt,
    credential,
    visitor_pass,
)
for command in (*_SERVICE, *_CARDS, *_FACES, *_REGISTRIES, *_OTHERS):
    main.add_command(command)
for command in PSEUDONYMS:
    partner.add_command(command)
for command in UNBLOCKING:
    card.add_command(command)
card.add_command(checks)
