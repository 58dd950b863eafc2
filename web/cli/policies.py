"""``cardsvc policy``: policies as documents, from draft over rehearsal to activation and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from cardsvc.access_records import Enrolled
from cardsvc.errors import CardsvcError, Malformed
from cardsvc.service_records import PolicyInputs
from cardsvc.terms import AssuranceLevel, CardType
from verification.policy import life
from verification.policy.evaluate import Allowed, compiled
from verification.policy.explain import explain, unmet_words
from verification.policy.parse import parse_policy
from verification.policy.shelf import shelves
from verification.policy.templates import template_names, template_text
from web.cli.support import FILE, OPERATOR, error_line, opened
from web.settings import Settings

_INSTANT = click.DateTime(["%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%dT%H:%M%z"])
_SHOWN = 20


@click.group()
def policy() -> None:
    """Chính sách dịch vụ – who is served, when, where, at which level, and what is told."""


def _read(file: Path) -> str:
    try:
        text = file.read_text("utf-8")
        parse_policy(text)
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{file}: not UTF-8") from error
    except Malformed as error:
        raise click.ClickException(f"{file}: {error_line(error)}") from error
    return text


@policy.command("check")
@click.argument("file", type=FILE)
def check_policy(file: Path) -> None:
    """Kiểm tra tệp chính sách – say whether a file is a policy, without the service."""
    document = parse_policy(_read(file))
    click.echo(f"✓ {document.service}: {document.title.vi} – {document.title.en}")
    click.echo(f"  {len(document.rules)} rules, sha256 {document.sha256}")
    click.echo(f"  releases: {', '.join(document.release.attributes) or '–'}")


@policy.command("put")
@click.argument("partner_id")
@click.argument("file", type=FILE)
@OPERATOR
@click.pass_obj
def put_policy(settings: Settings, partner_id: str, file: Path, operator: str) -> None:
    """Lưu bản thảo – keep a file as a draft; it is not in force by that. Prints its version."""
    text = _read(file)
    with opened(settings) as installation:
        _require_partner(installation.access.relying_parties(), partner_id)
        at = installation.clock.now()
        draft = life.put_draft(installation.policies, partner_id, text, author=operator, at=at)
        click.echo(f"{partner_id}/{draft.service}\tversion {draft.version}")


@policy.command("list")
@click.argument("partner_id", required=False)
@click.pass_obj
def list_policies(settings: Settings, partner_id: str | None) -> None:
    """Liệt kê – list all versions: draft, rehearsed, or since when they are in force."""
    with opened(settings) as installation:
        for shelf in shelves(installation.policies, installation.clock.now(), partner_id):
            for one in shelf.versions:
                named = (
                    f"{shelf.relying_party}/{shelf.service}\tversion {one.version.policy.version}"
                )
                click.echo(f"{named}\t{one.state.value.replace('_', ' ')}\t{one.version.author}")


@policy.command("explain")
@click.argument("file", type=FILE)
@click.option("--card-type", type=click.Choice([one.value for one in CardType]), required=True)
@click.option("--level", type=click.Choice([one.name for one in AssuranceLevel]), default="X1")
@click.option("--category", help="CB, CC, VC, XA, XA0 or HD")
@click.option("--agency", help="the holder's agency code")
@click.option("--agent", default="", help="where the card is shown")
@click.option("--at", type=_INSTANT, help="2026-11-24T09:00+07:00 [default: now]")
def explain_policy(
    *,
    file: Path,
    card_type: str,
    level: str,
    category: str | None,
    agency: str | None,
    agent: str,
    at: datetime | None,
) -> None:
    """Giải thích – which rule decides for such a card, and why the earlier ones do not apply."""
    moment = (at or datetime.now(UTC)).astimezone(UTC)
    inputs = PolicyInputs(
        CardType(card_type), category, agency, AssuranceLevel[level], agent, moment
    )
    try:
        found = explain(parse_policy(_read(file)), inputs)
    except CardsvcError as error:
        raise click.ClickException(error_line(error)) from error
    if found.holiday:
        click.echo(f"  ngày lễ – public holiday: {found.holiday}")
    for trace in found.rules:
        vi, en = unmet_words(trace.unmet)
        why = "→ quyết định – decides" if trace.decided else f"không áp dụng: {vi} – {en}"
        click.echo(f"  {trace.rule} ({trace.effect.value})\t{why}")
    if isinstance(found.judgement, Allowed):
        click.echo("✓ được phục vụ – served")
    else:
        click.echo("✗ " + " ".join(reason.value for reason in found.judgement.reasons))


@policy.command("what-if")
@click.argument("partner_id")
@click.argument("service")
@click.argument("version", type=int)
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True)
@OPERATOR
@click.pass_obj
def what_if(
    settings: Settings, *, partner_id: str, service: str, version: int, days: int, operator: str
) -> None:
    """Thử trên quyết định đã có – rehearse a draft on the decisions of the last days."""
    with opened(settings) as installation:
        book, at = installation.policies, installation.clock.now()
        found = life.rehearse(
            book,
            installation.past,
            life.require_version(book, partner_id, service, version),
            operator=operator,
            since=at - timedelta(days=days),
            at=at,
        )
        click.echo(f"{found.replayed} decisions, {len(found.differences)} would change")
        for (before, after), count in sorted(found.counts.items()):
            click.echo(f"  {count}\t{before} → {after}")
        for one in found.differences[:_SHOWN]:
            after = one.reason.value if one.reason else "granted"
            click.echo(f"    {one.past.id}\t{one.past.reason or 'granted'} → {after}\t{one.rule}")


@policy.command("activate")
@click.argument("partner_id")
@click.argument("service")
@click.argument("version", type=int)
@click.option("--from", "active_from", type=_INSTANT, help="[default: now]")
@OPERATOR
@click.pass_obj
def activate(
    settings: Settings,
    *,
    partner_id: str,
    service: str,
    version: int,
    active_from: datetime | None,
    operator: str,
) -> None:
    """Đưa vào hiệu lực – put a version in force; somebody else than its author does it."""
    with opened(settings) as installation:
        book, at = installation.policies, installation.clock.now()
        found = life.require_version(book, partner_id, service, version)
        act = life.activate(book, found, operator=operator, active_from=active_from or at, at=at)
        click.echo(f"version {act.version} from {act.active_from.isoformat(timespec='seconds')}")


@policy.command("rollback")
@click.argument("partner_id")
@click.argument("service")
@OPERATOR
@click.pass_obj
def roll_back(settings: Settings, partner_id: str, service: str, operator: str) -> None:
    """Quay lại phiên bản trước – put the version back that was in force before, at once."""
    with opened(settings) as installation:
        book, at = installation.policies, installation.clock.now()
        act = life.roll_back(book, partner_id, service, operator=operator, at=at)
        click.echo(f"version {act.version} from {act.active_from.isoformat(timespec='seconds')}")


@policy.group()
def template() -> None:
    """Mẫu chính sách – policies that come with the program, one a service."""


@template.command("list")
def list_templates() -> None:
    """List the templates."""
    for name in template_names():
        document = compiled(template_text(name))
        click.echo(f"{name}\t{document.title.vi} – {document.title.en}")


@template.command("show")
@click.argument("name", type=click.Choice(template_names()))
def show_template(name: str) -> None:
    """Print a template; a pattern for one's own."""
    click.echo(template_text(name), nl=False)


@template.command("load")
@click.argument("partner_id")
@click.argument("names", type=click.Choice(template_names()), nargs=-1)
@click.option("--all", "every", is_flag=True, help="all templates")
@OPERATOR
@click.pass_obj
def load_templates(
    settings: Settings, *, partner_id: str, names: tuple[str, ...], every: bool, operator: str
) -> None:
    """Keep templates as drafts of a partner's services; somebody else activates them."""
    with opened(settings) as installation:
        _require_partner(installation.access.relying_parties(), partner_id)
        for name in template_names() if every else names:
            draft = life.put_draft(
                installation.policies,
                partner_id,
                template_text(name),
                author=operator,
                at=installation.clock.now(),
            )
            click.echo(f"{partner_id}/{draft.service}\tversion {draft.version}")


def _require_partner(known: Sequence[Enrolled], partner_id: str) -> None:
    if partner_id not in {one.id for one in known}:
        raise click.ClickException(f"no partner {partner_id}; see `cardsvc partner list`")
