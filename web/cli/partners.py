"""``cardsvc partner``: relying parties, what was agreed with them, and their keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.email import EmailAddress
from cardsvc.partner_records import (
    ALL_SCOPES,
    Contact,
    ContactRole,
    PartnerKey,
    PartnerProfile,
    RequestLimits,
    Scope,
    encode_scopes,
)
from cardsvc.terms import AssuranceLevel, CardType, Realm
from verification.policy.agreement import Agreement, parse_agreement
from verification.policy.evaluate import compiled
from verification.policy.simple import simple_policy
from web.bootstrap import Installation
from web.cli.support import FILE, OPERATOR, opened
from web.partners.register import KeyTerm, PartnerRegister
from web.settings import Settings

_DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])
_FROM = click.option("--from", "not_before", type=_DAY, help="UTC; now by default")
_UNTIL = click.option("--until", "not_after", type=_DAY, help="UTC; 400 days by default")


@click.group()
def partner() -> None:
    """Đơn vị tích hợp – relying parties, their services and keys."""


@partner.command("enrol")
@click.argument("party_id")
@click.option("--name", required=True)
@click.option(
    "--realm",
    type=click.Choice([one.value for one in Realm]),
    help="of the cards that it sees, for good [default: production]",
)
@click.option(
    "--token/--no-token",
    default=None,
    help="give it a token that never expires [default: unless it has keys of its own]",
)
@OPERATOR
@click.pass_obj
def enrol_partner(
    settings: Settings,
    *,
    party_id: str,
    name: str,
    realm: str | None,
    token: bool | None,
    operator: str,
) -> None:
    """Enrol a relying party, or give it a new token; prints the token, once."""
    with opened(settings) as installation:
        at = installation.clock.now()
        register, known = _register(installation), installation.partners.find(party_id)
        profile = known.profile if known else PartnerProfile(name, Realm(realm or "production"))
        if realm not in {None, profile.realm.value}:
            msg = f"{party_id} is enrolled in {profile.realm.value}, and stays there"
            raise click.ClickException(msg)
        register.enrol(party_id, replace(profile, name=name), operator=operator, at=at)
        keyed = any(one.revoked_at is None for one in register.keys(party_id))
        if token or (token is None and not keyed):
            access = installation.access
            click.echo(access.enrol_relying_party(party_id, name, operator=operator, at=at))


@partner.command("change")
@click.argument("party_id")
@click.option("--agency", help="code of the agency that it is; - for none")
@click.option("--contact", "contacts", multiple=True, help="ROLE=MAILBOX; replaces those there are")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(sorted(one.value for one in Scope))
)
@click.option("--all-scopes", is_flag=True)
@click.option("--per-minute", type=click.IntRange(1, 1_000_000))
@click.option("--per-day", type=click.IntRange(1, 1_000_000_000))
@OPERATOR
@click.pass_obj
def change_partner(
    settings: Settings,
    *,
    party_id: str,
    agency: str | None,
    contacts: tuple[str, ...],
    scopes: tuple[str, ...],
    all_scopes: bool,
    per_minute: int | None,
    per_day: int | None,
    operator: str,
) -> None:
    """Change what was agreed with a partner; what is not named stays."""
    with opened(settings) as installation:
        register = _register(installation)
        profile = register.partner(party_id).profile
        if agency is not None:
            code = None if agency == "-" else AgencyCode.parse(agency)
            profile = replace(profile, agency_code=code)
        if contacts:
            profile = replace(profile, contacts=tuple(_contact(one) for one in contacts))
        if scopes or all_scopes:
            chosen = ALL_SCOPES if all_scopes else frozenset(Scope(one) for one in scopes)
            profile = replace(profile, scopes=chosen)
        limits = RequestLimits(
            per_minute or profile.limits.per_minute, per_day or profile.limits.per_day
        )
        at = installation.clock.now()
        register.enrol(party_id, replace(profile, limits=limits), operator=operator, at=at)


def _contact(text: str) -> Contact:
    role, equals, mailbox = text.partition("=")
    if not equals or role not in {one.value for one in ContactRole}:
        roles = ", ".join(one.value for one in ContactRole)
        msg = f"--contact is ROLE=MAILBOX; roles: {roles}"
        raise click.ClickException(msg)
    return Contact(ContactRole(role), EmailAddress.parse(mailbox))


@partner.command("show")
@click.argument("party_id")
@click.pass_obj
def show_partner(settings: Settings, party_id: str) -> None:
    """Show what was agreed with a partner, and its keys."""
    with opened(settings) as installation:
        one = _register(installation).partner(party_id)
        profile = one.profile
        click.echo(f"{one.id}\t{'enabled' if one.enabled else 'disabled'}\t{profile.name}")
        click.echo(f"  realm\t{profile.realm.value}")
        click.echo(f"  agency\t{profile.agency_code.value if profile.agency_code else '-'}")
        click.echo(f"  scopes\t{encode_scopes(profile.scopes)}")
        click.echo(f"  agreement\t{profile.agreement}")
        limits = profile.limits
        click.echo(f"  limits\t{limits.per_minute} a minute, {limits.per_day} a day")
        for contact in profile.contacts:
            mailbox = contact.email.value if contact.email else "-"
            click.echo(f"  contact\t{contact.role.value}\t{mailbox}")
        click.echo(f"  token\t{'given at enrolment' if one.has_token else 'none'}")
        _print_keys(installation.partners.keys(party_id), installation.clock.now())


@partner.command("agree")
@click.argument("party_id")
@click.option("--service", "services", multiple=True, help="all where none is named")
@click.option("--purpose", "purposes", multiple=True, help="codes; all where none is named")
@click.option("--attribute", "attributes", multiple=True, help="all where none is named")
@click.option("--level", type=click.Choice([one.name for one in AssuranceLevel]))
@click.option("--fresh-for", type=click.IntRange(0), help="seconds that a status may be old")
@OPERATOR
@click.pass_obj
def agree(
    settings: Settings,
    *,
    party_id: str,
    services: tuple[str, ...],
    purposes: tuple[str, ...],
    attributes: tuple[str, ...],
    level: str | None,
    fresh_for: int | None,
    operator: str,
) -> None:
    """Set the bounds within which all of a partner's policies stay; the former ones are gone."""
    agreement = Agreement(
        frozenset(services) or None,
        frozenset(purposes) or None,
        frozenset(attributes) or None,
        None if level is None else AssuranceLevel[level],
        fresh_for,
    )
    with opened(settings) as installation:
        register = _register(installation)
        line = agreement.encode()
        parse_agreement(line)  # as a decision will
        profile = replace(register.partner(party_id).profile, agreement=line)
        register.enrol(party_id, profile, operator=operator, at=installation.clock.now())
        click.echo(line)


@partner.group("key")
def partner_key() -> None:
    """Khóa của đơn vị – public keys, several at once while one follows another."""


@partner_key.command("add")
@click.argument("party_id")
@click.argument("file", type=FILE)
@_FROM
@_UNTIL
@OPERATOR
@click.pass_obj
def add_key(
    settings: Settings,
    *,
    party_id: str,
    file: Path,
    not_before: datetime | None,
    not_after: datetime | None,
    operator: str,
) -> None:
    """Put a partner's JWK set, public key or TLS client certificate (PEM) on record."""
    octets = file.read_bytes()
    term = KeyTerm(_utc(not_before), _utc(not_after))
    with opened(settings) as installation:
        register, at = _register(installation), installation.clock.now()
        _print_keys(register.add_keys(party_id, octets, term, operator=operator, at=at), at)


def _utc(day: datetime | None) -> datetime | None:
    return None if day is None else day.replace(tzinfo=UTC)


@partner_key.command("list")
@click.argument("party_id")
@click.pass_obj
def list_keys(settings: Settings, party_id: str) -> None:
    """List a partner's keys, the newest first."""
    with opened(settings) as installation:
        register = _register(installation)
        _print_keys(register.keys(register.partner(party_id).id), installation.clock.now())


@partner_key.command("revoke")
@click.argument("party_id")
@click.argument("kid")
@OPERATOR
@click.pass_obj
def revoke_key(settings: Settings, party_id: str, kid: str, operator: str) -> None:
    """End a key now, and the tokens that were asked for with it."""
    with opened(settings) as installation:
        at = installation.clock.now()
        _register(installation).revoke_key(party_id, kid, operator=operator, at=at)


def _print_keys(keys: Sequence[PartnerKey], at: datetime) -> None:
    for key in keys:
        state = "counts" if key.counts_at(at) else "later" if at < key.not_before else "ended"
        if key.revoked_at is not None:
            state = "revoked"
        term = f"{key.not_before:%Y-%m-%d %H:%M} to {key.not_after:%Y-%m-%d %H:%M}"
        click.echo(f"  key\t{key.kid}\t{key.algorithm or key.kind.value}\t{state}\t{term} UTC")


@partner.command("list")
@click.pass_obj
def list_partners(settings: Settings) -> None:
    """List the relying parties and the policies in force."""
    with opened(settings) as installation:
        for one in installation.partners.partners():
            profile, state = one.profile, "enabled" if one.enabled else "disabled"
            realm = "" if profile.realm is Realm.PRODUCTION else f"\t{profile.realm.value}"
            click.echo(f"{one.id}\t{state}\t{profile.name}{realm}")
        for policy in installation.access.policies(installation.clock.now()):
            document = compiled(policy.document)
            where = f"{policy.relying_party}/{policy.service}"
            level = min(rule.minimum_level for rule in document.rules).name
            click.echo(f"  {where}\tversion {policy.version}\t{level}\t{document.title.vi}")


@partner.command("disable")
@click.argument("party_id")
@OPERATOR
@click.pass_obj
def disable_partner(settings: Settings, party_id: str, operator: str) -> None:
    """Shut a relying party out at once; its services are granted nothing any more."""
    with opened(settings) as installation:
        at = installation.clock.now()
        if not installation.access.disable_relying_party(party_id, operator=operator, at=at):
            raise click.ClickException(f"no partner {party_id}; see `cardsvc partner list`")


@partner.command("enable")
@click.argument("party_id")
@OPERATOR
@click.pass_obj
def enable_partner(settings: Settings, party_id: str, operator: str) -> None:
    """Let a relying party in again that was shut out, with the keys it has."""
    with opened(settings) as installation:
        at = installation.clock.now()
        register = _register(installation)
        register.set_enabled(party_id, enabled=True, operator=operator, at=at)


@partner.command("policy")
@click.argument("party_id")
@click.argument("service")
@click.option(
    "--level", type=click.Choice(["X0", "X1", "X2", "X3"]), default="X1", show_default=True
)
@click.option(
    "--card-type",
    "card_types",
    type=click.Choice([kind.value for kind in CardType]),
    multiple=True,
    help="may be given several times [default: all]",
)
@OPERATOR
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
    policy = simple_policy(party_id, service, kinds, AssuranceLevel[level])
    with opened(settings) as installation:
        if party_id not in {one.id for one in installation.access.relying_parties()}:
            raise click.ClickException(f"no partner {party_id}; see `cardsvc partner list`")
        at = installation.clock.now()
        click.echo(installation.access.put_policy(policy, operator=operator, at=at))


def _register(installation: Installation) -> PartnerRegister:
    return PartnerRegister(installation.partners)
