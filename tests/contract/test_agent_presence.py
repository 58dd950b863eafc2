"""What agents tell of themselves comes back, the latest of each, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from cardsvc.desk_records import AgentPresence, ReaderState
from cardsvc.errors import ReasonCode, StoreError
from cardsvc.store.access_store import SqlAccessStore
from cardsvc.store.agent_presence import SqlAgentPresence
from cardsvc.store.engine import Database
from tests.support.issuance_store_contract import AT

READERS = (("ACS ACR39U 00 00", ReaderState.CARD), ("Đầu đọc 2", ReaderState.MUTE))


def test_the_latest_word_of_each_agent_is_kept(database: Database) -> None:
    access, presence = SqlAccessStore(database), SqlAgentPresence(database)
    for agent in ("ban-2", "ban-1"):
        access.enrol_agent(agent, "Bàn", operator="admin", at=AT)
        presence.seen(AgentPresence(agent, "0.1.0", True, READERS, AT))
    later = AgentPresence("ban-2", "0.2.0", False, (), AT + timedelta(seconds=10))
    presence.seen(later)
    assert list(presence.all()) == [AgentPresence("ban-1", "0.1.0", True, READERS, AT), later]


def test_an_agent_that_was_never_enrolled_is_not_kept(database: Database) -> None:
    presence = SqlAgentPresence(database)
    with pytest.raises(StoreError) as caught:
        presence.seen(AgentPresence("nobody", "0.1.0", True, (), AT))
    assert caught.value.reason is ReasonCode.CONCURRENT_CHANGE
    assert not presence.all()


@pytest.mark.reason(ReasonCode.RECORD_CORRUPT)
def test_a_row_that_is_not_ours_is_a_typed_error(database: Database) -> None:
    SqlAccessStore(database).enrol_agent("ban-1", "Bàn", operator="admin", at=AT)
    presence = SqlAgentPresence(database)
    presence.seen(AgentPresence("ban-1", "0.1.0", True, READERS, AT))
    with database.writing() as session:
        session.execute(text("""UPDATE agent_presence SET readers = '[["a", "b"]]'"""))
    with pytest.raises(StoreError) as caught:
        presence.all()
    assert caught.value.reason is ReasonCode.RECORD_CORRUPT
