"""What states are called on screens, where states of two kinds have one name in the database."""

from __future__ import annotations

from enum import StrEnum

import pytest

from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.stock_records import BlankState
from cardsvc.unblock_records import UnblockState
from web.console.states import state_text


@pytest.mark.parametrize(
    ("state", "called"),
    [
        (ApplicationState.APPROVED, "Đã phê duyệt"),
        (UnblockState.APPROVED, "Chờ thực hiện tại bàn"),
        (ApplicationState.REQUESTED, "Chờ phê duyệt"),
        (UnblockState.REQUESTED, "Chờ quyết định"),
        (CardState.SPOILED, "Thẻ hỏng khi cấp"),
        (BlankState.SPOILED, "Hỏng"),
        (CardState.DESTROYED, "Thẻ đã hủy"),
        (BlankState.DESTROYED, "Đã hủy"),
    ],
)
def test_states_of_two_kinds_are_not_taken_for_each_other(state: StrEnum, called: str) -> None:
    assert state_text(state).vi == called
