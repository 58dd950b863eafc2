"""The dry run: what each row of a list would do, beside the other rows and the registry."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.import_records import KnownHolders, RowOutcome
from cardsvc.records import Employment, Holder
from issuance.importing.fields import Field
from issuance.importing.findings import Finding, ImportCode, Severity, blocks
from issuance.importing.name_forms import is_in_capitals
from issuance.importing.person import CheckContext, ImportedPerson, read_person
from issuance.importing.rows import RowValues
from issuance.registry.holders import changed_facts, with_form_facts


@dataclass(frozen=True, slots=True)
class CheckedRow:
    """A row and everything that was found.

    Args:
        row: as it was read.
        findings: of reading, of the facts, of the comparison with the registry.
        person: None where facts are missing or malformed.
        outcome: what it would do; None where there is no person.
        holder: the record as it would stand; its identifier is empty for a new person.
        changes: names of the facts that would change.
    """

    row: RowValues
    findings: tuple[Finding, ...]
    person: ImportedPerson | None = None
    outcome: RowOutcome | None = None
    holder: Holder | None = None
    changes: tuple[str, ...] = ()

    def is_held(self, confirmed: frozenset[ImportCode]) -> bool:
        """Tell whether the row waits for somebody, after what was confirmed."""
        return self.holder is None or any(blocks(one, confirmed) for one in self.findings)


@dataclass(frozen=True, slots=True)
class CheckSummary:
    """Counts over a checked list.

    Args:
        outcomes: rows that can be applied, by what they would do.
        held: rows that could not.
        warned: rows with warnings, whether held or not.
        codes: findings by code, most frequent first.
    """

    outcomes: Mapping[RowOutcome, int]
    held: int
    warned: int
    codes: Mapping[ImportCode, int]


def check_rows(rows: Sequence[RowValues], context: CheckContext) -> list[CheckedRow]:
    """Check each row by itself.

    Args:
        rows: as read; what was found beside other rows stands in their findings.
        context: what they are checked against.
    """
    checked = []
    for row in rows:
        person, found = read_person(row, context)
        checked.append(CheckedRow(row, (*row.findings, *found), person))
    return checked


def compare(checked: Sequence[CheckedRow], known: KnownHolders) -> list[CheckedRow]:
    """Return checked rows with what they would do to the people who are on record."""
    return [_compared(one, known) for one in checked]


def numbers_of(checked: Sequence[CheckedRow]) -> list[PersonalNumber]:
    """Return the personal numbers of the rows that have one."""
    return list(dict.fromkeys(one.person.personal_number for one in checked if one.person))


def with_duplicates(rows: Sequence[RowValues], context: CheckContext) -> tuple[RowValues, ...]:
    """Return the rows with what is to be said of personal numbers that stand there twice.

    The same facts again are a warning, the name compared as with the registry (``Hòa`` is
    ``Hoà``, in capitals too). Different facts under one number are an error in every such row:
    nobody can know which is right.
    """
    by_number = defaultdict(list)
    for one in check_rows(rows, context):
        if one.person is not None:
            by_number[one.person.personal_number].append(one)
    found: dict[int, Finding] = {}
    for group in by_number.values():
        if len(group) > 1:
            found |= _group_findings(group)
    return tuple(
        replace(row, findings=(*row.findings, found[row.number])) if row.number in found else row
        for row in rows
    )


def _group_findings(group: Sequence[CheckedRow]) -> dict[int, Finding]:
    people = [one.person for one in group if one.person is not None]
    facts = {
        (one.name.tone_folded_key, replace(one, number=0, name=people[0].name)) for one in people
    }
    numbers = [one.row.number for one in group]
    if len(facts) == 1:
        first, *others = numbers
        return {one: Finding(ImportCode.REPEATED_ROW, detail=str(first)) for one in others}
    found = {}
    for number in numbers:
        beside = ", ".join(str(one) for one in numbers if one != number)
        found[number] = Finding(ImportCode.DUPLICATE_IN_FILE, detail=beside[:60])
    return found


def summarise(checked: Sequence[CheckedRow], confirmed: frozenset[ImportCode]) -> CheckSummary:
    """Count what a list would do."""
    held = [one.is_held(confirmed) for one in checked]
    outcomes = Counter(
        one.outcome for one, waits in zip(checked, held, strict=True) if not waits and one.outcome
    )
    warned = sum(
        any(found.severity is Severity.WARNING for found in one.findings) for one in checked
    )
    codes = Counter(found.code for one in checked for found in one.findings)
    return CheckSummary(dict(outcomes), sum(held), warned, dict(codes.most_common()))


def _compared(checked: CheckedRow, known: KnownHolders) -> CheckedRow:
    person = checked.person
    if person is None:
        return checked
    holder = known.present.get(person.personal_number)
    if holder is None:
        is_former = person.personal_number in known.former
        found = [Finding(ImportCode.NUMBER_IS_FORMER, Field.PERSONAL_NUMBER)] if is_former else []
        return replace(
            checked,
            findings=(*checked.findings, *found),
            outcome=RowOutcome.NEW,
            holder=person.as_holder(""),
        )
    after = _merged(holder, person)
    changes = changed_facts(holder, after)
    return replace(
        checked,
        findings=(*checked.findings, *_identity_findings(holder, person)),
        outcome=RowOutcome.CHANGED if changes else RowOutcome.UNCHANGED,
        holder=after,
        changes=changes,
    )


def _merged(holder: Holder, person: ImportedPerson) -> Holder:
    """What a list leaves out is not taken away."""
    after = with_form_facts(holder, person.as_holder(holder.id))
    is_same_name = holder.name.tone_folded_key == person.name.tone_folded_key
    if is_same_name and is_in_capitals(person.name.value):
        after = replace(after, name=holder.name)  # a list in capitals tells nothing of case
    if person.employment is None or holder.employment is None:
        return after
    return replace(after, employment=_merged_post(holder.employment, person.employment))


def _merged_post(before: Employment, given: Employment) -> Employment:
    is_same_agency = before.agency_code == given.agency_code
    return replace(
        given,
        unit_name=given.unit_name or (before.unit_name if is_same_agency else ""),
        staff_code=given.staff_code or (before.staff_code if is_same_agency else ""),
    )


def _identity_findings(holder: Holder, person: ImportedPerson) -> list[Finding]:
    found = []
    if holder.name.tone_folded_key != person.name.tone_folded_key:
        found.append(Finding(ImportCode.NAME_DIFFERS_IN_REGISTRY, Field.NAME))
    both = holder.birth_date and person.birth_date
    if both and holder.birth_date != person.birth_date:
        found.append(Finding(ImportCode.BIRTH_DATE_DIFFERS_IN_REGISTRY, Field.BIRTH_DATE))
    if person.employment and holder.employment and holder.employment.until is not None:
        found.append(Finding(ImportCode.EMPLOYMENT_ENDED))
    return found
