"""The regular work of an open service, as steps; nothing but wiring."""

from __future__ import annotations

import os
import secrets
import socket
from datetime import datetime, timedelta

from cardsvc.errors import ReasonCode, VaultError
from cardsvc.housekeeping_records import StepName
from cardsvc.store.card_figures import SqlCardFigures
from cardsvc.store.due_figures import SqlDueFigures
from cardsvc.store.expired import SqlExpired
from cardsvc.store.housekeeping_store import SqlHousekeepingStore
from issuance import lifecycle
from issuance.batches.run import run_batch
from issuance.importing.forget import forget_old_imports
from web.bootstrap import Installation
from web.housekeeping.housekeeper import Housekeeper, Step
from web.oversight.publishing import publish_due

_SYSTEM = "system"
_INTERRUPTED = timedelta(minutes=15)
"""A running import has long taken its next batch by then."""
_MOST_AT_ONCE = 10_000


def wire_housekeeping(installation: Installation) -> Housekeeper:
    """Return what does the regular work of an installation."""
    services = installation.services
    status = services.status
    minute, day = timedelta(minutes=1), timedelta(days=1)
    steps = [
        Step(StepName.PUBLISH_STATUS, minute, lambda at: publish_due(status, at)),
        Step(StepName.RESUME_RETURNS, minute, lambda at: _resume_returns(installation, at)),
        Step(StepName.SIGN_TREE_HEAD, timedelta(hours=1), lambda at: _sign(installation, at)),
        Step(StepName.CHECK_SIGNERS, day, lambda at: _check_signers(installation, at)),
        Step(StepName.ASK_WITNESSES, timedelta(hours=1), installation.witnesses.ask_all),
        Step(
            StepName.COUNT_CARDS,
            timedelta(seconds=30),
            SqlCardFigures(installation.database).count_if_due,
        ),
        Step(
            StepName.COUNT_DUE,
            timedelta(hours=1),
            SqlDueFigures(installation.database, installation.retention.check).count_if_due,
        ),
        Step(StepName.RESUME_IMPORTS, 5 * minute, lambda at: _resume_imports(installation, at)),
        Step(StepName.RESUME_BATCHES, 5 * minute, lambda at: _resume_batches(installation, at)),
        Step(StepName.FORGET_EXPIRED, 10 * minute, lambda at: _forget(installation, at)),
        Step(StepName.FORGET_IMPORTS, day, lambda _at: _forget_imports(installation)),
        Step(StepName.TELL_EVENTS, minute, lambda _at: services.events.feed.catch_up()),
        Step(StepName.FORGET_EVENTS, day, lambda at: _forget_events(installation, at)),
    ]
    if installation.settings.retention_sweep == "on":
        steps.append(Step(StepName.END_RETENTION, day, lambda at: _end_due(installation, at)))
    holder = f"{socket.gethostname()[:64]}:{os.getpid()}:{secrets.token_hex(4)}"
    store = SqlHousekeepingStore(installation.database)
    return Housekeeper(store, installation.clock, holder, steps)


def _resume_returns(installation: Installation, at: datetime) -> int:
    resumed = lifecycle.resume_due(installation.store, installation.directory, at=at)
    return len(resumed)


def _sign(installation: Installation, at: datetime) -> int:
    """Sign the log's head, unless it stands where it was signed last."""
    last, head = installation.audit.latest_signed_head(), installation.audit.head(at)
    if head.size == 0 or (last is not None and last.head.size == head.size):
        return 0
    installation.audit.sign_head(installation.log_signer, at)
    return 1


def _check_signers(installation: Installation, at: datetime) -> int:
    """Fail where this process signs with what ends soon: only a start takes up what follows.

    Raises:
        VaultError: SIGNER_ENDING.
    """
    ending = installation.pki.ending(at)
    if ending:
        raise VaultError(ReasonCode.SIGNER_ENDING, ", ".join(ending))
    return 0


def _resume_imports(installation: Installation, at: datetime) -> int:
    """Go on with imports that were cut off, for whoever began them."""
    interrupted = installation.imports.store.interrupted(at - _INTERRUPTED)
    for record in interrupted:
        for _ in installation.imports.run(record.id, operator=record.operator):
            pass
    return len(interrupted)


def _resume_batches(installation: Installation, at: datetime) -> int:
    """Go on with changes to many cards that were cut off; harmless beside one that goes on."""
    running = installation.batches.running()
    for batch in running:
        run_batch(installation.store, batch.id, operator=batch.run_by or batch.planned_by, at=at)
    return len(running)


def _forget(installation: Installation, at: datetime) -> int:
    longest = timedelta(hours=installation.settings.session_hours)
    return SqlExpired(installation.database).forget(at, at - longest)


def _forget_imports(installation: Installation) -> int:
    keep = timedelta(days=installation.settings.import_keep_days)
    return forget_old_imports(installation.imports, keep=keep, operator=_SYSTEM)


def _forget_events(installation: Installation, at: datetime) -> int:
    keep = timedelta(days=installation.settings.events_keep_days)
    return installation.services.events.feed.forget(at - keep)


def _end_due(installation: Installation, at: datetime) -> int:
    ended = installation.retention.run(at, operator=_SYSTEM, limit=_MOST_AT_ONCE)
    return sum(ended.values())
