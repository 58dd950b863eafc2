"""``cardsvc privacy``: what is kept how long, what people ask about their data, erasure."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import click

from cardsvc.clock import VIETNAM_TIME
from cardsvc.privacy_records import PrivacyRequest, RequestKind, RequestState
from issuance.privacy.export import export_person
from web.cli.support import OPERATOR, opened
from web.settings import Settings

_PRIVATE = 0o600
_REASON = click.option("--reason", required=True, help="a short code; no names")


@click.group()
def privacy() -> None:
    """Dữ liệu cá nhân – personal data (Luật 91/2025/QH15)."""


@privacy.command("purposes")
@click.pass_obj
def purposes(settings: Settings) -> None:
    """List what is kept, why, on which ground and how long."""
    with opened(settings) as installation:
        for rule in installation.retention.rules.values():
            click.echo(f"{rule.kind}\t{rule.keep.days} days\t{rule.legal_basis}")
            click.echo(f"  {rule.purpose_vi}\n  {rule.purpose_en}")


@privacy.command("receive")
@click.argument("holder_id")
@click.argument("kind", type=click.Choice([kind.value for kind in RequestKind]))
@OPERATOR
@click.pass_obj
def receive(settings: Settings, holder_id: str, kind: str, operator: str) -> None:
    """Tiếp nhận yêu cầu – take a person's request in; prints it with its due dates."""
    with opened(settings) as installation:
        request = installation.requests.receive(
            str(uuid.uuid4()),
            holder_id,
            RequestKind(kind),
            operator=operator,
            at=installation.clock.now(),
        )
        _print(request)


@privacy.command("list")
@click.option("--state", type=click.Choice([state.value for state in RequestState]))
@click.option("--overdue", is_flag=True, help="only what should have been done by now")
@click.pass_obj
def list_requests(settings: Settings, *, state: str | None, overdue: bool) -> None:
    """List requests, those first that are due first."""
    with opened(settings) as installation:
        today = installation.clock.now().astimezone(VIETNAM_TIME).date()
        wanted = RequestState(state) if state else None
        for one in installation.privacy.requests(
            state=wanted, overdue_on=today if overdue else None
        ):
            _print(one)


@privacy.command("acknowledge")
@click.argument("request_id")
@OPERATOR
@click.pass_obj
def acknowledge(settings: Settings, request_id: str, operator: str) -> None:
    """Xác nhận đã nhận – tell the person that it is being worked on."""
    with opened(settings) as installation:
        at = installation.clock.now()
        _print(installation.requests.acknowledge(request_id, operator=operator, at=at))


@privacy.command("extend")
@click.argument("request_id")
@_REASON
@OPERATOR
@click.pass_obj
def extend(settings: Settings, request_id: str, reason: str, operator: str) -> None:
    """Gia hạn – take 15 days more, once."""
    with opened(settings) as installation:
        at = installation.clock.now()
        requests = installation.requests
        _print(requests.extend(request_id, reason=reason, operator=operator, at=at))


@privacy.command("grant")
@click.argument("request_id")
@OPERATOR
@click.pass_obj
def grant(settings: Settings, request_id: str, operator: str) -> None:
    """Chấp nhận – decide for the person: restricts or erases at once; a second person erases."""
    with opened(settings) as installation:
        at = installation.clock.now()
        request = installation.requests.grant(request_id, operator=operator, at=at)
        if request.kind is RequestKind.ERASURE:
            installation.database.forget_erased()
        _print(request)


@privacy.command("refuse")
@click.argument("request_id")
@_REASON
@OPERATOR
@click.pass_obj
def refuse(settings: Settings, request_id: str, reason: str, operator: str) -> None:
    """Từ chối – decide against the person, with a reason."""
    with opened(settings) as installation:
        at = installation.clock.now()
        requests = installation.requests
        _print(requests.refuse(request_id, reason=reason, operator=operator, at=at))


@privacy.command("close")
@click.argument("request_id")
@OPERATOR
@click.pass_obj
def close(settings: Settings, request_id: str, operator: str) -> None:
    """Đóng – the person was answered."""
    with opened(settings) as installation:
        at = installation.clock.now()
        _print(installation.requests.close(request_id, operator=operator, at=at))


@privacy.command("lift-restriction")
@click.argument("holder_id")
@OPERATOR
@click.pass_obj
def lift_restriction(settings: Settings, holder_id: str, operator: str) -> None:
    """Bỏ hạn chế xử lý – let a person's data be used again."""
    with opened(settings) as installation:
        at = installation.clock.now()
        if not installation.requests.lift_restriction(holder_id, operator=operator, at=at):
            raise click.ClickException("this person's data is not restricted")


@privacy.command("export")
@click.argument("holder_id")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="a new folder")
@OPERATOR
@click.pass_obj
def export(settings: Settings, holder_id: str, out: Path, operator: str) -> None:
    """Cung cấp bản sao – write everything held about a person, for that person alone."""
    with opened(settings) as installation:
        copy = export_person(
            installation.privacy,
            holder_id,
            installation.retention.rules,
            operator=operator,
            at=installation.clock.now(),
        )
    try:
        out.mkdir(mode=0o700, parents=True)
        for name, octets in (("personal-data.json", copy.json), ("personal-data.html", copy.html)):
            descriptor = os.open(out / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
            with os.fdopen(descriptor, "wb") as file:
                file.write(octets)
            click.echo(out / name)
    except OSError as error:
        raise click.ClickException(f"{error.filename}: {error.strerror}") from error


@privacy.command("retention")
@click.option("--check/--run", "check", required=True, help="say what is due, or end it")
@click.option("--limit", type=click.IntRange(1), default=10_000, show_default=True)
@OPERATOR
@click.pass_obj
def retention(settings: Settings, *, check: bool, limit: int, operator: str) -> None:
    """Hết thời hạn lưu – erase or delete what is kept no longer; safe to repeat."""
    with opened(settings) as installation:
        at, run = installation.clock.now(), installation.retention
        found = run.check(at) if check else run.run(at, operator=operator, limit=limit)
        if not check:
            installation.database.forget_erased()
        for kind, quantity in found.items():
            click.echo(f"{kind}\t{quantity}")


def _print(request: PrivacyRequest) -> None:
    due = f"acknowledge by {request.acknowledge_by}\tact by {request.act_by}"
    click.echo(f"{request.id}\t{request.kind}\t{request.state}\t{due}\t{request.holder_id}")
