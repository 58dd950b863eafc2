"""What the pages of holders, agencies and imports may use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cardsvc.agency_records import AgencyStaff
from cardsvc.audit import AuditEvent
from cardsvc.card.guid import CardGuid
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.terms import CardType
from issuance.importing.desk import ImportDesk
from issuance.importing.photo_archive import PhotoArchive
from issuance.registry.ports import AgencyStore, HolderDirectory, HolderStore, PhotoStore
from web.console.uploads import HeldUploads
from web.import_work import ImportWork


class HeldCard(Protocol):
    """A card as the holder's page lists it."""

    @property
    def guid(self) -> CardGuid:
        """Its identifier."""
        ...

    @property
    def card_type(self) -> CardType:
        """What it is, or shall be, issued as."""
        ...

    @property
    def state(self) -> CardState:
        """Where it stands."""
        ...

    @property
    def application_id(self) -> str:
        """By which request."""
        ...


class MadeRequest(Protocol):
    """A request as the holder's page lists it."""

    @property
    def id(self) -> str:
        """Its identifier."""
        ...

    @property
    def card_type(self) -> CardType:
        """What it is, or shall be, issued as."""
        ...

    @property
    def state(self) -> ApplicationState:
        """Where it stands."""
        ...

    @property
    def requested_by(self) -> str:
        """Who asked."""
        ...


class CardLists(Protocol):
    """Lists cards of one holder."""

    def cards(self, *, holder_id: str) -> Sequence[HeldCard]:
        """Return cards, those that expire last first."""
        ...


class SeenEvent(Protocol):
    """An entry of the audit log."""

    @property
    def seq(self) -> int:
        """Its place, from 0."""
        ...

    @property
    def event(self) -> AuditEvent:
        """What was recorded."""
        ...


class EventLog(Protocol):
    """Reads the audit log."""

    def events(self, *, subject: str | None = None, limit: int = 100) -> Sequence[SeenEvent]:
        """Return events, newest first."""
        ...


class ImportRunner(Protocol):
    """Works on imports in the background."""

    def submit(self, import_id: str, operator: str) -> None:
        """See to it that an import is applied; harmless where it is being applied already."""
        ...

    def request_cards(self, import_id: str, operator: str) -> None:
        """See to it that a card is requested for each person whom an import applied."""
        ...

    def take_photos(
        self, import_id: str, archive: PhotoArchive, operator: str, then: Callable[[], None]
    ) -> bool:
        """See to it that photos are taken in; False where another archive is being worked on."""
        ...

    def work(self, import_id: str) -> ImportWork:
        """Return how far the requests and photos of an import are."""
        ...

    def resume(self) -> None:
        """Go on with imports that were interrupted."""
        ...

    def is_running(self, import_id: str) -> bool:
        """Tell whether an import is being applied, or waits for its turn."""
        ...


class StaffOfAgencies(Protocol):
    """Counts whom a change of agencies touches."""

    def count(self, codes: Sequence[AgencyCode]) -> AgencyStaff:
        """Return how many holders have a post under one of these very codes, and their cards."""
        ...


@dataclass(frozen=True, slots=True)
class RegistryServices:
    """The use cases behind these pages.

    Args:
        directory: finds holders.
        holders: keeps them.
        agencies: keeps agencies.
        staff: counts people and cards of agencies.
        photos: keeps photos.
        lists: cards of a holder.
        requests_of: a holder's requests, newest first.
        log: the audit log.
        imports: takes lists in.
        runner: works on them in the background.
        new_id: makes opaque identifiers.
        uploads: files that wait to be confirmed.
    """

    directory: HolderDirectory
    holders: HolderStore
    agencies: AgencyStore
    staff: StaffOfAgencies
    photos: PhotoStore
    lists: CardLists
    requests_of: Callable[[str], Sequence[MadeRequest]]
    log: EventLog
    imports: ImportDesk
    runner: ImportRunner
    new_id: Callable[[], str]
    uploads: HeldUploads = field(default_factory=HeldUploads)
