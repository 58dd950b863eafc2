"""Decisions counted by service, result and place, on both databases."""

from __future__ import annotations

import secrets
from datetime import timedelta

from msgspec import structs

from cardsvc.card.guid import CardGuid
from cardsvc.decision_counts import CountedBy, DecisionCount
from cardsvc.service_records import DecisionRecord
from cardsvc.store.decision_figures import SqlDecisionFigures
from cardsvc.store.decision_log import SqlDecisionLog
from cardsvc.store.engine import Database
from tests.support.issuance_store_contract import AT

HOUR = timedelta(hours=1)


def test_decisions_are_counted_by_one_thing_at_a_time(database: Database) -> None:
    log, figures = SqlDecisionLog(database), SqlDecisionFigures(database)
    first, second = CardGuid(bytes(16)), CardGuid(bytes([1]) * 16)
    one = DecisionRecord(
        id="", at=AT, agent="ki-ot-1", relying_party="benh-vien", service="tiep-don", granted=True,
        level=None, reasons=(), guid=first, policy_version=1, receipt="r",
    )  # fmt: skip
    for decision in (
        one,
        one,
        structs.replace(one, guid=second, agent="ki-ot-2"),
        structs.replace(one, granted=False, reasons=("card_revoked",), guid=None, service="ky"),
        structs.replace(one, policy_version=None, service="made up"),
        structs.replace(one, at=AT + HOUR),
        structs.replace(one, at=AT - timedelta(seconds=1)),
    ):
        log.record(structs.replace(decision, id=secrets.token_hex(8)))
    assert figures.counts(AT, AT + HOUR, CountedBy.SERVICE) == [
        DecisionCount("benh-vien/ky", 1, 0), DecisionCount("benh-vien/tiep-don", 3, 2),
    ]  # fmt: skip
    assert figures.counts(AT, AT + HOUR, CountedBy.RESULT) == [
        DecisionCount("denied", 1, 0), DecisionCount("granted", 3, 2),
    ]  # fmt: skip
    assert figures.counts(AT, AT + HOUR, CountedBy.PLACE) == [
        DecisionCount("ki-ot-1", 3, 1), DecisionCount("ki-ot-2", 1, 1),
    ]  # fmt: skip
