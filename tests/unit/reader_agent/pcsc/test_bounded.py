"""Threads that may be left behind: bounded waits, no second one while the first hangs."""

from __future__ import annotations

import threading
import time

import pytest

from cardsvc.errors import CardError, ReasonCode
from reader_agent import bounded
from reader_agent.bounded import BoundedThread

BUSY, SILENT = ReasonCode.READER_BUSY, ReasonCode.CARD_SILENT


def test_calls_run_in_order_in_one_thread_and_bring_values_and_errors() -> None:
    thread = BoundedThread("order", 1, BUSY)
    names = [thread.call(lambda: threading.current_thread().name, 1, SILENT) for _ in range(3)]
    assert set(names) == {"pcsc order"}
    with pytest.raises(ZeroDivisionError):
        thread.call(lambda: 1 // 0, 1, SILENT)
    assert thread.call(lambda: 5, 1, SILENT) == 5
    thread.close()


def test_closing_undoes_in_reverse_and_refuses_further_calls() -> None:
    undone: list[str] = []
    thread = BoundedThread("undo", 1, BUSY)
    thread.undo.callback(undone.append, "context")
    thread.undo.callback(undone.append, "card")
    thread.close()
    thread.close()
    assert undone == ["card", "context"]
    with pytest.raises(CardError):
        thread.call(lambda: None, 1, SILENT)


def test_a_hanging_call_is_given_up_and_cleans_up_when_it_returns() -> None:
    lets_go, undone = threading.Event(), threading.Event()
    thread = BoundedThread("hang", 1, BUSY)
    thread.undo.callback(undone.set)
    started = time.monotonic()
    with pytest.raises(CardError) as caught:
        thread.call(lets_go.wait, 0.1, SILENT)
    assert caught.value.reason is SILENT
    assert time.monotonic() - started < 1
    assert thread.closed
    assert not undone.is_set()
    assert bounded.leftover_count() == 1
    with pytest.raises(CardError) as caught:
        BoundedThread("hang", 0.05, BUSY)
    assert caught.value.reason is BUSY
    other = BoundedThread("another name", 0.05, BUSY)
    other.close()
    threading.Timer(0.1, lets_go.set).start()
    again = BoundedThread("hang", 2, BUSY)
    assert undone.is_set()
    assert again.call(lambda: 1, 1, SILENT) == 1
    again.close()
    assert bounded.leftover_count() == 0


def test_an_undoing_that_fails_is_logged_and_frees_the_name(
    caplog: pytest.LogCaptureFixture,
) -> None:
    thread = BoundedThread("failing", 1, BUSY)
    thread.undo.callback(lambda: 1 // 0)
    thread.close()
    assert bounded.leftover_count() == 0
    assert "failing: could not be given back" in caplog.text
