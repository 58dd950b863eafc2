"""``cardsvc batch``: changes to many cards at once: planned, looked at, then run."""

from __future__ import annotations

import uuid
from datetime import datetime
from pathlib import Path

import click

from cardsvc.batch_records import BatchKind, BatchOrder, NewPost, Selection
from cardsvc.clock import VIETNAM_TIME, require_utc
from cardsvc.identity.agency_code import AgencyCode
from issuance.batches.plan import cancel_batch, plan_batch
from issuance.batches.run import run_batch
from web.bootstrap import Installation
from web.cli.support import FILE, OPERATOR, opened
from web.settings import Settings


@click.group()
def batch() -> None:
    """Thuyên chuyển, nghỉ hưu, sáp nhập, đổi tên – changes to many cards at once."""


@batch.command("plan")
@click.argument("kind", type=click.Choice([kind.value for kind in BatchKind]))
@click.option("--of-agency", help="all staff of this agency, by code")
@click.option("--of-unit", help="only those of this unit of it")
@click.option("--holders", type=FILE, help="a file of holders' identifiers, one a line")
@click.option("--to-agency", help="the new agency's code")
@click.option("--agency-name", help="the new agency's name, as printed")
@click.option("--unit-name", help="the new unit; each keeps the present one without it")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="a leave's day of return")
@OPERATOR
@click.pass_obj
def plan(
    settings: Settings,
    *,
    kind: str,
    of_agency: str | None,
    of_unit: str | None,
    holders: Path | None,
    to_agency: str | None,
    agency_name: str | None,
    unit_name: str | None,
    until: datetime | None,
    operator: str,
) -> None:
    """Lập kế hoạch – say what would happen to which card; prints the batch's id and counts."""
    post = None
    if to_agency is not None and agency_name is not None:
        post = NewPost(AgencyCode.parse(to_agency), agency_name, unit_name)
    returns = None if until is None else require_utc(until.replace(tzinfo=VIETNAM_TIME))
    try:
        order = BatchOrder(BatchKind(kind), post, returns)
        selection = Selection(
            frozenset(holders.read_text("utf-8").split() if holders else ()),
            AgencyCode.parse(of_agency) if of_agency else None,
            of_unit,
        )
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from error
    with opened(settings) as installation:
        planned = plan_batch(
            installation.store,
            batch_id=str(uuid.uuid4()),
            order=order,
            selection=selection,
            operator=operator,
            at=installation.clock.now(),
        )
        click.echo(planned.batch.id)
        _show(installation, planned.batch.id)


@batch.command("list")
@click.pass_obj
def list_batches(settings: Settings) -> None:
    """List batches, the latest first."""
    with opened(settings) as installation:
        for one in installation.batches.batches():
            at = one.planned_at.isoformat(timespec="seconds")
            click.echo(f"{one.id}\t{one.state}\t{one.order.kind}\t{one.planned_by}\t{at}")


@batch.command("show")
@click.argument("batch_id")
@click.option("--cards", is_flag=True, help="card by card")
@click.pass_obj
def show(settings: Settings, batch_id: str, *, cards: bool) -> None:
    """Show what a batch does, or did."""
    with opened(settings) as installation:
        if installation.batches.batch(batch_id) is None:
            raise click.ClickException(f"no batch {batch_id}; see `cardsvc batch list`")
        _show(installation, batch_id)
        after = None
        while cards and (page := installation.batches.steps(batch_id, after=after, limit=500)):
            for step in page:
                why = step.exclusion or step.reason or ""
                click.echo(f"{step.guid}\t{step.action}\t{step.state}\t{why}")
            after = page[-1].guid


@batch.command("run")
@click.argument("batch_id")
@OPERATOR
@click.pass_obj
def run(settings: Settings, batch_id: str, operator: str) -> None:
    """Thực hiện – do what was planned; after a crash, do the rest. Exit status 1: some left out."""
    with opened(settings) as installation:
        report = run_batch(
            installation.store, batch_id, operator=operator, at=installation.clock.now()
        )
        click.echo(f"✓ {report.done}")
        for guid, reason in report.left_out.items():
            click.echo(f"✗ {guid}\t{reason.value}", err=True)
        if report.left_out:
            raise click.exceptions.Exit(1)


@batch.command("cancel")
@click.argument("batch_id")
@OPERATOR
@click.pass_obj
def cancel(settings: Settings, batch_id: str, operator: str) -> None:
    """Hủy kế hoạch – give a plan up."""
    with opened(settings) as installation:
        at = installation.clock.now()
        cancel_batch(installation.store, batch_id, operator=operator, at=at)


def _show(installation: Installation, batch_id: str) -> None:
    counted = installation.batches.counts(batch_id)
    for (action, exclusion, state), count in sorted(counted.items(), key=str):
        click.echo(f"{count}\t{action}\t{exclusion or state}")
