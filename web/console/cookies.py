"""The console's cookie: signed, holds a random token, is sent to nobody else.

Spec: RFC 6265bis section 4.1.3.2 (``__Host-``), where the browser reaches us by TLS.
"""

from __future__ import annotations

from flask import Flask, Request, has_request_context, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin

PREFIX = "/console"
_NAME = "cardsvc"


class ConsoleCookies(SecureCookieSessionInterface):
    """Keeps Flask's session for the console alone; the APIs have none."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Read the cookie; None, so a session that can't be written to, outside the console."""
        if request.path != PREFIX and not request.path.startswith(f"{PREFIX}/"):
            return None
        return super().open_session(app, request)

    def get_cookie_name(self, app: Flask) -> str:
        """Return the name; the prefix makes browsers refuse it from anybody but this host."""
        return f"__Host-{_NAME}" if self.get_cookie_secure(app) else _NAME

    def get_cookie_secure(self, app: Flask) -> bool:
        """Tell whether the browser came by TLS."""
        del app
        return has_request_context() and request.is_secure

    def get_cookie_httponly(self, app: Flask) -> bool:
        """No script reads it."""
        del app
        return True

    def get_cookie_samesite(self, app: Flask) -> str:
        """It comes with no request that another site caused."""
        del app
        return "Strict"

    def get_cookie_path(self, app: Flask) -> str:
        """``__Host-`` asks for the root."""
        del app
        return "/"

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:
        """Only when something changed; how long a session lasts is the server's to say."""
        del app
        return session.modified
