"""Identifiers of decisions: version 7, unique, in the order of time."""

from __future__ import annotations

import os
import uuid
from datetime import UTC, datetime, timedelta

from web.decision_id import decision_id

AT = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)


def test_it_is_the_example_of_rfc_9562_appendix_a_6() -> None:
    # rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F; two bits of the octets drawn are not used
    drawn = (0xCC3 << 64 | 0x18C4DC0C0C07398F).to_bytes(10, "big")
    assert decision_id(AT, lambda count: drawn[:count]) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


def test_version_and_variant_hold_whatever_is_drawn() -> None:
    for octet in (b"\x00", b"\xff"):
        made = uuid.UUID(decision_id(AT, lambda count, octet=octet: octet * count))
        assert made.version == 7
        assert made.variant == uuid.RFC_4122


def test_later_ones_sort_behind() -> None:
    made = [decision_id(AT + timedelta(milliseconds=n), os.urandom) for n in range(100)]
    assert sorted(made) == made
    assert len(set(made)) == 100
