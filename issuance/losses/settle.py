"""Working a case of loss off: the card was found again, or it stays lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import HANDED_OVER_STATES, CardState
from cardsvc.loss_records import LossCase, LossState, LostCard
from cardsvc.operator_key import operator_key
from cardsvc.records import CardRecord, Suspension
from cardsvc.terms import ApplicationKind, SuspensionCause, WithdrawalCause
from issuance.enrol import CardRequest, ask_for_card
from issuance.lifecycle.end import end_card
from issuance.lifecycle.hold import unlock_card
from issuance.ports import IssuanceStore, IssuanceTransaction


def close_as_found(store: IssuanceStore, case_id: str, *, operator: str, at: datetime) -> LossCase:
    """Unlock the cards of a case; a leave goes on to its day. The same answer twice is one.

    What is locked for another reason stays locked, and an expired card stays as it is.

    Raises:
        IssuanceError: no such case (LOSS_CASE_UNKNOWN); it was closed (ILLEGAL_TRANSITION); whoever
            took the report closes it (SAME_OPERATOR).
    """
    at, by = require_utc(at), operator_key(operator)
    with store.transaction() as transaction:
        case = transaction.loss_case(case_id)
        if _is_closed(case, LossState.FOUND, by):
            return case
        if by == case.reported_by:
            raise IssuanceError(
                ReasonCode.SAME_OPERATOR, "whoever took the report does not unlock the card"
            )
        for lost in case.cards:
            _give_back(transaction, lost, operator=by, at=at)
        return _close(transaction, case, LossState.FOUND, operator=by, at=at)


def _give_back(
    transaction: IssuanceTransaction, lost: LostCard, *, operator: str, at: datetime
) -> None:
    card = transaction.card(lost.guid)
    cause = card.suspension.cause if card.suspension else None
    if card.state is not CardState.SUSPENDED or cause is not SuspensionCause.LOSS:
        return
    if lost.leave_until is not None and lost.leave_until > at:
        leave = Suspension(SuspensionCause.LEAVE, lost.leave_until)
        transaction.save_card(replace(card, suspension=leave))
        facts: AuditFacts = {
            "cause": leave.cause.value,
            "until": lost.leave_until.isoformat(),
            "was": SuspensionCause.LOSS.value,
        }
        subject = str(card.guid)
        transaction.record(AuditEvent(at, operator, AuditAction.CARD_SUSPENDED, subject, facts))
    elif card.expires_at >= at:
        unlock_card(transaction, card, operator=operator, at=at)


def confirm_loss(
    store: IssuanceStore,
    case_id: str,
    *,
    operator: str,
    at: datetime,
    stolen: bool = False,
    new_id: Callable[[], str] | None = None,
) -> LossCase:
    """Withdraw the cards of a case for good, and ask for new ones. The same answer twice is one.

    Args:
        store: the records.
        case_id: which.
        operator: who confirms; counts as the requester of the new cards.
        at: the instant.
        stolen: somebody else may use the keys; see ``WITHDRAWAL_REASON``.
        new_id: makes identifiers of the requests for new cards; None to ask for none.

    Raises:
        IssuanceError: no such case (LOSS_CASE_UNKNOWN); it was closed (ILLEGAL_TRANSITION); a new
            card can't be asked for, as ``ask_for_card``.
    """
    at, by = require_utc(at), operator_key(operator)
    cause = WithdrawalCause.STOLEN if stolen else WithdrawalCause.LOST
    with store.transaction() as transaction:
        case = transaction.loss_case(case_id)
        if _is_closed(case, LossState.CONFIRMED, by):
            return case
        cards = [transaction.card(lost.guid) for lost in case.cards]
        ended = [card for card in cards if card.state in HANDED_OVER_STATES]
        for card in ended:
            end_card(transaction, card, cause, operator=by, at=at)
        closed = _close(transaction, case, LossState.CONFIRMED, operator=by, at=at)
        if new_id is not None:
            for card in ended:
                _ask_for_another(transaction, card, new_id(), operator=by, at=at)
    return closed


def _ask_for_another(
    transaction: IssuanceTransaction, card: CardRecord, new_id: str, *, operator: str, at: datetime
) -> None:
    if transaction.open_application(card.holder_id, card.card_type) is not None:
        return
    holder = transaction.application(card.application_id).holder
    asked = CardRequest(
        new_id, card.card_type, holder, ApplicationKind.REPLACE_LOST, replaces=card.guid
    )
    ask_for_card(transaction, asked, operator=operator, at=at)


def _is_closed(case: LossCase, state: LossState, operator: str) -> bool:
    """Tell whether this very answer was given before; refuse another one."""
    if case.state is LossState.OPEN:
        return False
    if (case.state, case.closed_by) == (state, operator):
        return True
    raise IssuanceError(ReasonCode.ILLEGAL_TRANSITION, f"the case is closed: {case.state.value}")


def _close(
    transaction: IssuanceTransaction,
    case: LossCase,
    state: LossState,
    *,
    operator: str,
    at: datetime,
) -> LossCase:
    closed = replace(case, state=state, closed_by=operator, closed_at=at)
    transaction.save_loss_case(closed)
    facts: AuditFacts = {"state": state.value, "cards": len(case.cards)}
    transaction.record(AuditEvent(at, operator, AuditAction.LOSS_CLOSED, case.id, facts))
    return closed
