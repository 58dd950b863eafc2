"""The figures of an operator's agencies, summed for the overview."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from cardsvc.access_records import ALL_AGENCIES, Operator
from cardsvc.clock import VIETNAM_TIME
from cardsvc.desk_records import AgentPresence, ReaderState
from cardsvc.figure_records import CardFigures, OpenCount
from cardsvc.lifecycle import CardState
from cardsvc.terms import CardType

OFFLINE_AFTER = timedelta(minutes=2)
"""An agent tells of itself every few seconds."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What one operator sees.

    Args:
        at: the instant that the figures are of.
        by_state: cards by state.
        by_type: cards in use by type.
        by_agency: cards in use by agency, most first.
        issued: cards handed over, by day, without gaps, oldest first.
        expiring: cards in use that expire within so many days.
        waiting: applications that wait for approval.
        oldest_waiting: since when the oldest does.
        losses: open cases of loss.
        returns: leaves that end within a week.
        blanks: card blanks in stock; None for those whose scope is not the whole province.
        import_errors: rows to be looked at; None likewise.
    """

    at: datetime
    by_state: Mapping[CardState, int]
    by_type: Mapping[CardType, int]
    by_agency: Sequence[tuple[str, int]]
    issued: Sequence[tuple[date, int]]
    expiring: Mapping[int, int]
    waiting: int
    oldest_waiting: datetime | None
    losses: int
    returns: int
    blanks: int | None
    import_errors: int | None


def overview_of(figures: CardFigures, operator: Operator, days: int) -> Overview:
    """Sum the figures of an operator's agencies.

    Args:
        figures: of all agencies.
        operator: whose scope.
        days: how many days of issuing to show, today included.
    """

    @cache
    def covered(agency: str) -> bool:
        return operator.covers(agency or None)

    by_state: Counter[CardState] = Counter()
    by_type: Counter[CardType] = Counter()
    by_agency: Counter[str] = Counter()
    for card in figures.cards:
        if covered(card.agency):
            by_state[card.state] += card.cards
            if card.state in (CardState.ACTIVE, CardState.SUSPENDED):
                by_type[card.card_type] += card.cards
                by_agency[card.agency] += card.cards
    expiring: Counter[int] = Counter()
    for soon in figures.expiring:
        if covered(soon.agency):
            expiring[soon.within_days] += soon.cards
    issued: Counter[date] = Counter()
    for one in figures.issued:
        if covered(one.agency):
            issued[one.day] += one.cards
    waiting = [one for one in figures.waiting if covered(one.agency)]
    everywhere = ALL_AGENCIES in operator.agencies

    def open_cases(counts: Iterable[OpenCount]) -> int:
        return sum(one.quantity for one in counts if covered(one.agency))

    today = figures.at.astimezone(VIETNAM_TIME).date()
    shown = [today - timedelta(days=back) for back in reversed(range(days))]
    return Overview(
        at=figures.at,
        by_state=by_state,
        by_type=by_type,
        by_agency=by_agency.most_common(),
        issued=[(day, issued[day]) for day in shown],
        expiring=expiring,
        waiting=sum(one.applications for one in waiting),
        oldest_waiting=min((one.oldest_at for one in waiting), default=None),
        losses=open_cases(figures.losses),
        returns=open_cases(figures.returns),
        blanks=figures.blanks if everywhere else None,
        import_errors=figures.import_errors if everywhere else None,
    )


@dataclass(frozen=True, slots=True)
class ReaderHealth:
    """How the reader agents are.

    Args:
        online: agents that told of themselves lately.
        offline: agents that did not.
        readers: readers of those online.
        faults: what is wrong: an agent without PC/SC, a card that does not answer.
        agents: what each last told, those first that are offline or at fault.
    """

    online: int
    offline: int
    readers: int
    faults: int
    agents: Sequence[tuple[AgentPresence, bool, bool]]


def reader_health(presence: Iterable[AgentPresence], at: datetime) -> ReaderHealth:
    """Sum what agents told; each comes with whether it is online and whether it has a fault."""
    agents = []
    for one in presence:
        online = at - one.seen_at <= OFFLINE_AFTER
        mute = any(state is ReaderState.MUTE for _, state in one.readers)
        agents.append((one, online, online and (mute or not one.pcsc or not one.readers)))
    agents.sort(key=lambda agent: (agent[1] and not agent[2], agent[0].agent))
    there = [one for one in agents if one[1]]
    return ReaderHealth(
        online=len(there),
        offline=len(agents) - len(there),
        readers=sum(len(one.readers) for one, _, _ in there),
        faults=sum(fault for _, _, fault in agents),
        agents=agents,
    )
