"""An issuing office where a holder has forgotten the PIN."""

from __future__ import annotations

from uuid import uuid4

import pytest

from cardsvc.card.guid import CardGuid
from cardsvc.card.session import PivSession
from cardsvc.errors import CardError
from cardsvc.lifecycle import CardState
from issuance import lifecycle, unblock
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from tests.support.issuing_room import AGENT, APPROVER, CLERK, ISSUER, IssuingRoom, blank


class UnblockRoom(IssuingRoom):
    """An office with one card that was handed over, whose PIN its holder has forgotten."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.card: VirtualCard = blank()
        application = self.application()
        assert self.run(self.job(self.order(application)), self.card) is CardState.PERSONALISED
        self.guid: CardGuid = self.record(application).guid
        lifecycle.hand_over(self.store, self.guid, operator=ISSUER, at=self.clock.now())

    def block(self) -> None:
        connection = connect_in_process(self.card)
        session = PivSession(connection)
        session.select()
        while (session.pin_tries_left() or 0) > 0:
            with pytest.raises(CardError):
                session.verify_pin("99999999")
        connection.close()

    def request(self) -> str:
        asked = unblock.request_unblock(
            self.store,
            self.unblocks,
            self.guid,
            request_id=uuid4(),
            operator=CLERK,
            at=self.clock.now(),
        )
        return asked.id

    def approve(self, request_id: str, operator: str = APPROVER) -> None:
        unblock.approve_unblock(
            self.unblocks,
            self.store,
            self.orders,
            request_id,
            agent=AGENT,
            operator=operator,
            at=self.clock.now(),
        )

    def approved(self) -> str:
        request_id = self.request()
        self.approve(request_id)
        return request_id

    def code(self, request_id: str, operator: str = APPROVER, *, again: bool = False) -> str:
        return unblock.show_unblock_code(
            self.unblocks,
            self.pki.card_secrets,
            request_id,
            operator=operator,
            at=self.clock.now(),
            again=again,
        )

    def opens(self, pin: str) -> bool:
        connection = connect_in_process(self.card)
        session = PivSession(connection)
        session.select()
        try:
            session.verify_pin(pin)
        except CardError:
            return False
        finally:
            connection.close()
        return True
