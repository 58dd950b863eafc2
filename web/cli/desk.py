"""``cardsvc desk``: orders for the issuing desk. The serving process runs them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from pathlib import Path

import click

from issuance.job_records import JobOrder
from issuance.orders import OrderState, cancel_order, place_order, require_approved
from issuance.personalise.plan import DEFAULT_VALIDITY
from web.cli.support import FILE, OPERATOR, opened
from web.settings import Settings

_MAX_DAYS = 6 * 365
"""FIPS 201-3 section 2.9.1: a card is valid six years at most."""


@click.group()
def desk() -> None:
    """Bàn cấp thẻ – the issuing desk."""


@desk.command("open-job")
@click.argument("application_id")
@click.option("--agent", required=True, help="the desk's agent; nobody else may run the job")
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
    photo: Path | None,
    days: int,
    operator: str,
) -> None:
    """Order a card for an approved application; prints the job for `reader-agent personalise`."""
    with opened(settings) as installation:
        require_approved(installation.store, application_id)
        if agent not in {one.id for one in installation.access.agents() if one.enabled}:
            raise click.ClickException(f"no agent {agent}; see `cardsvc agent list`")
        for job in installation.orders.in_state(OrderState.OPEN):
            if job.application_id == application_id:
                raise click.ClickException(f"job {job.id} of {job.agent} is open for it already")
        order = JobOrder(
            application_id,
            agent,
            operator,
            photo_jpeg=photo.read_bytes() if photo else None,
            validity=timedelta(days=days),
        )
        job_id = str(uuid.uuid4())
        place_order(installation.orders, order, job_id=job_id, at=installation.clock.now())
        click.echo(job_id)


@desk.command("jobs")
@click.pass_obj
def list_jobs(settings: Settings) -> None:
    """List the jobs whose card is not made yet."""
    with opened(settings) as installation:
        for job in installation.orders.in_state(OrderState.OPEN):
            click.echo(f"{job.id}\t{job.agent}\t{job.application_id}\t{job.operator}")


@desk.command("cancel-job")
@click.argument("job_id")
@click.pass_obj
def cancel_job(settings: Settings, job_id: str) -> None:
    """Take an order back."""
    with opened(settings) as installation:
        cancel_order(installation.orders, job_id, installation.clock.now())
