"""``cardsvc api``: the contract of the JSON APIs as a file."""

from __future__ import annotations

import json
from pathlib import Path

import click

from web.cli.support import opened
from web.settings import Settings


@click.group()
def api() -> None:
    """Hợp đồng API – the contract of the JSON APIs."""


@api.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def openapi(settings: Settings, file: Path) -> None:
    """Ghi tài liệu OpenAPI 3.1 – write the OpenAPI document into FILE."""
    from web.app import create_app  # noqa: PLC0415 - the console's pages are slow to import
    from web.openapi.document import openapi_document  # noqa: PLC0415
    from web.openapi.pages import program_version  # noqa: PLC0415

    with opened(settings) as installation:
        document = openapi_document(create_app(installation.services), program_version())
    try:
        file.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from error
    click.echo(f"✓ {file}: {len(document['paths'])} địa chỉ – addresses")
