"""``cardsvc``: the command line of the service. It parses, calls one use case, prints."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from cardsvc.card.guid import CardGuid
from cardsvc.errors import CardsvcError
from cardsvc.service_records import ServicePolicy
from cardsvc.terms import AssuranceLevel, CardType, RevocationReason
from issuance import lifecycle
from keys.signers import verify_receipt
from web.bootstrap import Installation, open_installation
from web.settings import Settings, SettingsError, load_settings

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@contextmanager
def _installation(settings: Settings) -> Iterator[Installation]:
    """Open the service; say what is wrong in one line instead of a traceback."""
    try:
        installation = open_installation(settings)
    except (CardsvcError, SettingsError) as error:
        raise click.ClickException(str(error)) from error
    try:
        yield installation
    except CardsvcError as error:
        raise click.ClickException(f"{error.reason.value}: {error}") from error
    finally:
        installation.close()


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="cardsvc")
@click.option("--config", type=_FILE, help="settings in TOML; CARDSVC_… variables win over it")
@click.pass_context
def main(context: click.Context, config: Path | None) -> None:
    """Dịch vụ thẻ điện tử – the electronic card service."""
    try:
        context.obj = load_settings(config)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


@main.command()
@click.pass_obj
def init(settings: Settings) -> None:
    """Tạo cơ sở dữ liệu, kho khóa và các CA – make database, vault and CAs, or show them."""
    with _installation(settings) as installation:
        for line in installation.pki.transcript:
            click.echo(str(line))
        click.echo(f"\n{settings.data_dir}")


@main.command()
@click.pass_obj
def serve(settings: Settings) -> None:
    """Chạy dịch vụ – serve the APIs."""
    from web.server import run  # noqa: PLC0415 - the server is needed by this command alone

    with _installation(settings):
        pass  # what is wrong is said here, not in a worker's traceback
    run(settings)


@main.command()
@click.option("--once", is_flag=True, help="end when the story is told")
def demo(*, once: bool) -> None:
    """Trình diễn: ba thẻ, từ đề nghị đến thu hồi – three cards from request to revocation."""
    from web.demo.run import run_demo  # noqa: PLC0415 - the demo alone needs the agent
    from web.demo.story import DemoFailed  # noqa: PLC0415

    try:
        run_demo(once=once)
    except (DemoFailed, CardsvcError) as error:
        click.secho(f"✗ {error}", fg="red", err=True)
        sys.exit(1)


@main.group()
def agent() -> None:
    """Reader agents."""


@agent.command("enrol")
@click.argument("agent_id")
@click.option("--name", required=True)
@click.option("--operator", required=True, help="who enrols it")
@click.pass_obj
def enrol_agent(settings: Settings, agent_id: str, name: str, operator: str) -> None:
    """Enrol an agent, or give it a new token; prints the token, once."""
    with _installation(settings) as installation:
        at = installation.clock.now()
        click.echo(installation.access.enrol_agent(agent_id, name, operator=operator, at=at))


@agent.command("disable")
@click.argument("agent_id")
@click.option("--operator", required=True, help="who shuts it out")
@click.pass_obj
def disable_agent(settings: Settings, agent_id: str, operator: str) -> None:
    """Shut an agent out at once."""
    with _installation(settings) as installation:
        at = installation.clock.now()
        if not installation.access.disable_agent(agent_id, operator=operator, at=at):
            raise click.ClickException(f"no agent {agent_id}")


@main.group()
def partner() -> None:
    """Relying parties and their services."""


@partner.command("enrol")
@click.argument("party_id")
@click.option("--name", required=True)
@click.option("--operator", required=True, help="who enrols it")
@click.pass_obj
def enrol_partner(settings: Settings, party_id: str, name: str, operator: str) -> None:
    """Enrol a relying party, or give it a new token; prints the token, once."""
    with _installation(settings) as installation:
        at = installation.clock.now()
        token = installation.access.enrol_relying_party(party_id, name, operator=operator, at=at)
        click.echo(token)


@partner.command("policy")
@click.argument("party_id")
@click.argument("service")
@click.option("--level", type=click.Choice(["X1", "X2"]), default="X1", show_default=True)
@click.option(
    "--card-type",
    "card_types",
    type=click.Choice([kind.value for kind in CardType]),
    multiple=True,
    help="may be given several times [default: all]",
)
@click.option("--operator", required=True, help="who puts it in force")
@click.pass_obj
def put_policy(
    settings: Settings,
    *,
    party_id: str,
    service: str,
    level: str,
    card_types: tuple[str, ...],
    operator: str,
) -> None:
    """Put a service's policy in force; prints its version."""
    kinds = frozenset(CardType(kind) for kind in card_types) or frozenset(CardType)
    policy = ServicePolicy(party_id, service, 0, kinds, AssuranceLevel[level])
    with _installation(settings) as installation:
        at = installation.clock.now()
        click.echo(installation.access.put_policy(policy, operator=operator, at=at))


@main.group()
def card() -> None:
    """Cards that were issued."""


@card.command("suspend")
@click.argument("guid")
@click.option("--operator", required=True)
@click.pass_obj
def suspend_card(settings: Settings, guid: str, operator: str) -> None:
    """Khóa thẻ – lock a card."""
    with _installation(settings) as installation:
        at = installation.clock.now()
        lifecycle.suspend(installation.store, CardGuid.parse(guid), operator=operator, at=at)


@card.command("resume")
@click.argument("guid")
@click.option("--operator", required=True)
@click.pass_obj
def resume_card(settings: Settings, guid: str, operator: str) -> None:
    """Mở khóa thẻ – unlock a card."""
    with _installation(settings) as installation:
        at = installation.clock.now()
        lifecycle.resume(installation.store, CardGuid.parse(guid), operator=operator, at=at)


@card.command("revoke")
@click.argument("guid")
@click.option(
    "--reason",
    type=click.Choice(sorted(reason.value for reason in lifecycle.FINAL_REASONS)),
    required=True,
)
@click.option("--operator", required=True)
@click.pass_obj
def revoke_card(settings: Settings, guid: str, reason: str, operator: str) -> None:
    """Thu hồi thẻ – withdraw a card for good."""
    with _installation(settings) as installation:
        lifecycle.revoke(
            installation.store,
            CardGuid.parse(guid),
            reason=RevocationReason(reason),
            operator=operator,
            at=installation.clock.now(),
        )


@main.group()
def audit() -> None:
    """The audit log."""


@audit.command("verify")
@click.pass_obj
def verify_audit(settings: Settings) -> None:
    """Kiểm tra toàn bộ nhật ký – prove that nothing was deleted, changed or reordered."""
    with _installation(settings) as installation:
        verified = installation.audit.verify(installation.log_verifier)
        click.echo(f"✓ {verified.size} events, root {verified.root_hash.hex()}")


@audit.command("sign")
@click.pass_obj
def sign_audit(settings: Settings) -> None:
    """Ký đầu cây nhật ký – sign the log as it stands."""
    with _installation(settings) as installation:
        signed = installation.audit.sign_head(installation.log_signer, installation.clock.now())
        click.echo(f"{signed.head.size} {signed.head.root_hash.hex()} {signed.key_id}")


@main.group()
def receipt() -> None:
    """Receipts of decisions."""


@receipt.command("verify")
@click.argument("receipt_file", type=_FILE)
@click.option("--keys", "keys_file", type=_FILE, required=True, help="the published JWK set")
def check_receipt(receipt_file: Path, keys_file: Path) -> None:
    """Kiểm tra biên nhận – check a receipt with the published keys, without the service."""
    try:
        claims = verify_receipt(
            receipt_file.read_text("utf-8").strip(), json.loads(keys_file.read_text("utf-8"))
        )
    except (CardsvcError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(claims, ensure_ascii=False, indent=2))
