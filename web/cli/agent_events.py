"""``cardsvc agent events``, ``alarms``, ``offline-report``: what agents saw, did and decided."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any, TypeVar

import click

from cardsvc.clock import VIETNAM_TIME
from cardsvc.wire.fields import encode_instant
from verification.reconcile import Finding, Reconciled
from web.cli.support import opened
from web.console.offline_texts import sentence
from web.settings import Settings
from web.wiring.offline_report import offline_decisions

_Command = TypeVar("_Command", bound=Callable[..., Any])
_DAY = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M"])


def _span(command: _Command) -> _Command:
    """Give a command ``--since``, ``--until`` and ``--agent``."""
    options = (
        click.option("--since", type=_DAY, help="Vietnam's day or time; [default: 7 days ago]"),
        click.option("--until", type=_DAY, help="before it; [default: now]"),
        click.option("--agent", "agent_id", help="of this agent only"),
    )
    return reduce(lambda found, option: option(found), options, command)


def _instant(given: datetime | None, otherwise: datetime) -> datetime:
    return otherwise if given is None else given.replace(tzinfo=VIETNAM_TIME).astimezone(UTC)


@click.command("events")
@_span
@click.option("--kind", help="of this kind only, such as door.opened")
@click.pass_obj
def agent_events(
    settings: Settings,
    *,
    since: datetime | None,
    until: datetime | None,
    agent_id: str | None,
    kind: str | None,
) -> None:
    """Nhật ký của thiết bị – what agents saw and did, a JSON object a line, oldest first."""
    with opened(settings) as installation:
        now = installation.clock.now()
        found = installation.events.events(
            kind=kind,
            agent=agent_id,
            since=_instant(since, now - timedelta(days=7)),
            until=_instant(until, now),
        )
        for one in found:
            told = {
                "agent": one.agent,
                "at": encode_instant(one.event.at),
                "kind": one.event.kind,
                "facts": dict(one.event.facts),
                "chain": one.event.chain.hex(),
                "seq": one.event.seq,
            }
            click.echo(json.dumps(told, ensure_ascii=False))


@click.command("alarms")
@click.pass_obj
def agent_alarms(settings: Settings) -> None:
    """Nhật ký bất thường – where events of agents were missing, forked or begun anew."""
    with opened(settings) as installation:
        for one in installation.events.alarms(100):
            at = one.at.astimezone(VIETNAM_TIME).isoformat(timespec="seconds")
            click.echo(f"{at}\t{one.agent}\t{one.how.value}\t{one.chain.hex()}\t{one.seq}")


@click.command("offline-report")
@_span
@click.option("--all", "everything", is_flag=True, help="also what agrees")
@click.option("--json", "json_output", is_flag=True, help="a JSON object a line")
@click.pass_obj
def offline_report(
    settings: Settings,
    *,
    since: datetime | None,
    until: datetime | None,
    agent_id: str | None,
    everything: bool,
    json_output: bool,
) -> None:
    """Đối chiếu quyết định ngoại tuyến – offline decisions held against what was known then.

    Exit status: 0 where all agree, 1 where something does not.
    """
    counts = dict.fromkeys(Finding, 0)
    with opened(settings) as installation:
        now = installation.clock.now()
        for one in offline_decisions(
            installation.database,
            _instant(since, now - timedelta(days=7)),
            _instant(until, now),
            agent_id,
        ):
            counts[one.finding] += 1
            if everything or one.finding is not Finding.AGREES:
                click.echo(_as_json(one) if json_output else _as_lines(one))
    click.echo(
        " · ".join(f"{finding.value} {count}" for finding, count in counts.items() if count) or "–",
        err=json_output,
    )
    if any(count for finding, count in counts.items() if finding is not Finding.AGREES):
        raise SystemExit(1)


def _as_json(one: Reconciled) -> str:
    decision, known, age = one.decision, one.known, one.list_age
    told: dict[str, object] = {"agent": one.agent, "finding": one.finding.value}
    if decision is not None and age is not None:
        told |= {
            "decision": decision.id,
            "at": encode_instant(decision.at),
            "service": decision.service,
            "granted": decision.granted,
            "reasons": list(decision.reasons),
            "card": None if decision.guid is None else str(decision.guid),
            "bundle_seq": decision.bundle_seq,
            "list_age_seconds": int(age.total_seconds()),
            "time_certain": decision.time_certain,
        }
    if known is not None:
        told |= {"state": known.state.value, "state_since": encode_instant(known.at)}
    return json.dumps(told, ensure_ascii=False)


def _as_lines(one: Reconciled) -> str:
    """Return one decision in two languages, with the times of a Vietnamese wall clock."""
    decision, says = one.decision, sentence(one)
    if decision is None:
        return f"{one.agent}\t{says.vi} – {says.en}"
    day = decision.at.astimezone(VIETNAM_TIME).strftime("%d/%m/%Y")
    unsure = "" if decision.time_certain else "  (giờ chưa chắc – time not certain)"
    card = "" if decision.guid is None else f"\t{decision.guid}"
    return f"{day}\t{one.agent}\t{decision.service}{card}\n  {says.vi}\n  {says.en}{unsure}"
