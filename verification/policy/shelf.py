"""How the versions of a policy stand: drafts, what was tried, what is in force, what will be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from itertools import groupby
from typing import Protocol

from cardsvc.policy_records import Activation, PolicyVersion
from verification.policy.life import PolicyBook


@unique
class VersionState(StrEnum):
    """Where a version stands."""

    DRAFT = "draft"
    REHEARSED = "rehearsed"
    PLANNED = "planned"
    IN_FORCE = "in_force"
    FORMER = "former"


@dataclass(frozen=True, slots=True)
class ShelvedVersion:
    """A version and where it stands at an instant."""

    version: PolicyVersion
    state: VersionState


@dataclass(frozen=True, slots=True)
class ServiceShelf:
    """All versions of one service's policy.

    Args:
        relying_party: the partner.
        service: its service.
        versions: in order; never empty.
        acts: that put versions in force, the oldest first.
    """

    relying_party: str
    service: str
    versions: tuple[ShelvedVersion, ...]
    acts: tuple[Activation, ...] = ()

    @property
    def in_force(self) -> PolicyVersion | None:
        """The version in force, None where the service has not begun."""
        found = [one.version for one in self.versions if one.state is VersionState.IN_FORCE]
        return found[0] if found else None

    @property
    def newest(self) -> ShelvedVersion:
        """The version that was put last."""
        return self.versions[-1]


class PolicyShelf(PolicyBook, Protocol):
    """A policy book that can be leafed through."""

    def versions(
        self, relying_party: str | None = None, service: str | None = None
    ) -> Sequence[PolicyVersion]:
        """Return the versions of all policies, or of one partner or service, in order."""
        ...

    def all_activations(
        self, relying_party: str | None = None
    ) -> Mapping[tuple[str, str], Sequence[Activation]]:
        """Return the activations by partner and service, the oldest act first."""
        ...


def shelves(
    book: PolicyShelf,
    at: datetime,
    relying_party: str | None = None,
    service: str | None = None,
) -> Sequence[ServiceShelf]:
    """Return how all policies stand at an instant, or those of one partner or service."""
    acts = book.all_activations(relying_party)
    found = []
    for key, group in groupby(
        book.versions(relying_party, service),
        lambda one: (one.policy.relying_party, one.policy.service),
    ):
        own = tuple(acts.get(key, ()))
        standing = tuple(ShelvedVersion(one, _state(one, own, at)) for one in group)
        found.append(ServiceShelf(*key, standing, own))
    return found


def _state(one: PolicyVersion, acts: Sequence[Activation], at: datetime) -> VersionState:
    """Return where a version stands; of the acts whose day has come the latest counts."""
    number = one.policy.version
    come = [act for act in acts if act.active_from <= at]
    if come and come[-1].version == number:
        return VersionState.IN_FORCE
    if any(act.version == number and _will_count(act, acts, at) for act in acts):
        return VersionState.PLANNED
    if any(act.version == number for act in acts):
        return VersionState.FORMER
    return VersionState.REHEARSED if one.rehearsal else VersionState.DRAFT


def _will_count(act: Activation, acts: Sequence[Activation], at: datetime) -> bool:
    """Tell whether an act's day will come before a later act has overtaken it."""
    later = acts[acts.index(act) + 1 :]
    return act.active_from > at and all(one.active_from > act.active_from for one in later)
