"""Holders: put on record once, corrected under a version, their employment ended with a day.

Audit events name the facts that changed, never their values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import date, datetime

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.number_alias import AliasStatus, NumberAlias, parse_identity_number
from cardsvc.records import Holder
from issuance.registry.ports import HolderStore

_NO_FACTS = frozenset({"id", "version"})


def changed_facts(before: Holder, after: Holder) -> tuple[str, ...]:
    """Return the names of the facts in which two records of a person differ.

    The parts of a post are named one by one (``employment.position``), and so are those of a
    delegation.
    """
    return tuple(_differences(before, after, ""))


def _differences(before: object, after: object, prefix: str) -> list[str]:
    names: list[str] = []
    for one in fields(before):  # type: ignore[arg-type]
        old, new = getattr(before, one.name), getattr(after, one.name)
        if old == new or one.name in _NO_FACTS:
            continue
        if one.name in {"employment", "delegation"} and old is not None and new is not None:
            names += _differences(old, new, f"{one.name}.")
        else:
            names.append(prefix + one.name)
    return names


def add_holders(
    store: HolderStore, holders: Sequence[Holder], *, operator: str, at: datetime
) -> None:
    """Put new people on record, all of them or none.

    Args:
        store: where they are kept.
        holders: each with a fresh opaque identifier.
        operator: who does it.
        at: the instant.

    Raises:
        IssuanceError: a personal number is on record already, or given twice (HOLDER_EXISTS).
    """
    at = require_utc(at)
    with store.transaction() as unit:
        unit.add_holders(holders)
        for holder in holders:
            unit.record(AuditEvent(at, operator, AuditAction.HOLDER_ADDED, holder.id))


def correct_holder(store: HolderStore, holder: Holder, *, operator: str, at: datetime) -> Holder:
    """Write a holder's corrected facts over those that were read.

    Args:
        store: where it is kept.
        holder: all facts as they should be; ``version`` as it was read.
        operator: who corrects.
        at: the instant.

    Returns:
        The holder as it now stands. The same facts again change nothing and are no event.

    Raises:
        IssuanceError: unknown (HOLDER_UNKNOWN); somebody else corrected it in between
            (CONCURRENT_CHANGE); the number is another person's (HOLDER_EXISTS).
    """
    at = require_utc(at)
    with store.transaction() as unit:
        changed = changed_facts(unit.holder(holder.id), holder)
        saved = unit.save_holder(holder)
        if changed:
            unit.record(
                AuditEvent(
                    at,
                    operator,
                    AuditAction.HOLDER_CORRECTED,
                    holder.id,
                    {"facts": " ".join(changed), "version": saved.version},
                )
            )
    return saved


def renumbered(
    holder: Holder, number: str, *, status: AliasStatus, until: date | None = None
) -> Holder:
    """Return a holder with a new personal number; the present one becomes an alias.

    Spec: Decree 70/2024/NĐ-CP (cancelling and re-establishing a number). A slip of the pen is no
    former number: correct that by replacing ``personal_number`` alone.

    Args:
        holder: as it stands.
        number: the new number, twelve digits.
        status: what became of the old one.
        until: its last day, if known.

    Raises:
        Malformed: not twelve digits.
    """
    new = type(holder.personal_number).parse(number)
    if new == holder.personal_number:
        return holder
    former = NumberAlias(holder.personal_number, status, None, until)
    kept = tuple(alias for alias in holder.aliases if alias.number != new)
    return replace(holder, personal_number=new, aliases=(*kept, former))


def end_employment(
    store: HolderStore,
    holder_id: str,
    *,
    last_day: date,
    expected_version: int,
    operator: str,
    at: datetime,
) -> Holder:
    """Record the last day of a civil servant's employment.

    The post stays on record: cards that bear it are acted on by the workflow, not here.

    Args:
        store: where the holder is kept.
        holder_id: whose.
        last_day: inclusive.
        expected_version: as it was read.
        operator: who records it.
        at: the instant.

    Raises:
        IssuanceError: unknown, or without employment (HOLDER_UNKNOWN); changed in between
            (CONCURRENT_CHANGE).
    """
    at = require_utc(at)
    with store.transaction() as unit:
        found = unit.holder(holder_id)
        if found.employment is None:
            raise IssuanceError(ReasonCode.HOLDER_UNKNOWN, "the holder has no employment to end")
        ended = replace(
            found,
            employment=replace(found.employment, until=last_day),
            version=expected_version,
        )
        saved = unit.save_holder(ended)
        if saved.version != found.version:
            facts: AuditFacts = {"last_day": last_day.isoformat(), "version": saved.version}
            unit.record(
                AuditEvent(at, operator, AuditAction.HOLDER_EMPLOYMENT_ENDED, holder_id, facts)
            )
    return saved


def find_holders(store: HolderStore, text: str) -> Sequence[Holder]:
    """Return who has or had a number: present holders first.

    Args:
        store: where they are kept.
        text: a personal number (12 digits) or an old CMND number (9 digits), as typed.

    Raises:
        Malformed: neither.
    """
    number = parse_identity_number("".join(text.replace(".", "").replace("-", "").split()))
    with store.transaction() as unit:
        return unit.find_by_number(number)


def with_form_facts(known: Holder, form: Holder) -> Holder:
    """Return a known holder with the facts that a form gives; what a form can't give stays.

    Args:
        known: as on record.
        form: as filled in; what it leaves out (sex, phone, e-mail, former numbers) is not lost.
    """
    return replace(
        form,
        id=known.id,
        version=known.version,
        birth_date=form.birth_date or known.birth_date,
        employment=form.employment or known.employment,
        delegation=form.delegation or known.delegation,
        sex=form.sex or known.sex,
        phone=form.phone or known.phone,
        email=form.email or known.email,
        aliases=form.aliases or known.aliases,
    )
