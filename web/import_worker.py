"""Applies imports in a thread of the serving process: one after the other, resumed after a stop."""

from __future__ import annotations

import logging
from collections import OrderedDict
from threading import Condition, Thread

from cardsvc.errors import CardsvcError
from issuance.importing.desk import ImportDesk

_LOG = logging.getLogger(__name__)
_LOOKED_AT = 200
"""Imports that are looked at after a start, newest first."""


class ImportWorker:
    """Applies what was taken in. Nothing is lost with it: rows are kept, and ``resume`` goes on.

    Args:
        desk: where imports are taken in.
    """

    def __init__(self, desk: ImportDesk) -> None:
        self._desk = desk
        self._waiting: OrderedDict[str, str] = OrderedDict()
        self._present: str | None = None
        self._changed = Condition()
        self._thread: Thread | None = None

    def submit(self, import_id: str, operator: str) -> None:
        """See to it that an import is applied; harmless where it is being applied already."""
        with self._changed:
            self._waiting.setdefault(import_id, operator)
            if self._thread is None:
                self._thread = Thread(target=self._work, name="imports", daemon=True)
                self._thread.start()

    def is_running(self, import_id: str) -> bool:
        """Tell whether an import is being applied, or waits for its turn."""
        with self._changed:
            return import_id == self._present or import_id in self._waiting

    def resume(self) -> None:
        """Go on with imports that were interrupted, in the name of those who started them."""
        for record in reversed(self._desk.store.imports(_LOOKED_AT)):
            if record.finished_at is None and record.forgotten_at is None:
                self.submit(record.id, record.operator)

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is left to do; return whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: self._thread is None, seconds)

    def _work(self) -> None:
        while (taken := self._next()) is not None:
            import_id, operator = taken
            try:
                for _ in self._desk.run(import_id, operator=operator):
                    pass
            except CardsvcError as error:
                # the page offers to go on; what was applied stays
                _LOG.error("import %s stopped: %s", import_id, error.reason.value)
            except Exception:  # noqa: BLE001 - the next import is not to suffer for it
                _LOG.exception("import %s stopped", import_id)

    def _next(self) -> tuple[str, str] | None:
        with self._changed:
            self._present = None
            if not self._waiting:
                self._thread = None
                self._changed.notify_all()
                return None
            import_id, operator = self._waiting.popitem(last=False)
            self._present = import_id
            return import_id, operator
