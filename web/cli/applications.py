"""``cardsvc application``: requests for cards, and their approval by a second person."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from cardsvc.card.guid import CardGuid
from cardsvc.decision_records import ApprovalDecision
from cardsvc.lifecycle import ApplicationState
from cardsvc.records import Application
from cardsvc.store.application_directory import ApplicationFilter
from cardsvc.terms import CARD_TYPE_VI, ApplicationKind, CardType, Realm
from issuance import approve as approval
from issuance.application_form import ApplicationForm, example_form, parse_application_form
from issuance.decisions import approve_together, make_decision
from issuance.enrol import request_card, resubmit
from issuance.registry.holders import with_form_facts
from web.bootstrap import Installation
from web.cli.support import FILE, GUID, OPERATOR, opened
from web.settings import Settings

_NOTE = click.option("--note", required=True, help="a short code, such as WRONG_NAME; no names")
_TEXT = click.option("--text", type=FILE, help="a file that says more; sealed in the database")


@click.group()
def application() -> None:
    """Đề nghị cấp thẻ – requests for cards."""


@application.command("form")
@click.argument("card_type", type=click.Choice([kind.value for kind in CardType]))
def print_form(card_type: str) -> None:
    """Print a form to fill in."""
    click.echo(example_form(CardType(card_type)), nl=False)


@application.command("request")
@click.argument("form", type=FILE)
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in ApplicationKind]),
    default=ApplicationKind.NEW.value,
    show_default=True,
)
@click.option("--replaces", type=GUID, help="the old card, unless a new one is asked for")
@click.option("--sandbox", is_flag=True, help="thẻ thử nghiệm – a test card, of no use elsewhere")
@OPERATOR
@click.pass_obj
def request(
    settings: Settings,
    *,
    form: Path,
    kind: str,
    replaces: CardGuid | None,
    sandbox: bool,
    operator: str,
) -> None:
    """Đề nghị cấp thẻ – request a card from a filled-in FORM; prints the application's id."""
    with opened(settings) as installation:
        asked = _of_known_holder(installation, _read(form))
        application_id = str(uuid.uuid4())
        request_card(
            installation.store,
            application_id=application_id,
            card_type=asked.card_type,
            holder=asked.holder,
            operator=operator,
            at=installation.clock.now(),
            kind=ApplicationKind(kind),
            replaces=replaces,
            realm=Realm.SANDBOX if sandbox else Realm.PRODUCTION,
        )
        click.echo(application_id)


@application.command("again")
@click.argument("guid", type=GUID)
@click.option(
    "--kind",
    type=click.Choice([kind.value for kind in ApplicationKind if kind is not ApplicationKind.NEW]),
    required=True,
)
@OPERATOR
@click.pass_obj
def again(settings: Settings, guid: CardGuid, kind: str, operator: str) -> None:
    """Cấp lại, cấp đổi, gia hạn – ask for a card in place of GUID, with the facts on record."""
    with opened(settings) as installation:
        with installation.store.transaction() as unit:
            old = unit.card(guid)
            holder = unit.application(old.application_id).holder
        application_id = str(uuid.uuid4())
        request_card(
            installation.store,
            application_id=application_id,
            card_type=old.card_type,
            holder=holder,
            operator=operator,
            at=installation.clock.now(),
            kind=ApplicationKind(kind),
            replaces=guid,
        )
        click.echo(application_id)


@application.command("resubmit")
@click.argument("application_id")
@click.argument("form", type=FILE)
@OPERATOR
@click.pass_obj
def resubmit_form(settings: Settings, application_id: str, form: Path, operator: str) -> None:
    """Send a returned request in again, with a corrected FORM."""
    with opened(settings) as installation:
        known = _find(installation, application_id).holder
        holder = with_form_facts(known, _read(form, known.id).holder)
        resubmit(
            installation.store,
            application_id,
            holder=holder,
            operator=operator,
            at=installation.clock.now(),
        )


@application.command("list")
@click.option("--state", type=click.Choice([state.value for state in ApplicationState]))
@click.option("--kind", type=click.Choice([kind.value for kind in ApplicationKind]))
@click.option("--card-type", type=click.Choice([kind.value for kind in CardType]))
@click.option("--agency", help="an agency's code; all below it are included")
@click.option("--requester", help="who asked")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@click.pass_obj
def list_applications(
    settings: Settings,
    *,
    state: str | None,
    kind: str | None,
    card_type: str | None,
    agency: str | None,
    requester: str | None,
    limit: int,
) -> None:
    """List requests, newest first."""
    wanted = ApplicationFilter(
        states=frozenset({ApplicationState(state)} if state else ()),
        kinds=frozenset({ApplicationKind(kind)} if kind else ()),
        card_types=frozenset({CardType(card_type)} if card_type else ()),
        agency=agency,
        requested_by=requester,
    )
    with opened(settings) as installation:
        for one in installation.applications.page(wanted, limit=limit):
            click.echo(f"{one.id}\t{one.state}\t{one.card_type}\t{one.holder_name}\t{one.kind}")


@application.command("decisions")
@click.pass_obj
def list_decisions(settings: Settings) -> None:
    """Quyết định – list the decisions under which requests were approved, the latest first."""
    with opened(settings) as installation:
        for one in installation.applications.decisions():
            click.echo(f"{one.id}\t{one.number}\t{one.decided_on.isoformat()}\t{one.signer}")


@application.command("show")
@click.argument("application_id")
@click.pass_obj
def show(settings: Settings, application_id: str) -> None:
    """Show a request; the personal number is masked."""
    with opened(settings) as installation:
        found = _find(installation, application_id)
        decision = installation.applications.decision(found.decision_id or "")
        for name, value in _facts(found, decision).items():
            if value:
                click.echo(f"{name:16} {value}")
        for card in installation.directory.cards(application_id=application_id):
            click.echo(f"{'card':16} {card.guid} {card.state}")


@application.command("approve")
@click.argument("application_id")
@OPERATOR
@click.pass_obj
def approve(settings: Settings, application_id: str, operator: str) -> None:
    """Phê duyệt – approve; never by the person who asked."""
    with opened(settings) as installation:
        at = installation.clock.now()
        approval.approve(installation.store, application_id, operator=operator, at=at)


@application.command("approve-together")
@click.argument("application_ids", nargs=-1, required=True)
@click.option("--number", required=True, help="số quyết định, such as 123/QĐ-SNV")
@click.option("--date", "decided_on", type=click.DateTime(["%Y-%m-%d"]), required=True)
@click.option("--signer", required=True, help="who signed the decision, as printed")
@OPERATOR
@click.pass_obj
def together(
    settings: Settings,
    *,
    application_ids: tuple[str, ...],
    number: str,
    decided_on: datetime,
    signer: str,
    operator: str,
) -> None:
    """Phê duyệt theo một quyết định – approve many under one decision; lists what it can't."""
    with opened(settings) as installation:
        at = installation.clock.now()
        decision = make_decision(
            str(uuid.uuid4()),
            number=number,
            decided_on=decided_on.date(),
            signer=signer,
            operator=operator,
            at=at,
        )
        done = approve_together(installation.store, decision, application_ids, at=at)
        click.echo(f"✓ {len(done.approved)} × {done.decision.number}")
        for one in done.refused:
            click.echo(f"✗ {one.application_id}\t{one.reason}\t{one.detail}", err=True)
        if done.refused:
            raise click.exceptions.Exit(1)


@application.command("return")
@click.argument("application_id")
@_NOTE
@_TEXT
@click.option("--field", "fields", multiple=True, help="a fact to complete, such as holder.name")
@OPERATOR
@click.pass_obj
def return_it(
    settings: Settings,
    *,
    application_id: str,
    note: str,
    text: Path | None,
    fields: tuple[str, ...],
    operator: str,
) -> None:
    """Trả lại để bổ sung – send back for completion."""
    with opened(settings) as installation:
        approval.return_for_completion(
            installation.store,
            application_id,
            note_code=note,
            operator=operator,
            at=installation.clock.now(),
            fields=fields,
            text=_read_text(text),
        )


@application.command("reject")
@click.argument("application_id")
@_NOTE
@_TEXT
@OPERATOR
@click.pass_obj
def reject(
    settings: Settings, *, application_id: str, note: str, text: Path | None, operator: str
) -> None:
    """Từ chối – refuse for good."""
    with opened(settings) as installation:
        approval.reject(
            installation.store,
            application_id,
            note_code=note,
            operator=operator,
            at=installation.clock.now(),
            text=_read_text(text),
        )


@application.command("withdraw")
@click.argument("application_id")
@OPERATOR
@click.pass_obj
def withdraw(settings: Settings, application_id: str, operator: str) -> None:
    """Rút đề nghị – withdraw, before the card is handed over."""
    with opened(settings) as installation:
        at = installation.clock.now()
        approval.withdraw(installation.store, application_id, operator=operator, at=at)


def _read_text(file: Path | None) -> str:
    if file is None:
        return ""
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{file}: not a readable UTF-8 file") from error


def _read(form: Path, holder_id: str | None = None) -> ApplicationForm:
    asked = parse_application_form(_read_text(form), new_holder_id=holder_id or str(uuid.uuid4()))
    for warning in asked.warnings:
        click.echo(f"! {warning}: so với giấy tờ – compare with the document", err=True)
    return asked


def _of_known_holder(installation: Installation, asked: ApplicationForm) -> ApplicationForm:
    """Return the form with the holder on record who has its personal number, if there is one."""
    number = asked.holder.personal_number
    with installation.holders.transaction() as unit:
        known = unit.find_by_personal_numbers([number]).get(number)
    if known is None:
        return asked
    return replace(asked, holder=with_form_facts(known, asked.holder))


def _find(installation: Installation, application_id: str) -> Application:
    with installation.store.transaction() as unit:
        return unit.application(application_id)


def _facts(found: Application, decision: ApprovalDecision | None) -> dict[str, str | None]:
    holder = found.holder
    post, delegation, note = holder.employment, holder.delegation, found.note
    return {
        "id": found.id,
        "state": found.state.value,
        "type": f"{found.card_type.value} ({CARD_TYPE_VI[found.card_type]})",
        "name": holder.name.value,
        "personal number": holder.personal_number.masked,
        "agency": f"{post.agency_code.value} {post.agency_name}" if post else None,
        "position": post.position if post else None,
        "enterprise": (
            f"{delegation.enterprise_number} {delegation.enterprise_name}" if delegation else None
        ),
        "delegated until": delegation.until.isoformat() if delegation else None,
        "kind": found.kind.value,
        "replaces": str(found.replaces) if found.replaces else None,
        "requested by": found.requested_by,
        "approved by": found.approved_by,
        "decision": (
            f"{decision.number} {decision.decided_on.isoformat()} {decision.signer}"
            if decision
            else None
        ),
        "note": f"{note.code} {' '.join(note.fields)} ({note.by})" if note else None,
        "note's text": note.text if note else None,
    }
