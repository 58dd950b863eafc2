"""Every action of the audit log has a name on screens, in both languages."""

from __future__ import annotations

from cardsvc.audit import AuditAction
from cardsvc.housekeeping_records import StepName
from cardsvc.privacy_records import DataKind, ErasureHold, RequestKind, RequestState
from web.console.audit_texts import ACTION_TEXTS
from web.console.pages.publishing import STEP_TEXTS
from web.console.privacy_texts import DATA_TEXTS, HOLD_TEXTS, KIND_TEXTS, STATE_TEXTS


def test_every_action_has_a_name_of_its_own() -> None:
    assert ACTION_TEXTS.keys() == set(AuditAction)
    assert len({text.vi for text in ACTION_TEXTS.values()}) == len(AuditAction)
    assert len({text.en for text in ACTION_TEXTS.values()}) == len(AuditAction)


def test_every_step_request_and_hold_has_a_name() -> None:
    assert STEP_TEXTS.keys() == set(StepName)
    assert KIND_TEXTS.keys() == set(RequestKind)
    assert STATE_TEXTS.keys() == set(RequestState)
    assert DATA_TEXTS.keys() == set(DataKind)
    assert HOLD_TEXTS.keys() == {hold.value for hold in ErasureHold}
