"""A tiny latency run ends, and the model of the air is what its sources say."""

from __future__ import annotations

import pytest

from bench.contactless import Exchanged, activation_ms, air_ms, tap_ms
from bench.latency import measure_latency
from bench.parts import issue_cards
from bench.stage import open_stage
from bench.taps import why_no_pcsc

ETU_MS = 128 / 13_560
DELAY_MS = 1172 / 13_560


def test_octets_parity_frames_and_delays_are_counted() -> None:
    # a block of 5 + 3 octets and one of 2 + 3, 3 units and a delay each
    expected = ((8 * 9 + 3) + (5 * 9 + 3)) * ETU_MS + 2 * DELAY_MS
    assert air_ms([Exchanged(5, 2)], 64) == pytest.approx(expected)


def test_what_does_not_fit_a_frame_is_chained() -> None:
    fits, chained = air_ms([Exchanged(61, 2)], 64), air_ms([Exchanged(62, 2)], 64)
    # one octet more, one block more, one R(ACK)
    assert chained - fits == pytest.approx(((1 + 3 + 3) * 9 + 2 * 3) * ETU_MS + 2 * DELAY_MS)
    assert air_ms([Exchanged(62, 2)], 256) < chained


def test_a_tap_is_activated_once_and_signs_once() -> None:
    apdus = [Exchanged(15, 71), Exchanged(44, 77)]
    assert tap_ms(apdus, 256) == pytest.approx(activation_ms() + air_ms(apdus, 256) + 59)
    assert 5 < activation_ms() < 10


@pytest.mark.pcsc
@pytest.mark.skipif(why_no_pcsc() is not None, reason="no private pcscd here")
def test_a_few_taps_at_a_door_online_and_offline() -> None:
    with open_stage() as stage:
        (locked, *cards), _ = issue_cards(stage, range(2))
        rows = measure_latency(stage, cards, locked, online=2, offline=1, locks=1)
    assert all(row.value > 0 for row in rows)
    assert {"tap at a door, online, p95", "tap at a door, offline, p95"} <= {
        row.name for row in rows
    }
