"""The records behind a personalisation job: each change of state in one transaction.

A record under PERSONALISING or TORN is valid to nobody, its certificates are on hold or revoked,
and only a card that was read back whole leaves that state.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.card.guid import CardGuid
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import CardEvent, CardState, advance_card
from cardsvc.operator_key import operator_key
from cardsvc.records import ApprovedApplication, CardRecord, KeyRecord
from cardsvc.terms import RevocationReason
from issuance.duties import require_third_person
from issuance.personalise.factory import FactoryState
from issuance.personalise.management_key import RandomOctets
from issuance.personalise.plan import (
    DEFAULT_KEYS,
    DEFAULT_VALIDITY,
    KeyPlan,
    PersonalisationPlan,
    card_expiry,
)
from issuance.personalise.steps import PersonalisedCard
from issuance.ports import IssuanceStore, IssuanceTransaction
from issuance.stock.card_blanks import BlankDesk, StockRule, use_blank

UNFINISHED = (CardState.PERSONALISING, CardState.TORN)
REUSABLE = (*UNFINISHED, CardState.SPOILED)
"""States whose plastic may be personalised again: it never reached a holder."""
GIVEN_UP = (CardState.SPOILED, CardState.DESTROYED)
"""States that leave the application without a card: it gets another one."""


@dataclass(frozen=True, slots=True)
class JobOrder:
    """What a job is to make.

    Args:
        application_id: an approved application.
        agent: the reader agent that may run it.
        operator: who sits at the desk.
        photo_jpeg: the holder's photo, or None.
        keys: what is generated on the card.
        validity: how long the card is valid, at most.
        factory: what the blanks were delivered with.
        blank: the serial of the blank that is made into the card.
    """

    application_id: str
    agent: str
    operator: str
    photo_jpeg: bytes | None = field(default=None, repr=False)
    keys: tuple[KeyPlan, ...] = DEFAULT_KEYS
    validity: timedelta = DEFAULT_VALIDITY
    factory: FactoryState = field(default_factory=FactoryState)
    blank: str | None = None


@dataclass(frozen=True, slots=True)
class JobRecords:
    """Reads and writes the records of one job; also its ``CardClaims`` while it runs.

    Args:
        store: where they are.
        order: what the job is to make.
        at: the instant of this step.
        is_live: tells whether another job works on a record just now.
        stock: how strict the books of blanks are.
    """

    store: IssuanceStore
    order: JobOrder
    at: datetime
    is_live: Callable[[CardGuid], bool]
    stock: StockRule = StockRule.ENFORCE

    def reserve(self, random_octets: RandomOctets) -> PersonalisationPlan:
        """Put a record under PERSONALISING, a new one or the application's torn one.

        Raises:
            IssuanceError: the application is not approved (ILLEGAL_TRANSITION), has a card
                already (CARD_IN_USE), its delegation has ended (CARD_EXPIRED), or who is at the
                desk asked for the card or approved it (SAME_OPERATOR); its blank is not in this
                desk's stock (BLANK_REQUIRED, BLANK_UNKNOWN, BLANK_NOT_IN_STOCK).
        """
        order = self.order
        with self.store.transaction() as unit:
            approved = ApprovedApplication(unit.application(order.application_id))
            require_third_person(approved.application, order.operator)
            expires_at = card_expiry(approved, self.at, order.validity)
            if expires_at <= self.at:
                raise IssuanceError(ReasonCode.CARD_EXPIRED, "the delegation has ended")
            torn = self._torn_card(unit)
            if torn is None:
                card = CardRecord(
                    guid=CardGuid.from_uuid(uuid.UUID(bytes=random_octets(16), version=4)),
                    card_type=approved.application.card_type,
                    holder_id=approved.application.holder.id,
                    application_id=order.application_id,
                    state=CardState.PERSONALISING,
                    expires_at=expires_at,
                    personalised_by=operator_key(order.operator),
                    realm=approved.application.realm,
                )
                unit.add_card(card)
            else:
                state = advance_card(torn.state, CardEvent.RETRY)
                card = replace(
                    torn,
                    state=state,
                    expires_at=expires_at,
                    personalised_by=operator_key(order.operator),
                )
                unit.save_card(card)
            self._blanks.take(unit, order.blank, card.guid)
            facts: AuditFacts = {"application": order.application_id, "agent": order.agent}
            self._record(unit, AuditAction.CARD_PERSONALISING, card.guid, facts)
        return PersonalisationPlan(
            approved,
            card.guid,
            expires_at,
            keys=order.keys,
            photo_jpeg=order.photo_jpeg,
            factory=order.factory,
            is_retry=torn is not None,
        )

    def _torn_card(self, unit: IssuanceTransaction) -> CardRecord | None:
        cards = unit.cards_of_application(self.order.application_id)
        standing = [card for card in cards if card.state not in GIVEN_UP]
        if not standing:
            return None
        card = standing[-1]
        if card.state not in UNFINISHED or self.is_live(card.guid):
            raise IssuanceError(ReasonCode.CARD_IN_USE, "the application has a card already")
        # PERSONALISING without a live job: the service went down in the middle of it
        return self._tear(unit, card, ReasonCode.SERVICE_UNAVAILABLE)

    def finish(self, result: PersonalisedCard) -> CardState:
        """Let a card that was read back leave PERSONALISING, with its keys on record."""
        with self.store.transaction() as unit:
            card = unit.card(result.guid)
            state = advance_card(card.state, CardEvent.VERIFY_CONTENT)
            unit.save_card(replace(card, state=state, keys=result.keys))
            use_blank(unit, card.guid, operator=self.order.operator, at=self.at)
            facts: AuditFacts = {
                "agent": self.order.agent,
                "management_algorithm": result.management_algorithm.name,
            }
            self._record(unit, AuditAction.CARD_PERSONALISED, card.guid, facts)
        return state

    def tear(self, guid: CardGuid, reason: ReasonCode) -> CardState:
        """Tear a record whose job ended early; return the state it is in then."""
        with self.store.transaction() as unit:
            return self._tear(unit, unit.card(guid), reason).state

    def _tear(self, unit: IssuanceTransaction, card: CardRecord, reason: ReasonCode) -> CardRecord:
        if card.state is not CardState.PERSONALISING:
            return card
        torn = replace(card, state=advance_card(card.state, CardEvent.TEAR), keys=())
        unit.save_card(torn)
        unit.revoke_certificates(card.guid, RevocationReason.CESSATION_OF_OPERATION, self.at)
        facts: AuditFacts = {"agent": self.order.agent, "reason": reason.value}
        self._record(unit, AuditAction.CARD_TORN, card.guid, facts)
        return unit.card(card.guid)

    def is_ours(self, guid: CardGuid) -> bool:
        """See ``CardClaims``."""
        try:
            with self.store.transaction() as unit:
                state = unit.card(guid).state
        except IssuanceError as error:
            if error.reason is ReasonCode.CARD_UNKNOWN:
                return False
            raise
        if state not in REUSABLE or self.is_live(guid):
            raise IssuanceError(ReasonCode.CARD_IN_USE, f"this card's record is {state.value}")
        return True

    def take_over(self, guid: CardGuid) -> None:
        """See ``CardClaims``: the other record is spoiled, its blank is ours now."""
        with self.store.transaction() as unit:
            ours = unit.cards_of_application(self.order.application_id)[-1]
            self._blanks.take_over(unit, guid, ours.guid)
            card = self._tear(unit, unit.card(guid), ReasonCode.CARD_REMOVED)
            if card.state is CardState.SPOILED:
                return
            unit.save_card(replace(card, state=advance_card(card.state, CardEvent.SPOIL)))
            facts: AuditFacts = {"application": self.order.application_id}
            self._record(unit, AuditAction.CARD_SPOILED, guid, facts)

    def marked(self, guid: CardGuid) -> None:
        """See ``CardClaims``: its blank can be told from others now."""
        with self.store.transaction() as unit:
            self._blanks.mark(unit, guid)

    def require_unmarked(self, guid: CardGuid) -> None:
        """See ``CardClaims``: a blank that was marked has to show it."""
        with self.store.transaction() as unit:
            self._blanks.require_marked(unit, guid)

    def certified(self, guid: CardGuid, keys: tuple[KeyRecord, ...]) -> None:
        """See ``CardClaims``: on hold until the card is handed over."""
        hold = RevocationReason.CERTIFICATE_HOLD
        facts: AuditFacts = {"reason": hold.value, "certificates": len(keys)}
        with self.store.transaction() as unit:
            unit.revoke_certificates(guid, hold, self.at)
            self._record(unit, AuditAction.CERTIFICATE_REVOKED, guid, facts)

    @property
    def _blanks(self) -> BlankDesk:
        order = self.order
        return BlankDesk(self.stock, order.agent, order.operator, self.at, order.application_id)

    def _record(
        self, unit: IssuanceTransaction, action: AuditAction, guid: CardGuid, facts: AuditFacts
    ) -> None:
        unit.record(AuditEvent(self.at, self.order.operator, action, str(guid), facts))
