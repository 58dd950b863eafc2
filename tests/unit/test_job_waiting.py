"""Waiting agents never take all of the server's threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from web.job_waiting import AGAIN_SECONDS, SEATS, JobWaiting


def test_what_is_there_is_given_at_once() -> None:
    assert JobWaiting().wait(lambda: "job", 8) == ("job", 0)


def test_who_does_not_wait_is_told_when_to_ask_again() -> None:
    assert JobWaiting().wait(lambda: None, 0) == (None, AGAIN_SECONDS)


def test_what_comes_while_waiting_is_given() -> None:
    answers = iter([None, None, "job"])
    naps: list[float] = []
    assert JobWaiting(sleep=naps.append).wait(lambda: next(answers), 8) == ("job", 0)
    assert len(naps) == 2


def test_the_seats_are_bounded_and_given_back() -> None:
    waiting = JobWaiting()
    seated, leave = threading.Semaphore(0), threading.Event()

    def look_and_stay() -> str | None:
        seated.release()
        return "job" if leave.is_set() else None

    with ThreadPoolExecutor(SEATS) as pool:
        waiters = [pool.submit(waiting.wait, look_and_stay, 30) for _ in range(SEATS)]
        for _ in range(SEATS * 2):
            assert seated.acquire(timeout=60)
        assert waiting.wait(lambda: None, 30) == (None, AGAIN_SECONDS)
        leave.set()
        assert {one.result() for one in waiters} == {("job", 0)}
    assert waiting.wait(lambda: None, 0.01) == (None, 0)


def test_a_seat_is_given_back_after_a_fault() -> None:
    waiting = JobWaiting(seats=1, sleep=lambda _: None)
    looks = iter([None])
    with pytest.raises(StopIteration):
        waiting.wait(lambda: next(looks), 8)
    later = iter([None, "job"])
    assert waiting.wait(lambda: next(later), 8) == ("job", 0)
