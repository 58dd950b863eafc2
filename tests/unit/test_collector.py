"""What stays is spared the collector of garbage; what comes later is still collected."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from web.collector import spare_what_stays

ENOUGH = 1_000_000


class Ring:
    """Garbage that only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def spared() -> Iterator[None]:
    threshold = gc.get_threshold()
    spare_what_stays()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)


def test_what_there_was_is_spared() -> None:
    looked_through = len(gc.get_objects())
    assert 10 * looked_through < gc.get_freeze_count()


def test_garbage_of_later_is_collected_by_itself() -> None:
    gone = weakref.ref(Ring())
    kept: list[object] = []
    while gone() is not None and len(kept) < ENOUGH:
        kept.append([kept])
    assert gone() is None
