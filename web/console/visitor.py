"""Who asks: Flask-Login on sessions that the server keeps."""

from __future__ import annotations

from datetime import datetime

from flask import Flask, g, request, session
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user

from cardsvc.access_records import Operator
from cardsvc.session_records import OperatorSession
from web.console.services import ConsoleServices
from web.operators.sessions import SignedIn


class Visitor(UserMixin):  # type: ignore[misc]  # Flask-Login ships no types
    """Somebody whose session holds; what Flask-Login keeps of one is the session's token."""

    def __init__(self, token: str, signed_in: SignedIn) -> None:
        self.token = token
        self.operator: Operator = signed_in.operator
        self.session: OperatorSession = signed_in.session
        self.is_open = signed_in.is_open

    def get_id(self) -> str:
        """Return the token."""
        return self.token


def manage_visitors(app: Flask, services: ConsoleServices) -> None:
    """Let Flask-Login look sessions up."""
    manager = LoginManager(app)
    # the token is random, kept by the server and renewed at each step of signing in
    manager.session_protection = None

    @manager.user_loader  # type: ignore[untyped-decorator]
    def load(token: str) -> Visitor | None:
        found = services.sessions.find(token, request_instant(services))
        return None if found is None else Visitor(token, found)


def request_instant(services: ConsoleServices) -> datetime:
    """Return the instant of this request: the clock is asked once."""
    at = g.get("at")
    if not isinstance(at, datetime):
        at = g.at = services.clock.now()
    return at


def visitor() -> Visitor | None:
    """Return who asks, or None."""
    who = current_user._get_current_object()  # noqa: SLF001 - how a werkzeug proxy is opened
    return who if isinstance(who, Visitor) else None


def present_operator() -> Operator:
    """Return the operator who asks; for views behind ``needs`` or ``everyone_signed_in``.

    Raises:
        RuntimeError: a view asks that let anybody in.
    """
    return present_visitor().operator


def present_visitor() -> Visitor:
    """Return who asks, for views that let nobody in without a password.

    Raises:
        RuntimeError: a view asks that let anybody in.
    """
    who = visitor()
    if who is None:
        raise RuntimeError("nobody is signed in")
    return who


def remember(services: ConsoleServices, token: str) -> None:
    """Put a new token into a new cookie: nothing of the one before is kept."""
    found = services.sessions.find(token, request_instant(services))
    session.clear()
    if found is not None:
        login_user(Visitor(token, found))


def forget() -> None:
    """Forget who asked."""
    logout_user()
    session.clear()


def address() -> str:
    """Return the address that the request came from."""
    return request.remote_addr or ""
