"""Agencies with the history of their names, parents and ends, and the book of all of them.

Agencies are merged, split and renamed by resolutions that name a day; a card keeps the name that
was right when it was made, and its holder is looked for in what the agency became.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum, unique

from cardsvc.identity.agency_code import AgencyCode

ONE_DAY = timedelta(days=1)


@unique
class AgencyFate(StrEnum):
    """What ended a version of an agency."""

    RENAMED = "renamed"
    MERGED = "merged"
    SPLIT = "split"
    DISSOLVED = "dissolved"


@dataclass(frozen=True, slots=True)
class AgencyVersion:
    """An agency as it was for a time.

    Args:
        name: as printed.
        short_name: as tables show it, or nothing.
        parent: the agency above it, or None at the top.
        valid_from: its first day.
        valid_to: its last day (inclusive), or None while it lasts.
        fate: what ended it; None while it lasts.
        successors: what it became the day after: itself under a new name, another, several, none.
    """

    name: str
    short_name: str
    parent: AgencyCode | None
    valid_from: date
    valid_to: date | None = None
    fate: AgencyFate | None = None
    successors: tuple[AgencyCode, ...] = ()

    def is_valid(self, day: date) -> bool:
        """Tell whether this was the agency on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True, slots=True)
class AgencySettings:
    """What an agency decides for itself and those below it.

    Args:
        approver_outside_unit: whoever approves is not of the requester's unit; None leaves it to
            the agency above, and at the top means no.
        emblem: the name of the emblem or logo file that its card faces bear, or nothing.
    """

    approver_outside_unit: bool | None = None
    emblem: str = ""


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency with its history.

    Args:
        code: its identifier (Decision 20/2020/QĐ-TTg), kept for as long as it is one agency.
        versions: oldest first; they do not overlap.
        settings: as they are now.
        version: counts the changes, for optimistic locking; no fact of the agency.
    """

    code: AgencyCode
    versions: tuple[AgencyVersion, ...]
    settings: AgencySettings = AgencySettings()
    version: int = field(default=0, compare=False)

    def at(self, day: date) -> AgencyVersion | None:
        """Return the agency as it was on a day, or None."""
        return next((one for one in self.versions if one.is_valid(day)), None)


@dataclass(frozen=True, slots=True)
class AgencyNode:
    """An agency in the tree of one day.

    Args:
        code: its identifier.
        version: as it is that day.
        depth: 0 at the top.
    """

    code: AgencyCode
    version: AgencyVersion
    depth: int


class AgencyBook:
    """All agencies, asked by day.

    Args:
        agencies: each once.
    """

    def __init__(self, agencies: Sequence[Agency]) -> None:
        self._agencies: Mapping[AgencyCode, Agency] = {one.code: one for one in agencies}
        self._latest: tuple[date, tuple[AgencyNode, ...]] | None = None

    def __iter__(self) -> Iterator[Agency]:
        return iter(self._agencies.values())

    def __len__(self) -> int:
        return len(self._agencies)

    def find(self, code: AgencyCode) -> Agency | None:
        """Return an agency, or None."""
        return self._agencies.get(code)

    def at(self, code: AgencyCode, day: date) -> AgencyVersion | None:
        """Return an agency as it was on a day, or None."""
        agency = self._agencies.get(code)
        return agency.at(day) if agency else None

    def parent(self, code: AgencyCode, day: date) -> AgencyCode | None:
        """Return the agency above on a day: where that one ended, what it became, if one only."""
        version = self.at(code, day)
        if version is None or version.parent is None:
            return None
        if self.at(version.parent, day) is not None:
            return version.parent
        became = self.successors(version.parent, day, since=version.valid_from)
        return became[0] if len(became) == 1 and became[0] != code else None

    def ancestors(self, code: AgencyCode, day: date) -> tuple[AgencyCode, ...]:
        """Return the agencies above on a day, the nearest first."""
        above: list[AgencyCode] = []
        here = self.parent(code, day)
        while here is not None and here not in above and here != code:
            above.append(here)
            here = self.parent(here, day)
        return tuple(above)

    def successors(
        self, code: AgencyCode, day: date, *, since: date | None = None
    ) -> tuple[AgencyCode, ...]:
        """Return what an agency has become by a day: itself, another, several, or nothing.

        Args:
            code: as a card or a holder's post has it.
            day: usually today.
            since: the day on which the code meant the agency; its first version by default.
        """
        found: dict[AgencyCode, None] = {}
        seen: set[tuple[AgencyCode, date]] = set()
        waiting = [(code, since)]
        while waiting:
            here, start = waiting.pop()
            version = self._from(here, start)
            if version is None or (here, version.valid_from) in seen:
                continue
            seen.add((here, version.valid_from))
            if version.valid_to is None or version.valid_to >= day:
                found[here] = None
                continue
            following = version.valid_to + ONE_DAY
            waiting += [(one, following) for one in reversed(version.successors)]
        return tuple(found)

    def _from(self, code: AgencyCode, start: date | None) -> AgencyVersion | None:
        """Return the version of a day, or the first that begins after it."""
        agency = self._agencies.get(code)
        versions = agency.versions if agency else ()
        if start is None:
            return versions[0] if versions else None
        return next(
            (one for one in versions if one.valid_to is None or one.valid_to >= start), None
        )

    def tree(self, day: date) -> tuple[AgencyNode, ...]:
        """Return the agencies of a day, each followed by those below it, in order of code.

        The tree of the day that was asked for last is kept: every list of holders asks for it.
        """
        latest = self._latest
        if latest is None or latest[0] != day:
            latest = self._latest = (day, self._grow(day))
        return latest[1]

    def _grow(self, day: date) -> tuple[AgencyNode, ...]:
        below: dict[AgencyCode | None, list[AgencyCode]] = {}
        for code in sorted(self._agencies, key=lambda one: one.levels):
            if self.at(code, day) is not None:
                below.setdefault(self.parent(code, day), []).append(code)
        nodes: list[AgencyNode] = []
        placed: set[AgencyCode] = set()

        def place(code: AgencyCode, depth: int) -> None:
            version = self.at(code, day)
            if version is None or code in placed:
                return
            placed.add(code)
            nodes.append(AgencyNode(code, version, depth))
            waiting.extend((one, depth + 1) for one in reversed(below.get(code, [])))

        waiting = [(code, 0) for code in reversed(below.get(None, []))]
        while True:
            while waiting:
                place(*waiting.pop())
            circular = next((c for codes in below.values() for c in codes if c not in placed), None)
            if circular is None:
                return tuple(nodes)
            waiting.append((circular, 0))  # parents in a circle: shown, not lost

    def subtree(self, code: AgencyCode, day: date) -> tuple[AgencyCode, ...]:
        """Return an agency and all below it on a day; only itself where it is not on record."""
        inside = [code]
        depth: int | None = None
        for node in self.tree(day):
            if node.code == code:
                depth = node.depth
            elif depth is not None:
                if node.depth <= depth:
                    break
                inside.append(node.code)
        return tuple(inside)

    def with_predecessors(self, codes: Sequence[AgencyCode], day: date) -> tuple[AgencyCode, ...]:
        """Return these agencies and the ended ones that became one of them: whose staff they are.

        A card or a post may still bear the former code.
        """
        wanted = set(codes)
        former = (
            agency.code
            for agency in self
            if agency.at(day) is None and wanted & set(self.successors(agency.code, day))
        )
        return tuple(dict.fromkeys([*codes, *former]))

    def approver_outside_unit(self, code: AgencyCode, day: date) -> bool:
        """Tell whether an approver may not be of the requester's unit: the nearest setting up."""
        for one in (code, *self.ancestors(code, day)):
            agency = self._agencies.get(one)
            if agency is not None and agency.settings.approver_outside_unit is not None:
                return agency.settings.approver_outside_unit
        return False


@dataclass(frozen=True, slots=True)
class AgencyStaff:
    """Whom a change of agencies touches.

    Args:
        holders: people whose post bears one of the codes.
        cards: their cards that have not ended.
    """

    holders: int
    cards: int
