"""Versions of policies and how they came into force, as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique

from cardsvc.service_records import ServicePolicy


@unique
class ActivationKind(StrEnum):
    """On whose word a version came into force."""

    TWO_PERSONS = "two_persons"
    ROLLBACK = "rollback"
    SIMPLE = "simple"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A draft was tried on decisions on record.

    Args:
        at: when.
        by: the operator.
        replayed: how many decisions.
        changed: how many would have gone otherwise.
    """

    at: datetime
    by: str
    replayed: int
    changed: int


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One version of a service's policy; never changed once it is put.

    Args:
        policy: the document.
        author: who put it.
        created_at: when.
        rehearsal: the latest, None before the first.
    """

    policy: ServicePolicy
    author: str
    created_at: datetime
    rehearsal: Rehearsal | None = None


@dataclass(frozen=True, slots=True)
class Activation:
    """A version comes into force; the latest act whose day has come is the one that counts.

    Args:
        version: which.
        active_from: from when.
        kind: on whose word.
        by: the operator.
        at: when that was decided.
    """

    version: int
    active_from: datetime
    kind: ActivationKind
    by: str
    at: datetime
