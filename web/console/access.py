"""Who may see a page: every view declares it, and a view that declares nothing shows nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeVar

from cardsvc.access_records import Role

FORM_OCTETS = 256 * 1024
"""Of a form without files."""
_ATTRIBUTE = "console_access"
View = TypeVar("View", bound=Callable[..., object])


class Audience(Enum):
    """How far somebody has to have signed in."""

    ANYBODY = auto()
    PASSWORD_GIVEN = auto()
    SIGNED_IN = auto()


@dataclass(frozen=True, slots=True)
class Access:
    """What a view declared.

    Args:
        audience: how far to have signed in.
        roles: one of them is needed; empty for every operator.
        grave: the second factor must have been shown lately.
        body_octets: how much may be sent to it at most.
        with_temporary_password: open to those who have to change their password first.
    """

    audience: Audience
    roles: frozenset[Role] = frozenset()
    grave: bool = False
    body_octets: int = FORM_OCTETS
    with_temporary_password: bool = False


def needs(
    *roles: Role, grave: bool = False, body_octets: int = FORM_OCTETS
) -> Callable[[View], View]:
    """Declare that a view is for operators of one of these roles.

    Args:
        roles: one is enough; at least one is given.
        grave: ask for the second factor again, unless it was shown lately.
        body_octets: how much may be sent at most: more for a view that takes files.
    """
    if not roles:
        raise ValueError("a page for every operator says so: everyone_signed_in")
    return _declare(Access(Audience.SIGNED_IN, frozenset(roles), grave, body_octets))


def everyone_signed_in(
    *, grave: bool = False, with_temporary_password: bool = False
) -> Callable[[View], View]:
    """Declare that a view is for every operator."""
    return _declare(
        Access(Audience.SIGNED_IN, grave=grave, with_temporary_password=with_temporary_password)
    )


def after_password(view: View) -> View:
    """Declare that a view is for those who gave the password and not yet the second factor."""
    return _declare(Access(Audience.PASSWORD_GIVEN))(view)


def anybody(view: View) -> View:
    """Declare that a view is open to all."""
    return _declare(Access(Audience.ANYBODY))(view)


def declared(view: object) -> Access | None:
    """Return what a view declared, None where it declared nothing."""
    found = getattr(view, _ATTRIBUTE, None)
    return found if isinstance(found, Access) else None


def _declare(access: Access) -> Callable[[View], View]:
    def declare(view: View) -> View:
        setattr(view, _ATTRIBUTE, access)
        return view

    return declare
