"""``cardsvc application``: requests for cards, and their approval by a second person."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

import click

from cardsvc.lifecycle import ApplicationState
from cardsvc.records import Application
from cardsvc.terms import CARD_TYPE_VI, CardType
from issuance import approve as approval
from issuance.application_form import ApplicationForm, example_form, parse_application_form
from issuance.enrol import request_card, resubmit
from issuance.registry.holders import with_form_facts
from web.bootstrap import Installation
from web.cli.support import FILE, OPERATOR, opened
from web.settings import Settings

_NOTE = click.option("--note", required=True, help="a short code, such as WRONG_NAME; no names")


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
@OPERATOR
@click.pass_obj
def request(settings: Settings, form: Path, operator: str) -> None:
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
@click.pass_obj
def list_applications(settings: Settings, state: str | None) -> None:
    """List requests, newest first."""
    with opened(settings) as installation:
        wanted = ApplicationState(state) if state else None
        for one in installation.directory.applications(wanted):
            click.echo(f"{one.id}\t{one.state}\t{one.card_type}\t{one.holder_name}")


@application.command("show")
@click.argument("application_id")
@click.pass_obj
def show(settings: Settings, application_id: str) -> None:
    """Show a request; the personal number is masked."""
    with opened(settings) as installation:
        found = _find(installation, application_id)
        for name, value in _facts(found).items():
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


@application.command("return")
@click.argument("application_id")
@_NOTE
@OPERATOR
@click.pass_obj
def return_it(settings: Settings, application_id: str, note: str, operator: str) -> None:
    """Trả lại để bổ sung – send back for correction."""
    with opened(settings) as installation:
        at = installation.clock.now()
        approval.return_for_correction(
            installation.store, application_id, note_code=note, operator=operator, at=at
        )


@application.command("reject")
@click.argument("application_id")
@_NOTE
@OPERATOR
@click.pass_obj
def reject(settings: Settings, application_id: str, note: str, operator: str) -> None:
    """Từ chối – refuse for good."""
    with opened(settings) as installation:
        at = installation.clock.now()
        approval.reject(
            installation.store, application_id, note_code=note, operator=operator, at=at
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


def _read(form: Path, holder_id: str | None = None) -> ApplicationForm:
    try:
        text = form.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{form}: not a readable UTF-8 file") from error
    asked = parse_application_form(text, new_holder_id=holder_id or str(uuid.uuid4()))
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


def _facts(found: Application) -> dict[str, str | None]:
    holder = found.holder
    post, delegation = holder.employment, holder.delegation
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
        "requested by": found.requested_by,
        "approved by": found.approved_by,
    }
