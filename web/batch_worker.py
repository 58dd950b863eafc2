"""Runs changes to many cards in a thread of the serving process, one after the other.

Nothing is lost with it: a batch that was begun is on record, and housekeeping goes on with it.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor

from cardsvc.clock import Clock
from cardsvc.errors import CardsvcError
from issuance.batches.ports import BatchStore
from issuance.batches.run import run_batch

_LOG = logging.getLogger(__name__)


class BatchWorker:
    """Runs what was begun.

    Args:
        store: the records.
        clock: asked once a batch.
    """

    def __init__(self, store: BatchStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="batches")

    def submit(self, batch_id: str, operator: str) -> None:
        """See to it that a batch is run; harmless where it is being run already."""
        self._thread.submit(self._run, batch_id, operator)

    def _run(self, batch_id: str, operator: str) -> None:
        try:
            run_batch(self._store, batch_id, operator=operator, at=self._clock.now())
        except CardsvcError as error:
            # what was done stays; housekeeping takes it up again
            _LOG.error("batch %s stopped: %s", batch_id, error.reason.value)
        except Exception:  # noqa: BLE001 - the next batch is not to suffer for it
            _LOG.exception("batch %s stopped", batch_id)
