"""Versions of policies: put, rehearsed, activated. Implements ``policy.life.PolicyBook``.

Of the activations whose day has come, the latest act counts: a rollback is not overtaken by an
activation that somebody dated before it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, and_, bindparam, func, select
from sqlalchemy.orm import Session

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.policy_records import Activation, ActivationKind, PolicyVersion, Rehearsal
from cardsvc.service_records import ServicePolicy
from cardsvc.store.audit_trail import AuditTrail, audited
from cardsvc.store.engine import Database
from cardsvc.store.schema import PolicyActivationRow, PolicyVersionRow, RelyingPartyRow

_VERSIONS, _ACTS = PolicyVersionRow.__table__, PolicyActivationRow.__table__
_PARTIES = RelyingPartyRow.__table__
IN_FORCE = (
    select(_VERSIONS, _PARTIES.c.realm, _PARTIES.c.agreement, _PARTIES.c.pseudonym_generation)
    .join(
        _ACTS,
        and_(
            _ACTS.c.relying_party == _VERSIONS.c.relying_party,
            _ACTS.c.service == _VERSIONS.c.service,
            _ACTS.c.version == _VERSIONS.c.version,
        ),
    )
    .join(_PARTIES, _PARTIES.c.id == _VERSIONS.c.relying_party)
    .where(
        _PARTIES.c.enabled.is_(True),
        _ACTS.c.relying_party == bindparam("relying_party"),
        _ACTS.c.service == bindparam("service"),
        _ACTS.c.active_from <= bindparam("at"),
    )
    .order_by(_ACTS.c.seq.desc())
    .limit(1)
)
"""The version in force of a service at an instant; a disabled relying party has none.

With what binds it: the partner's realm, and what was agreed with it.
"""


class SqlPolicyStore:
    """Keeps every version of every policy, and what was in force when."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, policy: ServicePolicy, *, author: str, at: datetime) -> int:
        """Keep a draft as the next version; return that version. It is not in force by that."""
        with audited(self._database) as (session, trail):
            return add_version(session, trail, policy, author, at)

    def version(self, relying_party: str, service: str, version: int) -> PolicyVersion | None:
        """Return a version, or None."""
        with self._database.reading() as session:
            row = session.get(PolicyVersionRow, (relying_party, service, version))
            return None if row is None else _version(row)

    def versions(
        self, relying_party: str | None = None, service: str | None = None
    ) -> Sequence[PolicyVersion]:
        """Return the versions of all policies, or of one partner or service, in order."""
        query = select(PolicyVersionRow).order_by(
            PolicyVersionRow.relying_party, PolicyVersionRow.service, PolicyVersionRow.version
        )
        if relying_party is not None:
            query = query.where(PolicyVersionRow.relying_party == relying_party)
        if service is not None:
            query = query.where(PolicyVersionRow.service == service)
        with self._database.reading() as session:
            return [_version(row) for row in session.scalars(query)]

    def activations(self, relying_party: str, service: str) -> Sequence[Activation]:
        """Return a service's activations, the oldest act first."""
        query = (
            select(PolicyActivationRow)
            .where(
                PolicyActivationRow.relying_party == relying_party,
                PolicyActivationRow.service == service,
            )
            .order_by(PolicyActivationRow.seq)
        )
        with self._database.reading() as session:
            return [_activation(row) for row in session.scalars(query)]

    def all_activations(
        self, relying_party: str | None = None
    ) -> Mapping[tuple[str, str], Sequence[Activation]]:
        """Return the activations by partner and service, the oldest act first."""
        row = PolicyActivationRow
        query = select(row).order_by(row.relying_party, row.service, row.seq)
        if relying_party is not None:
            query = query.where(row.relying_party == relying_party)
        found: dict[tuple[str, str], list[Activation]] = {}
        with self._database.reading() as session:
            for one in session.scalars(query):
                found.setdefault((one.relying_party, one.service), []).append(_activation(one))
        return found

    def rehearse(
        self, relying_party: str, service: str, version: int, rehearsal: Rehearsal
    ) -> None:
        """Keep what a rehearsal of a version found.

        Raises:
            StoreError: there is no such version (POLICY_UNKNOWN).
        """
        with audited(self._database) as (session, trail):
            row = _require(session, relying_party, service, version)
            row.rehearsed_at, row.rehearsed_by = rehearsal.at, rehearsal.by
            row.replayed, row.changed = rehearsal.replayed, rehearsal.changed
            facts: AuditFacts = {
                "version": version,
                "replayed": rehearsal.replayed,
                "changed": rehearsal.changed,
            }
            subject = f"{relying_party}/{service}"
            event = AuditEvent(
                rehearsal.at, rehearsal.by, AuditAction.POLICY_REHEARSED, subject, facts
            )
            trail.record(event)

    def activate(self, relying_party: str, service: str, activation: Activation) -> None:
        """Put a version in force from a day on.

        Raises:
            StoreError: there is no such version (POLICY_UNKNOWN), or somebody else activated at
                the same time, or author and activator are one (CONCURRENT_CHANGE).
        """
        with audited(self._database) as (session, trail):
            row = _require(session, relying_party, service, activation.version)
            add_activation(session, trail, row, activation)


def read_policy(row: PolicyVersionRow | Row[Any]) -> ServicePolicy:
    """Return the policy that a row is."""
    return ServicePolicy(row.relying_party, row.service, row.version, row.document)


def read_in_force(row: Row[Any]) -> ServicePolicy:
    """Return the policy that a row of ``IN_FORCE`` is, bound by what was agreed."""
    return replace(
        read_policy(row),
        realm=row.realm,
        agreement=row.agreement,
        pseudonym_generation=row.pseudonym_generation,
    )


def add_version(
    session: Session, trail: AuditTrail, policy: ServicePolicy, author: str, at: datetime
) -> int:
    """Add a policy as the next version of its service; return the version."""
    last = session.scalar(
        select(func.max(PolicyVersionRow.version)).where(
            PolicyVersionRow.relying_party == policy.relying_party,
            PolicyVersionRow.service == policy.service,
        )
    )
    version = (last or 0) + 1
    session.add(
        PolicyVersionRow(
            relying_party=policy.relying_party,
            service=policy.service,
            version=version,
            document=policy.document,
            author=author,
            created_at=at,
        )
    )
    session.flush()
    facts: AuditFacts = {
        "version": version,
        "sha256": sha256(policy.document.encode()).hexdigest(),
    }
    subject = f"{policy.relying_party}/{policy.service}"
    trail.record(AuditEvent(at, author, AuditAction.POLICY_PUT, subject, facts))
    return version


def add_activation(
    session: Session, trail: AuditTrail, row: PolicyVersionRow, activation: Activation
) -> None:
    """Add an act that puts a version in force."""
    act = PolicyActivationRow
    last = session.scalar(
        select(func.max(act.seq)).where(
            act.relying_party == row.relying_party, act.service == row.service
        )
    )
    session.add(
        PolicyActivationRow(
            relying_party=row.relying_party,
            service=row.service,
            seq=(last or 0) + 1,
            version=row.version,
            active_from=activation.active_from,
            kind=activation.kind,
            author=row.author,
            activated_by=activation.by,
            activated_at=activation.at,
        )
    )
    facts: AuditFacts = {
        "version": row.version,
        "kind": activation.kind.value,
        "active_from": activation.active_from.isoformat(),
    }
    subject = f"{row.relying_party}/{row.service}"
    event = AuditEvent(activation.at, activation.by, AuditAction.POLICY_ACTIVATED, subject, facts)
    trail.record(event)


def put_in_force(
    session: Session, trail: AuditTrail, policy: ServicePolicy, operator: str, at: datetime
) -> int:
    """Put a simple policy in force at once, on one person's word; return its version."""
    version = add_version(session, trail, policy, operator, at)
    row = _require(session, policy.relying_party, policy.service, version)
    add_activation(
        session, trail, row, Activation(version, at, ActivationKind.SIMPLE, operator, at)
    )
    return version


def _require(session: Session, relying_party: str, service: str, version: int) -> PolicyVersionRow:
    row = session.get(PolicyVersionRow, (relying_party, service, version))
    if row is None:
        raise StoreError(ReasonCode.POLICY_UNKNOWN, f"no version {version} of that policy")
    return row


def _activation(row: PolicyActivationRow) -> Activation:
    return Activation(
        version=row.version,
        active_from=row.active_from,
        kind=row.kind,
        by=row.activated_by,
        at=row.activated_at,
    )


def _version(row: PolicyVersionRow) -> PolicyVersion:
    rehearsal = None
    if row.rehearsed_at is not None and row.rehearsed_by is not None:
        rehearsal = Rehearsal(
            row.rehearsed_at, row.rehearsed_by, row.replayed or 0, row.changed or 0
        )
    return PolicyVersion(read_policy(row), row.author, row.created_at, rehearsal)
