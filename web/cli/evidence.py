"""``cardsvc audit``, ``cardsvc receipt``: what an auditor checks."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cardsvc.errors import CardsvcError
from keys.signers import verify_receipt
from web.cli.support import FILE, opened
from web.cli.witness import witness
from web.settings import Settings
from web.wiring.witness import parse_note_key
from web.witness.evidence import check_evidence, make_evidence


@click.group()
def audit() -> None:
    """The audit log."""


@audit.command("verify")
@click.option(
    "--checkpoint",
    "kept",
    type=FILE,
    multiple=True,
    help="a cosigned checkpoint that somebody kept; may be repeated",
)
@click.option("--ask", is_flag=True, help="ask the witnesses what they have seen")
@click.pass_obj
def verify_audit(settings: Settings, kept: tuple[Path, ...], *, ask: bool) -> None:
    """Kiểm tra toàn bộ nhật ký – prove that nothing was deleted, changed or reordered.

    Also that the log still is what witnesses cosigned: a database that was cut short or set back
    as a whole shows against heads that others kept.
    """
    with opened(settings) as installation:
        desk = installation.witnesses
        known = list(desk.heads_on_record())
        known += [desk.head_of(file.read_bytes(), desk.book.all()) for file in kept]
        if ask:
            known += desk.heads_of_witnesses()
        verified = installation.audit.verify(installation.log_verifier, known=known)
        click.echo(f"✓ {verified.size} events, root {verified.root_hash.hex()}")
        last = installation.audit.latest_signed_head()
        newest = "" if last is None else f", the last of {last.head.at.isoformat()}"
        # whoever deletes them all leaves a log that is sound: the number is for comparing
        click.echo(f"✓ {verified.tree_heads} heads signed by the service{newest}")
        if known:
            click.echo(f"✓ {len(known)} cosigned heads, up to {max(one.size for one in known)}")


@audit.command("sign")
@click.pass_obj
def sign_audit(settings: Settings) -> None:
    """Ký đầu cây nhật ký – sign the log as it stands."""
    with opened(settings) as installation:
        signed = installation.audit.sign_head(installation.log_signer, installation.clock.now())
        click.echo(f"{signed.head.size} {signed.head.root_hash.hex()} {signed.key_id}")


@audit.command("show")
@click.option("--subject", help="a card's GUID, an application's or agent's id")
@click.option("--request-id", help="an X-Request-Id, as a partner or an agent quotes it")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@click.pass_obj
def show_audit(settings: Settings, subject: str | None, request_id: str | None, limit: int) -> None:
    """Show events, newest first."""
    with opened(settings) as installation:
        found = installation.audit.events(subject=subject, request_id=request_id, limit=limit)
        for entry in found:
            event = entry.event
            facts = " ".join(f"{name}={value}" for name, value in sorted(event.facts.items()))
            at = event.at.isoformat(timespec="seconds")
            click.echo(f"{at}\t{event.actor}\t{event.action}\t{event.subject}\t{facts}")


audit.add_command(witness)


@click.group()
def receipt() -> None:
    """Receipts of decisions."""


@receipt.command("prove")
@click.argument("decision_id")
@click.pass_obj
def prove_receipt(settings: Settings, decision_id: str) -> None:
    """Bằng chứng trong nhật ký – print evidence that a decision stands in the cosigned log.

    It holds the decision's exact reasons: for auditors and courts, not for partners.
    """
    with opened(settings) as installation:
        cosigned = installation.witnesses.book.cosigned()
        click.echo(make_evidence(installation.audit, decision_id, cosigned), nl=False)


@receipt.command("verify")
@click.argument("receipt_file", type=FILE)
@click.option("--keys", "keys_file", type=FILE, required=True, help="the published JWK set")
@click.option("--evidence", "evidence_file", type=FILE, help="of `cardsvc receipt prove`")
@click.option("--log-key", help="the log's, of `cardsvc audit witness key`")
@click.option("--witness", "witnesses", multiple=True, help="a witness's key; may be repeated")
def check_receipt(
    receipt_file: Path,
    keys_file: Path,
    evidence_file: Path | None,
    log_key: str | None,
    witnesses: tuple[str, ...],
) -> None:
    """Kiểm tra biên nhận – check a receipt with the published keys, without the service.

    With evidence, also that its decision stood in the log when the witnesses saw it.
    """
    if (evidence_file is None) != (log_key is None):
        raise click.UsageError("--evidence and --log-key go together")
    try:
        text = receipt_file.read_text("utf-8").strip()
        claims = verify_receipt(text, json.loads(keys_file.read_text("utf-8")))
        click.echo(json.dumps(claims, ensure_ascii=False, indent=2))
        if evidence_file is not None and log_key is not None:
            proved = check_evidence(
                evidence_file.read_bytes(),
                text,
                parse_note_key(log_key),
                [parse_note_key(one) for one in witnesses],
            )
            click.echo(f"✓ entry {proved.place} of {proved.origin}")
            for name, at in sorted(proved.cosigned_at.items()):
                click.echo(f"✓ {name} {at.isoformat()}")
    except (CardsvcError, ValueError) as error:
        raise click.ClickException(str(error)) from error
