"""Who works with the service and what a desk was given to do, as frozen values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from cardsvc.errors import Malformed, ReasonCode

JsonValue: TypeAlias = "str | int | float | bool | list[JsonValue] | Mapping[str, JsonValue] | None"
"""What RFC 8259 can write."""

_IDENTIFIER = re.compile(r"\w[\w.-]{0,63}")


def require_identifier(text: str) -> str:
    """Return the identifier of an agent or a relying party: letters, digits, ``_ . -``.

    A colon is ours: it marks a partner's own readers, and no agent may pass for them.

    Raises:
        Malformed: MALFORMED_MESSAGE.
    """
    if _IDENTIFIER.fullmatch(text) is None:
        raise Malformed(
            ReasonCode.MALFORMED_MESSAGE, "an identifier has 1 to 64 letters, digits, _ . or -"
        )
    return text


@dataclass(frozen=True, slots=True)
class Operator:
    """A member of staff.

    Args:
        id: the sign-in name; what the audit log shows.
        name: the person's name.
        roles: what the operator may do.
        password_hash: as the password hasher wrote it, with its parameters.
        enabled: False for those who have left.
    """

    id: str
    name: str
    roles: frozenset[str]
    password_hash: str = field(repr=False)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An agent or relying party that may call, or might before it was shut out."""

    id: str
    name: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class PersonalisationJob:
    """One card to be personalised at one desk.

    Args:
        id: the job.
        application_id: for which approved application.
        agent: the desk's agent; nobody else may run it.
        operator: who ordered it.
        state: where it stands, in issuance's words.
        plan: what is to be done; may hold a photo and the blank's factory secrets.
        created_at: when it was made.
        updated_at: when its state last changed.
    """

    id: str
    application_id: str
    agent: str
    operator: str
    state: str
    plan: Mapping[str, JsonValue] = field(repr=False)
    created_at: datetime
    updated_at: datetime
