"""``cardsvc operator``: the people who sign in to the console; the first administrator."""

from __future__ import annotations

import sys

import click
import qrcode

from cardsvc.access_records import Role
from web.cli.support import OPERATOR, opened
from web.operators.passwords import MIN_CHARACTERS, PasswordFault, password_fault
from web.operators.register import OperatorEntry, OperatorRegister
from web.settings import Settings

_FAULTS = {
    PasswordFault.TOO_SHORT: f"at least {MIN_CHARACTERS} characters are needed",
    PasswordFault.TOO_LONG: "it is too long",
    PasswordFault.COMMON: "it is too common or too easy to guess",
    PasswordFault.HOLDS_NAME: "it holds the name",
}


@click.group()
def operator() -> None:
    """Người dùng của giao diện quản lý – operators of the console."""


@operator.command("add")
@click.argument("operator_id")
@click.option("--name", required=True, help="the person's name")
@click.option(
    "--role",
    "roles",
    type=click.Choice([role.value for role in Role]),
    multiple=True,
    required=True,
    help="may be given several times",
)
@click.option(
    "--agency",
    "agencies",
    multiple=True,
    help="code of an agency served, all below it included; * for all [default: none]",
)
@click.option("--unit", default="", help="the person's own unit")
@click.option("--password-stdin", is_flag=True, help="read the password from standard input")
@OPERATOR
@click.pass_obj
def add(
    settings: Settings,
    *,
    operator_id: str,
    name: str,
    roles: tuple[str, ...],
    agencies: tuple[str, ...],
    unit: str,
    password_stdin: bool,
    operator: str,
) -> None:
    """Add an operator; asks for a password, prints what an authenticator app has to scan."""
    password = _password(stdin=password_stdin)
    fault = password_fault(password, operator_id, name, *name.split())
    if fault is not None:
        raise click.ClickException(f"password: {_FAULTS[fault]}")
    entry = OperatorEntry(name, frozenset(map(Role, roles)), frozenset(agencies), unit)
    with opened(settings) as installation:
        at = installation.clock.now()
        register = installation.services.console.register
        register.add_with_password(operator_id, entry, password, by=operator, at=at)
        _print_factor(register.factor_uri(operator_id, settings.issuer))


@operator.command("list")
@click.pass_obj
def list_operators(settings: Settings) -> None:
    """List the operators."""
    with opened(settings) as installation:
        for one in installation.services.console.register.all():
            state = "enabled" if one.enabled else "disabled"
            roles = ",".join(sorted(one.roles))
            click.echo(f"{one.id}\t{state}\t{roles}\t{' '.join(sorted(one.agencies))}\t{one.name}")


@operator.command("disable")
@click.argument("operator_id")
@OPERATOR
@click.pass_obj
def disable(settings: Settings, operator_id: str, operator: str) -> None:
    """Shut an operator out at once; all sessions end."""
    with opened(settings) as installation:
        register = _register_with(installation.services.console.register, operator_id)
        register.set_enabled(operator_id, enabled=False, by=operator, at=installation.clock.now())


@operator.command("reset-password")
@click.argument("operator_id")
@OPERATOR
@click.pass_obj
def reset_password(settings: Settings, operator_id: str, operator: str) -> None:
    """Give a temporary password, printed once; all sessions end."""
    with opened(settings) as installation:
        register = _register_with(installation.services.console.register, operator_id)
        at = installation.clock.now()
        click.echo(register.reset_password(operator_id, by=operator, at=at))


@operator.command("reset-totp")
@click.argument("operator_id")
@OPERATOR
@click.pass_obj
def reset_totp(settings: Settings, operator_id: str, operator: str) -> None:
    """Begin a new second factor for somebody who lost the telephone; all sessions end."""
    with opened(settings) as installation:
        register = _register_with(installation.services.console.register, operator_id)
        register.reset_second_factor(operator_id, by=operator, at=installation.clock.now())
        _print_factor(register.factor_uri(operator_id, settings.issuer))


def _register_with(register: OperatorRegister, operator_id: str) -> OperatorRegister:
    if register.find(operator_id) is None:
        raise click.ClickException(f"no operator {operator_id}; see `cardsvc operator list`")
    return register


def _password(*, stdin: bool) -> str:
    if stdin:
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = click.prompt("Mật khẩu – password", hide_input=True, confirmation_prompt=True)
    return typed


def _print_factor(uri: str) -> None:
    """Print the address for an authenticator app, and its QR code where people look on."""
    click.echo(uri)
    if sys.stdout.isatty():
        code = qrcode.QRCode()
        code.add_data(uri)
        code.print_ascii(invert=True)
