"""The staff of the demonstration's office: one person for every role, ready to sign in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import pyotp

from cardsvc.access_records import ALL_AGENCIES, Role
from web.console.services import ConsoleServices
from web.operators.register import OperatorEntry
from web.operators.sign_in import Refused

_ADDRESS = "127.0.0.1"
_NO_WAY_IN = "a new operator can't sign in"
_PEOPLE = {
    Role.CLERK: ("lan", "Lê Thị Lan"),
    Role.APPROVER: ("hung", "Trần Quốc Hùng"),
    Role.ISSUER: ("mai", "Phạm Tuyết Mai"),
    Role.STOCK_KEEPER: ("tam", "Vũ Minh Tâm"),
    Role.AUDITOR: ("phuoc", "Đặng Hữu Phước"),
    Role.ADMINISTRATOR: ("quan", "Nguyễn Đình Quân"),
}


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who signs in to the console.

    Args:
        id: the sign-in name.
        name: of the person.
        secret: of the authenticator app.
    """

    id: str
    name: str
    secret: str = field(repr=False)

    def code(self, at: datetime) -> str:
        """Return what the authenticator app shows."""
        return pyotp.TOTP(self.secret).at(at)


def add_staff(console: ConsoleServices, password: str, at: datetime) -> Mapping[Role, Colleague]:
    """Add an operator for every role, each with a second factor that is set up.

    Args:
        console: where they sign in.
        password: everybody's.
        at: some minutes ago, so that no code that they are going to type is used up.

    Raises:
        OperatorRefused: a sign-in name is taken.
    """
    return {role: _add(console, role, password, at) for role in _PEOPLE}


def _add(console: ConsoleServices, role: Role, password: str, at: datetime) -> Colleague:
    operator_id, name = _PEOPLE[role]
    entry = OperatorEntry(name, frozenset({role}), frozenset({ALL_AGENCIES}), "Sở Nội vụ")
    console.register.add_with_password(operator_id, entry, password, by="cli", at=at)
    uri = console.register.factor_uri(operator_id, console.issuer)
    colleague = Colleague(operator_id, name, pyotp.parse_uri(uri).secret)
    _set_up_app(console, colleague, password, at)
    return colleague


def _set_up_app(
    console: ConsoleServices, colleague: Colleague, password: str, at: datetime
) -> None:
    """Sign in for the first time, as everybody has to, and out again."""
    token = console.sign_in.give_password(colleague.id, password, _ADDRESS, at)
    if isinstance(token, Refused) or (started := console.sessions.find(token, at)) is None:
        raise RuntimeError(_NO_WAY_IN)
    done = console.sign_in.confirm_factor(started.session, colleague.code(at), _ADDRESS, at)
    if isinstance(done, Refused) or (opened := console.sessions.find(done[0], at)) is None:
        raise RuntimeError(_NO_WAY_IN)
    console.sessions.end(opened.session, at)
