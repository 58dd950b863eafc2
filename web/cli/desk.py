"""``cardsvc desk``: orders for the issuing desk. The serving process runs them."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from pathlib import Path

import click

from cardsvc.card.guid import CardGuid
from cardsvc.desk_advice import advice_for
from cardsvc.desk_records import JobKind
from cardsvc.errors import IssuanceError, ReasonCode
from issuance.card_jobs import place_card_job
from issuance.desk_orders import order_card
from issuance.job_records import JobOrder
from issuance.orders import (
    OrderState,
    cancel_order,
    require_approved,
    spoil_order,
)
from issuance.personalise.plan import DEFAULT_VALIDITY
from issuance.stock.serials import parse_serial
from web.bootstrap import Installation
from web.cli.support import FILE, GUID, OPERATOR, opened
from web.settings import Settings

_MAX_DAYS = 6 * 365
"""FIPS 201-3 section 2.9.1: a card is valid six years at most."""
_LOOK_SECONDS = 0.3


@click.group()
def desk() -> None:
    """Bàn cấp thẻ – the issuing desk."""


@desk.command("open-job")
@click.argument("application_id")
@click.option("--agent", required=True, help="the desk's agent; nobody else may run the job")
@click.option("--blank", help="the serial of the blank, typed or scanned")
@click.option("--photo", type=FILE, help="the holder's photo, a JPEG")
@click.option(
    "--days",
    type=click.IntRange(1, _MAX_DAYS),
    default=DEFAULT_VALIDITY.days,
    show_default=True,
    help="how long the card is valid; never past a delegation",
)
@OPERATOR
@click.pass_obj
def open_job(
    settings: Settings,
    *,
    application_id: str,
    agent: str,
    blank: str | None,
    photo: Path | None,
    days: int,
    operator: str,
) -> None:
    """Order a card for an approved application; prints the job for `reader-agent personalise`."""
    with opened(settings) as installation:
        require_approved(installation.store, application_id, operator=operator)
        require_agent(installation, agent)
        serial = None if blank is None else parse_serial(blank, settings.blank_serials)
        order = JobOrder(
            application_id,
            agent,
            operator,
            blank=serial,
            photo_jpeg=photo.read_bytes() if photo else None,
            validity=timedelta(days=days),
        )
        job_id = str(uuid.uuid4())
        order_card(
            installation.store,
            installation.orders,
            order,
            job_id=job_id,
            rule=settings.stock_rule,
            at=installation.clock.now(),
        )
        click.echo(job_id)


@desk.command("jobs")
@click.pass_obj
def list_jobs(settings: Settings) -> None:
    """List the jobs that are not done yet."""
    with opened(settings) as installation:
        for job in installation.orders.in_state(OrderState.OPEN):
            line = f"{job.id}\t{job.agent}\t{job.application_id}\t{job.operator}\t{job.kind}"
            click.echo(line)


@desk.command("cancel-job")
@click.argument("job_id")
@click.pass_obj
def cancel_job(settings: Settings, job_id: str) -> None:
    """Take an order back."""
    with opened(settings) as installation:
        cancel_order(installation.orders, job_id, installation.clock.now())


@desk.command("spoil-job")
@click.argument("job_id")
@OPERATOR
@click.pass_obj
def spoil_job(settings: Settings, job_id: str, operator: str) -> None:
    """Hủy phôi – give up an order together with the blank that it was being made on."""
    with opened(settings) as installation:
        at = installation.clock.now()
        store, orders = installation.store, installation.orders
        spoil_order(store, orders, job_id, operator=operator, at=at)


@desk.command("open-activation")
@click.argument("guid", type=GUID)
@click.option("--agent", required=True, help="the desk's agent")
@OPERATOR
@click.pass_obj
def open_activation(settings: Settings, *, guid: CardGuid, agent: str, operator: str) -> None:
    """Let the holder choose the PIN at a desk, after hand-over; prints the job."""
    with opened(settings) as installation:
        require_agent(installation, agent)
        job_id = str(uuid.uuid4())
        place_card_job(
            installation.store,
            installation.orders,
            JobKind.ACTIVATE,
            guid,
            job_id=job_id,
            agent=agent,
            operator=operator,
            at=installation.clock.now(),
        )
        click.echo(job_id)


@desk.command("progress")
@click.argument("job_id")
@click.option("--follow", is_flag=True, help="stay until the job is over")
@click.pass_obj
def progress(settings: Settings, job_id: str, *, follow: bool) -> None:
    """Tiến độ – tell how a job stands, and what to do next."""
    with opened(settings) as installation:
        last = 0
        while True:
            now = installation.orders.progress(job_id)
            if now is None:
                raise IssuanceError(ReasonCode.JOB_UNKNOWN, "no such job")
            if now.change != last:
                last = now.change
                said = advice_for(now.stage, now.reason)
                why = f" ({now.reason.value})" if now.reason else ""
                click.echo(
                    f"{now.stage.percent:3} %  {now.stage.value}{why}\t{said.vi} – {said.en}"
                )
            if not follow or now.stage.is_over:
                return
            time.sleep(_LOOK_SECONDS)


@desk.command("agents")
@click.pass_obj
def agents(settings: Settings) -> None:
    """List the agents that were seen, and what is in their readers."""
    with opened(settings) as installation:
        for one in installation.presence.all():
            seconds = int((installation.clock.now() - one.seen_at).total_seconds())
            pcsc = "PC/SC ✓" if one.pcsc else "PC/SC ✗"
            readers = ", ".join(f"{name}: {state.value}" for name, state in one.readers)
            click.echo(f"{one.agent}\t{seconds} s\t{one.version}\t{pcsc}\t{readers}")


def require_agent(installation: Installation, agent: str) -> None:
    """Accept an agent that may call.

    Raises:
        ClickException: there is none of that name.
    """
    if agent not in {one.id for one in installation.access.agents() if one.enabled}:
        raise click.ClickException(f"no agent {agent}; see `cardsvc agent list`")
