"""Who works with the service and what a desk was given to do, as frozen values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique
from typing import TypeAlias

from cardsvc.card.guid import CardGuid
from cardsvc.desk_records import JobKind
from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.agency_code import AgencyCode

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


@unique
class Role(StrEnum):
    """What an operator may do; one person may hold several, no card sees one person twice."""

    CLERK = "clerk"
    APPROVER = "approver"
    ISSUER = "issuer"
    STOCK_KEEPER = "stock_keeper"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


ALL_AGENCIES = "*"
"""The scope of those who work for the whole province."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A member of staff.

    Args:
        id: the sign-in name; what the audit log shows.
        name: the person's name.
        roles: what the operator may do.
        password_hash: as the password hasher wrote it, with its parameters.
        enabled: False for those who have left.
        agencies: codes of the agencies served, all below them included; ``*`` for every agency
            and for holders who belong to none. Empty: no record at all.
        unit: the operator's own unit, as the directory of agencies or HR names it.
        must_change_password: the password was given by somebody else.
    """

    id: str
    name: str
    roles: frozenset[Role]
    password_hash: str = field(repr=False)
    enabled: bool = True
    agencies: frozenset[str] = frozenset()
    unit: str = ""
    must_change_password: bool = False

    @property
    def administers(self) -> bool:
        """Whether the operator may change operators now."""
        return self.enabled and Role.ADMINISTRATOR in self.roles

    def covers(self, agency_code: str | None) -> bool:
        """Tell whether an agency's records are in the operator's scope; None for no agency."""
        if ALL_AGENCIES in self.agencies:
            return True
        if agency_code is None:
            return False
        levels = AgencyCode.parse(agency_code).levels
        scopes = (AgencyCode.parse(scope).levels for scope in self.agencies)
        return any(levels[: len(scope)] == scope for scope in scopes)

    def may(self, role: Role, agency_code: str | None) -> bool:
        """Tell whether the operator may act in a role on an agency's records.

        Raises:
            Malformed: MALFORMED_AGENCY_CODE.
        """
        return self.enabled and role in self.roles and self.covers(agency_code)


_OPERATOR_ID = re.compile(r"[a-z][a-z0-9._-]{1,31}")


def require_operator_id(text: str) -> str:
    """Return a new operator's sign-in name: 2 to 32 of ``a-z 0-9 . _ -``, a letter first.

    Small letters of ASCII alone: no two names can be taken for one another.

    Raises:
        Malformed: MALFORMED_MESSAGE.
    """
    if _OPERATOR_ID.fullmatch(text) is None:
        raise Malformed(
            ReasonCode.MALFORMED_MESSAGE,
            "a sign-in name has 2 to 32 of a-z 0-9 . _ - and begins with a letter",
        )
    return text


def require_scope(agencies: Iterable[str]) -> frozenset[str]:
    """Return a scope: agency codes, or ``*``.

    Raises:
        Malformed: MALFORMED_AGENCY_CODE.
    """
    return frozenset(
        one if one == ALL_AGENCIES else AgencyCode.parse(one).value for one in agencies
    )


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An agent or relying party that may call, or might before it was shut out."""

    id: str
    name: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class PersonalisationJob:
    """One card to be worked on at one desk: personalised, or a finished one.

    Args:
        id: the job.
        application_id: for which approved application.
        agent: the desk's agent; nobody else may run it.
        operator: who ordered it.
        state: where it stands, in issuance's words.
        plan: what is to be done; may hold a photo and the blank's factory secrets.
        created_at: when it was made.
        updated_at: when its state last changed.
        kind: what is to be done with the card.
        guid: the finished card that it is about; None for one that is still to be made.
    """

    id: str
    application_id: str
    agent: str
    operator: str
    state: str
    plan: Mapping[str, JsonValue] = field(repr=False)
    created_at: datetime
    updated_at: datetime
    kind: JobKind = JobKind.PERSONALISE
    guid: CardGuid | None = None
