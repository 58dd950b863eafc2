"""What the pages of oversight may use: figures, the audit log, personal data, publishing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from cardsvc.desk_records import AgentPresence
from cardsvc.figure_records import CardFigures
from cardsvc.housekeeping_records import StepRecord
from cardsvc.privacy_records import PrivacyRequest, RequestState
from issuance.privacy.export import PersonalCopy
from issuance.privacy.requests import RequestDesk
from issuance.privacy.retention import RetentionRun
from web.oversight.audit_desk import AuditDesk
from web.oversight.publishing import PublishedStatus


class PrivacyQueue(Protocol):
    """Lists requests about personal data."""

    def requests(
        self,
        *,
        state: RequestState | None = None,
        overdue_on: date | None = None,
        limit: int = 100,
    ) -> Sequence[PrivacyRequest]:
        """Return requests, those first that are due first."""
        ...

    def find_request(self, request_id: str) -> PrivacyRequest | None:
        """Return a request, or None."""
        ...

    def agencies_of(self, holder_ids: Sequence[str]) -> Mapping[str, str | None]:
        """Return the agency code of each of these people that is on record; None for no agency."""
        ...


class DueFigures(Protocol):
    """How much of each kind of data is due to go."""

    @property
    def at(self) -> datetime:
        """When it was counted."""
        ...

    @property
    def due(self) -> Mapping[str, int]:
        """Quantities by kind of data."""
        ...


@dataclass(frozen=True, slots=True)
class OversightServices:
    """The use cases behind the pages of oversight.

    Args:
        figures: what was counted about all cards.
        presence: what each agent last told of itself.
        audit: reads and checks the audit log.
        queue: lists requests about personal data.
        requests: works them off.
        retention: what is kept how long.
        due: what of it was due when it was counted last.
        export: makes the copy of what is held about a person.
        publishing: how the status documents stand.
        publish: brings them up to date now; returns how many were signed anew.
        regular_work: how the steps of the regular work went last.
    """

    figures: Callable[[datetime], CardFigures]
    presence: Callable[[], Sequence[AgentPresence]]
    audit: AuditDesk
    queue: PrivacyQueue
    requests: RequestDesk
    retention: RetentionRun
    due: Callable[[datetime], DueFigures]
    export: Callable[[str, str, datetime], PersonalCopy]
    publishing: Callable[[datetime], Sequence[PublishedStatus]]
    publish: Callable[[datetime], int]
    regular_work: Callable[[], Sequence[StepRecord]]
