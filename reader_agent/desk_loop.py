"""The life of an agent at an issuing desk: asks for work, waits for the card, does it, asks again.

It never ends by itself. A network that is down, a PC/SC service that is restarted, a reader that
is unplugged, a wrong card: each is said on the terminal and told to the job, and the same work is
taken up again. What was torn begins anew; the service sees to it that nothing comes of the rest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from cardsvc.desk_advice import Advice, advice_for
from cardsvc.desk_records import JobKind, JobStage
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.wire.desk import MAX_WAIT_SECONDS, DeskJob
from reader_agent.client import ServiceClient, ServiceError
from reader_agent.desk import OPEN, JobOver, relay_job
from reader_agent.desk_pin import HolderPin, NothingTyped
from reader_agent.desk_readers import DeskReaders, SeenCard, choose_card
from reader_agent.desk_screen import DeskScreen

_BACKOFF_SECONDS = (0.5, 1.0, 2.0, 5.0)
_TOLD_SECONDS = 5.0
"""How often a job that waits for a card is told so: the answer says whether it still stands."""
_LOOK_SECONDS = 0.5

_WAITING = Advice("Chờ việc từ máy chủ.", "Waiting for work from the service.")
_PUT = {
    JobKind.PERSONALISE: Advice(
        "Đặt thẻ trắng (hoặc thẻ đang làm dở) vào đầu đọc.",
        "Put a blank, or the card that was begun, into the reader.",
    ),
    JobKind.ACTIVATE: Advice(
        "Kích hoạt: đặt thẻ của chủ thẻ vào đầu đọc.",
        "Activation: put the holder's card into the reader.",
    ),
    JobKind.UNBLOCK: Advice(
        "Mở khóa PIN: đặt thẻ của chủ thẻ vào đầu đọc.",
        "PIN unblock: put the holder's card into the reader.",
    ),
    JobKind.SET_PIN: Advice(
        "Đặt PIN mới: đặt thẻ của chủ thẻ vào đầu đọc.",
        "New PIN: put the holder's card into the reader.",
    ),
}
_WORKING = Advice("Đang làm việc với thẻ. Không rút thẻ.", "Working on the card. Leave it in.")
_TAKE_OUT = Advice("Lấy thẻ ra.", "Take the card out.")
_ENDED = Advice("Việc này đã kết thúc ở máy chủ.", "The service has ended this job.")

_PASSING = frozenset(
    {
        ReasonCode.CARD_REMOVED,
        ReasonCode.CARD_RESET,
        ReasonCode.NO_CARD,
        ReasonCode.NO_READER,
        ReasonCode.READER_BUSY,
        ReasonCode.SERVICE_UNAVAILABLE,
        ReasonCode.NETWORK_FAILED,
        ReasonCode.ACCESS_DENIED,
        ReasonCode.MALFORMED_MESSAGE,
    }
)
"""What passes without another card: the same one is tried again as soon as it answers."""
_DONE = frozenset({CardState.PERSONALISED.value, JobStage.DONE.value})

_Answer = TypeVar("_Answer")


class DeskLoop:
    """Works at one desk.

    Args:
        client: the service.
        readers: the desk's.
        screen: the desk's terminal.
        holder: carries out what the holder types for.
        wanted: the reader's name or part of it; empty is whichever holds the card.
        stop: ends the loop.
        wait_seconds: how long one request for work waits at the service.
    """

    def __init__(
        self,
        client: ServiceClient,
        readers: DeskReaders,
        screen: DeskScreen,
        holder: HolderPin,
        *,
        wanted: str,
        stop: threading.Event,
        wait_seconds: int = MAX_WAIT_SECONDS,
    ) -> None:
        self._wait_seconds = wait_seconds
        self._client = client
        self._readers = readers
        self._wanted = wanted
        self._screen = screen
        self._holder = holder
        self._stop = stop

    def run(self, *, jobs: int | None = None) -> None:
        """Work until told to stop, or until so many jobs are over."""
        over = 0
        while not self._stop.is_set() and (jobs is None or over < jobs):
            job = self._next_job()
            if job is None:
                continue
            try:
                self._work(job)
            except JobOver:
                self._screen.say("■", _ENDED, job.id)
                # should the service give us the same again, not as fast as we can
                self._stop.wait(_BACKOFF_SECONDS[0])
            over += 1

    def _next_job(self) -> DeskJob | None:
        self._screen.say("…", _WAITING)
        answer = self._reach(lambda: self._client.next_job(self._wait_seconds))
        if answer is None or answer.job is not None:
            return None if answer is None else answer.job
        self._stop.wait(answer.again_seconds)
        return None

    def _work(self, job: DeskJob) -> None:
        """Carry a job out, with as many cards and attempts as it takes."""
        done = False
        while not done and not self._stop.is_set():
            card = self._await_card(job)
            if card.reader is None:
                return
            reason = self._attempt(job, card.reader)
            done = reason is None
            if reason is None:
                self._screen.say("✓", advice_for(JobStage.DONE), job.kind.value)
            elif reason in _PASSING:
                self._stop.wait(_BACKOFF_SECONDS[0])
                continue
            self._await_removal(card)

    def _attempt(self, job: DeskJob, reader: str) -> ReasonCode | None:
        """Work on a card; return why it is not done, None where it is."""
        self._screen.say("▶", _WORKING, job.id)
        try:
            reason = self._run_on(job, reader)
        except NothingTyped:
            reason = ReasonCode.PIN_REQUIRED
        except ServiceError as error:
            reason = error.reason
            if 400 <= error.status < 500 and reason not in _PASSING:
                self._screen.say("✗", advice_for(JobStage.FAILED, reason), reason.value)
                raise JobOver from error
        except CardsvcError as error:
            reason = error.reason
        if reason is not None:
            self._screen.say("✗", advice_for(JobStage.TORN, reason), reason.value)
            if job.kind is not JobKind.PERSONALISE or reason not in _PASSING:
                self._tell(job, reason)
        return reason

    def _run_on(self, job: DeskJob, reader: str) -> ReasonCode | None:
        if job.kind in (JobKind.ACTIVATE, JobKind.SET_PIN):
            return self._holder.run(job, reader)
        connection = self._readers.open(reader)
        try:
            relayed = relay_job(self._client, job.id, connection)
        finally:
            connection.close()
        if relayed.state in _DONE:
            return None
        if relayed.state == JobStage.FAILED.value:
            raise JobOver
        return relayed.reason or ReasonCode.CARD_SILENT

    def _await_card(self, job: DeskJob) -> SeenCard:
        """Wait for the one card; reader is None where we are told to stop.

        Raises:
            JobOver: the service has ended the job in between.
        """
        told: ReasonCode | None = None
        since = _TOLD_SECONDS
        while not self._stop.is_set():
            card = choose_card(self._readers.view(), self._wanted)
            if card.reason is None:
                return card
            waiting = _PUT[job.kind] if card.reason is ReasonCode.NO_CARD else None
            said = waiting or advice_for(JobStage.WAITING_CARD, card.reason)
            self._screen.say("◇", said, "" if waiting else card.reason.value)
            if card.reason is not told or since >= _TOLD_SECONDS:
                self._tell(job, card.reason)
                told, since = card.reason, 0.0
            self._readers.wait(_LOOK_SECONDS)
            since += _LOOK_SECONDS
        return SeenCard(reason=ReasonCode.NO_CARD)

    def _await_removal(self, worked_on: SeenCard) -> None:
        self._screen.say("◆", _TAKE_OUT)
        while not self._stop.is_set():
            now = choose_card(self._readers.view(), self._wanted)
            if (now.reader, now.insertion) != (worked_on.reader, worked_on.insertion):
                return
            self._readers.wait(_LOOK_SECONDS)

    def _tell(self, job: DeskJob, reason: ReasonCode) -> None:
        """Tell the service what is in the way; see whether the job still stands."""
        shown = None if reason is ReasonCode.NO_CARD else reason
        state = self._reach(lambda: self._client.report(job.id, JobStage.WAITING_CARD, shown))
        if state is not None and state != OPEN:
            raise JobOver

    def _reach(self, call: Callable[[], _Answer]) -> _Answer | None:
        """Call the service until it answers; None where we are told to stop.

        Raises:
            JobOver: it refuses, and will refuse again.
        """
        failures = 0
        while not self._stop.is_set():
            try:
                return call()
            except CardsvcError as error:
                if isinstance(error, ServiceError) and error.reason is ReasonCode.JOB_UNKNOWN:
                    raise JobOver from error
                self._screen.say("✗", advice_for(JobStage.WAITING_AGENT, error.reason))
            self._stop.wait(_BACKOFF_SECONDS[min(failures, len(_BACKOFF_SECONDS) - 1)])
            failures += 1
        return None
