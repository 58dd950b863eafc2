"""Offline decisions held against what was known: opened too late, refused too long, made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cardsvc.agent_event_records import KeptEvent
from cardsvc.card.guid import CardGuid
from cardsvc.card_history_records import CardChange, standing_at
from cardsvc.event_chain import AgentEvent
from cardsvc.lifecycle import CardState
from cardsvc.offline_records import DECIDED_OFFLINE, OfflineDecision, parse_offline_decision
from tests.support.outbox_events import AT, CHAIN
from verification.reconcile import Finding, Reconciled, reconcile

MINUTE = timedelta(minutes=1)
GUID, OTHER = CardGuid(bytes(16)), CardGuid(bytes([1] * 16))
LIFE = [
    CardChange(AT - timedelta(days=9), CardState.ACTIVE),
    CardChange(AT - 4 * MINUTE, CardState.REVOKED),
]
DECISION = OfflineDecision(
    "d-1", AT, "ubnd", "cua", granted=True, level="X1", reasons=(), guid=GUID, policy_version=3,
    rule="all", bundle_seq=7, bundle_at=AT - 40 * MINUTE, time_certain=True,
)  # fmt: skip


class History:
    def __init__(self) -> None:
        self.asked = 0

    def changes(self, guid: CardGuid) -> list[CardChange]:
        self.asked += 1
        return LIFE if guid == GUID else []


def kept(decision: OfflineDecision, received_after: timedelta = MINUTE) -> KeptEvent:
    event = AgentEvent(CHAIN, 1, bytes(32), decision.at, DECIDED_OFFLINE, decision.facts())
    return KeptEvent("cua-1", event, decision.at + received_after)


def compared(decision: OfflineDecision, received_after: timedelta = MINUTE) -> Reconciled:
    (found,) = reconcile([kept(decision, received_after)], History())
    return found


def test_facts_tell_the_decision() -> None:
    assert parse_offline_decision(kept(DECISION).event) == DECISION
    denied = replace(DECISION, granted=False, reasons=("a", "b"), guid=None, policy_version=None)
    assert parse_offline_decision(kept(denied).event) == denied


def test_opened_on_an_old_list() -> None:
    found = compared(DECISION)
    assert found.finding is Finding.GRANTED_AFTER_END
    assert found.known == LIFE[1]
    assert found.list_age == 40 * MINUTE


REFUSED = replace(DECISION, granted=False, reasons=("card_suspended",))


@pytest.mark.parametrize(
    ("decision", "finding"),
    [
        (replace(DECISION, at=AT - 5 * MINUTE), Finding.AGREES),
        (replace(DECISION, guid=OTHER), Finding.GRANTED_UNKNOWN),
        (REFUSED, Finding.AGREES),
        (replace(REFUSED, at=AT - 5 * MINUTE), Finding.REFUSED_THOUGH_ACTIVE),
        (replace(REFUSED, at=AT - 5 * MINUTE, reasons=("level_too_low",)), Finding.AGREES),
        (replace(REFUSED, guid=None), Finding.AGREES),
    ],
)
def test_each_way_to_compare(decision: OfflineDecision, finding: Finding) -> None:
    assert compared(decision).finding is finding


def test_a_decision_of_after_it_was_received() -> None:
    assert compared(DECISION, -6 * MINUTE).finding is Finding.AHEAD_OF_TIME


def test_other_events_are_passed_over_and_unreadable_ones_said() -> None:
    good = kept(DECISION)
    other = replace(good, event=replace(good.event, kind="door.opened"))
    broken = replace(good, event=replace(good.event, facts={"decision": "d-2"}))
    history = History()
    found = list(reconcile([other, broken, good, good], history))
    assert [one.finding for one in found] == [
        Finding.UNREADABLE, Finding.GRANTED_AFTER_END, Finding.GRANTED_AFTER_END,
    ]  # fmt: skip
    assert history.asked == 1


def test_before_its_first_change_a_card_stood_nowhere() -> None:
    assert standing_at(LIFE, AT - timedelta(days=10)) is None
    assert standing_at(LIFE, LIFE[1].at) == LIFE[1]
