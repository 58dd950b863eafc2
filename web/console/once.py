"""A form is sent once: a double click, a reload or the back button gives the first result.

The form holds a random token (macro ``form_tokens``). The first to send it does the work; whoever
sends it again is led where the first sending led. A form that was refused may be sent again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from hashlib import sha256

from flask import redirect, request
from werkzeug.exceptions import BadRequest, HTTPException
from werkzeug.wrappers import Response

from cardsvc.errors import CardsvcError
from cardsvc.session_records import ClaimState
from web.console.errors import still_running
from web.console.services import ConsoleServices
from web.console.visitor import present_visitor, request_instant

FIELD = "submit_token"
_MAX_TOKEN_CHARACTERS = 64
_SEE_OTHER = 303


def submit_token() -> str:
    """Return a new form's one-use token."""
    return secrets.token_urlsafe(16)


def once(
    services: ConsoleServices, act: Callable[[], Response], *, then: str | None = None
) -> Response:
    """Do what a form asks for, unless its token was used before.

    Args:
        services: keep the tokens.
        act: does it and returns a redirect; or a page that says why nothing was done (4xx); or,
            with ``then``, a page that can be shown only once.
        then: where whoever sends the form again is led after a page that is shown only once.

    Raises:
        BadRequest: the form has no token.
        CardsvcError: as ``act``; nothing was done and the form may be sent again.
    """
    token = request.form.get(FIELD, "")
    if not 0 < len(token) <= _MAX_TOKEN_CHARACTERS:
        raise BadRequest
    # bound to the session: nobody else's form is used up
    hashed = sha256(f"{present_visitor().token} {token}".encode()).digest()
    claim = services.forms.claim(hashed, request_instant(services))
    match claim.state:
        case ClaimState.DONE:
            return redirect(claim.outcome or "", _SEE_OTHER)
        case ClaimState.RUNNING:
            return still_running()
        case ClaimState.FIRST:
            return _act(services, act, hashed, then)


def _act(
    services: ConsoleServices, act: Callable[[], Response], hashed: bytes, then: str | None
) -> Response:
    try:
        response = act()
    except (CardsvcError, HTTPException):
        services.forms.release(hashed)  # a refusal: the transaction was rolled back
        raise
    location = response.location if 300 <= response.status_code < 400 else then
    if response.status_code >= 400 or location is None:
        services.forms.release(hashed)
    else:
        services.forms.conclude(hashed, location)
    return response
