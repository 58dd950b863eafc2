"""What many callers want written at once is written together, and nobody pays for another."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from cardsvc.errors import Malformed, ReasonCode, StoreError
from cardsvc.group_commit import MOST_AT_ONCE, GroupCommit

CALLERS = 32


class Disk:
    """Writes numbers; the first transaction waits until it is let go."""

    def __init__(self) -> None:
        self.transactions: list[list[int]] = []
        self.entered, self.let_go = Event(), Event()

    def write(self, items: Sequence[int]) -> Sequence[int]:
        self.entered.set()
        assert self.let_go.wait(30)
        if any(item < 0 for item in items):
            raise Malformed(ReasonCode.MALFORMED_MESSAGE, "negative")
        if 13 in items:
            raise StoreError(ReasonCode.SERVICE_UNAVAILABLE, "the disk is full")
        self.transactions.append(list(items))
        return [item * 2 for item in items]


def outcome(group: GroupCommit[int, int], items: Sequence[int]) -> list[int] | ReasonCode:
    try:
        return list(group.submit(items))
    except (Malformed, StoreError) as error:
        return error.reason


def all_behind_one(
    disk: Disk, items: Sequence[Sequence[int]], **options: float
) -> tuple[GroupCommit[int, int], list[list[int] | ReasonCode]]:
    """Submit while a first transaction is under way, so that all meet in the next."""
    group: GroupCommit[int, int] = GroupCommit(disk.write, **options)
    with ThreadPoolExecutor(len(items) + 1) as pool:
        first = pool.submit(outcome, group, [1000])
        assert disk.entered.wait(30)
        others = [pool.submit(outcome, group, one) for one in items]
        while len(group._waiting) < len(items):
            assert not first.done()
        disk.let_go.set()
        assert first.result(30) == [2000]
        return group, [one.result(30) for one in others]


def test_each_gets_its_own_results() -> None:
    disk = Disk()
    items = [[10 * n, 10 * n + 1] for n in range(2, CALLERS)]
    assert all_behind_one(disk, items)[1] == [[20 * n, 20 * n + 2] for n in range(2, CALLERS)]


def test_those_who_wait_share_one_transaction() -> None:
    disk = Disk()
    all_behind_one(disk, [[n] for n in range(20, 20 + CALLERS)])
    assert [len(one) for one in disk.transactions] == [1, CALLERS]


def test_one_caller_alone_waits_for_nobody() -> None:
    disk = Disk()
    disk.let_go.set()
    group: GroupCommit[int, int] = GroupCommit(disk.write)
    assert [group.submit([n]) for n in (1, 2, 3)] == [[2], [4], [6]]
    assert disk.transactions == [[1], [2], [3]]


def test_those_who_were_answered_together_are_written_together_again() -> None:
    disk = Disk()
    group = all_behind_one(disk, [[n] for n in range(20, 20 + CALLERS)], gathering_seconds=60)[0]
    with ThreadPoolExecutor(CALLERS) as pool:
        again = [pool.submit(group.submit, [n]) for n in range(20, 20 + CALLERS)]
        assert [list(one.result(30)) for one in again] == [[2 * n] for n in range(20, 20 + CALLERS)]
    assert [len(one) for one in disk.transactions] == [1, CALLERS, CALLERS]


def test_those_who_do_not_come_again_are_not_waited_for_long() -> None:
    disk = Disk()
    group = all_behind_one(disk, [[n] for n in range(20, 23)], gathering_seconds=0.01)[0]
    assert [list(group.submit([n])) for n in (1, 2)] == [[2], [4]]
    assert [len(one) for one in disk.transactions] == [1, 3, 1, 1]


def test_what_is_ill_formed_harms_its_own_caller_only() -> None:
    disk = Disk()
    _, outcomes = all_behind_one(disk, [[1], [-1], [2, 3], [4, -4]])
    assert outcomes == [[2], ReasonCode.MALFORMED_MESSAGE, [4, 6], ReasonCode.MALFORMED_MESSAGE]


@pytest.mark.reason(ReasonCode.SERVICE_UNAVAILABLE)
def test_a_failure_of_the_disk_is_everybodys_and_passes() -> None:
    disk = Disk()
    _, outcomes = all_behind_one(disk, [[1], [13], [2]])
    assert outcomes == [ReasonCode.SERVICE_UNAVAILABLE] * 3
    assert list(GroupCommit(disk.write).submit([5])) == [10]


def test_a_transaction_is_bounded() -> None:
    disk = Disk()
    batch = list(range(20, 20 + MOST_AT_ONCE // 2 + 1))
    all_behind_one(disk, [batch, batch, batch])
    assert [len(one) for one in disk.transactions] == [1, len(batch), len(batch), len(batch)]
    group: GroupCommit[int, int] = GroupCommit(disk.write)
    assert len(group.submit(range(20, 21 + MOST_AT_ONCE))) == MOST_AT_ONCE + 1


def test_nothing_is_lost_when_many_come_again_and_again() -> None:
    disk = Disk()
    disk.let_go.set()
    group: GroupCommit[int, int] = GroupCommit(disk.write)
    ready = Barrier(CALLERS)

    def come(caller: int) -> None:
        ready.wait(30)
        for turn in range(50):
            number = 100 + caller * 1000 + turn
            assert list(group.submit([number])) == [number * 2]

    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(come, range(CALLERS)))
    assert sum(map(len, disk.transactions)) == CALLERS * 50
