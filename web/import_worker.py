"""Works on imports in a thread of the serving process: one thing after the other.

Rows that were taken in are applied, resumed after a stop; requests are made and photos taken in for
those that were applied. What was stopped may be asked for again: what is there already stays.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import Enum, auto
from threading import Condition, Thread

from cardsvc.errors import CardsvcError, ReasonCode
from issuance.importing.desk import ImportDesk
from issuance.importing.photo_archive import PhotoArchive
from issuance.importing.photos import PhotoProgress, take_photos
from issuance.importing.request import CardsRequested, request_for_import
from issuance.ports import IssuanceStore
from issuance.registry.ports import PhotoStore
from web.import_work import ImportWork

_LOG = logging.getLogger(__name__)
_LOOKED_AT = 200
"""Imports that are looked at after a start, newest first."""
_REMEMBERED = 200
"""Imports whose requests and photos are told about."""


class _Kind(Enum):
    ROWS = auto()
    REQUESTS = auto()
    PHOTOS = auto()


_Key = tuple[str, _Kind]


@dataclass(frozen=True, slots=True)
class _Task:
    """Something to do: its steps, and what is let go of when it has ended, however it did."""

    steps: Callable[[], Iterator[object]]
    then: Callable[[], None] = lambda: None


class ImportWorker:
    """Works off what is asked for. Nothing is lost with it: rows are kept, and ``resume`` goes on.

    Args:
        desk: where imports are taken in.
        applications: where requests are kept.
        photos: where photos are kept.
    """

    def __init__(self, desk: ImportDesk, applications: IssuanceStore, photos: PhotoStore) -> None:
        self._desk = desk
        self._applications = applications
        self._photos = photos
        self._waiting: OrderedDict[_Key, _Task] = OrderedDict()
        self._present: _Key | None = None
        self._work_of: OrderedDict[str, ImportWork] = OrderedDict()
        self._changed = Condition()
        self._thread: Thread | None = None

    def submit(self, import_id: str, operator: str) -> None:
        """See to it that an import is applied; harmless where it is being applied already."""
        self._put(
            (import_id, _Kind.ROWS), _Task(lambda: self._desk.run(import_id, operator=operator))
        )

    def request_cards(self, import_id: str, operator: str) -> None:
        """See to it that a card is requested for each person whom an import applied."""
        self._put(
            (import_id, _Kind.REQUESTS),
            _Task(
                lambda: request_for_import(
                    self._desk, self._applications, import_id, operator=operator
                )
            ),
        )

    def take_photos(
        self, import_id: str, archive: PhotoArchive, operator: str, then: Callable[[], None]
    ) -> bool:
        """See to it that photos are taken in for those whom an import applied.

        Args:
            import_id: which import.
            archive: the portraits.
            operator: who sent them.
            then: called when the archive is needed no more.

        Returns:
            False where another archive of this import is not finished yet: nothing was done.
        """
        return self._put(
            (import_id, _Kind.PHOTOS),
            _Task(
                lambda: take_photos(
                    self._desk, self._photos, archive, import_id, operator=operator
                ),
                then,
            ),
        )

    def is_running(self, import_id: str) -> bool:
        """Tell whether an import is being applied, or waits for its turn."""
        with self._changed:
            return self._is_open((import_id, _Kind.ROWS))

    def work(self, import_id: str) -> ImportWork:
        """Return how far the requests and photos of an import are."""
        with self._changed:
            return replace(
                self._work_of.get(import_id, ImportWork()),
                requesting=self._is_open((import_id, _Kind.REQUESTS)),
                taking_photos=self._is_open((import_id, _Kind.PHOTOS)),
            )

    def resume(self) -> None:
        """Go on with imports that were interrupted, in the name of those who started them."""
        for record in reversed(self._desk.store.imports(_LOOKED_AT)):
            if record.finished_at is None and record.forgotten_at is None:
                self.submit(record.id, record.operator)

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is left to do; return whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: self._thread is None, seconds)

    def _is_open(self, key: _Key) -> bool:
        return key == self._present or key in self._waiting

    def _put(self, key: _Key, task: _Task) -> bool:
        with self._changed:
            # rows may come to be worked on again while they are: more were confirmed meanwhile
            if key in self._waiting or (key == self._present and key[1] is not _Kind.ROWS):
                return False
            self._waiting[key] = task
            if self._thread is None:
                self._thread = Thread(target=self._work, name="imports", daemon=True)
                self._thread.start()
            return True

    def _work(self) -> None:
        while (taken := self._next()) is not None:
            key, task = taken
            try:
                for progress in task.steps():
                    self._note(key, progress)
            except CardsvcError as error:
                # the page offers to go on; what was done stays
                _LOG.error("import %s stopped: %s", key[0], error.reason.value)
                self._note(key, error.reason)
            except Exception:  # noqa: BLE001 - the next import is not to suffer for it
                _LOG.exception("import %s stopped", key[0])
                self._note(key, ReasonCode.SERVICE_UNAVAILABLE)
            finally:
                task.then()

    def _note(self, key: _Key, found: object) -> None:
        import_id, kind = key
        if kind is _Kind.ROWS:
            return  # the store tells how far they are
        with self._changed:
            known = self._work_of.pop(import_id, ImportWork())
            match found:
                case CardsRequested():
                    known = replace(known, requested=found, fault=None)
                case PhotoProgress():
                    known = replace(known, photos=found, fault=None)
                case ReasonCode():
                    known = replace(known, fault=found)
            self._work_of[import_id] = known
            while len(self._work_of) > _REMEMBERED:
                self._work_of.popitem(last=False)

    def _next(self) -> tuple[_Key, _Task] | None:
        with self._changed:
            self._present = None
            if not self._waiting:
                self._thread = None
                self._changed.notify_all()
                return None
            key, task = self._waiting.popitem(last=False)
            self._present = key
            return key, task
