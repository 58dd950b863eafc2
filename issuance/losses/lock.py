"""The first thing that is done about a loss: every card in the holder's hands is locked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.card.guid import CardGuid
from cardsvc.lifecycle import HANDED_OVER_STATES, CardState
from cardsvc.loss_records import CallerCheck, LossCase, LossChannel, LostCard
from cardsvc.records import CardRecord, Suspension
from cardsvc.terms import SuspensionCause
from issuance.lifecycle.hold import lock_card
from issuance.ports import IssuanceTransaction


@dataclass(frozen=True, slots=True)
class LossReport:
    """What is known of a report.

    Args:
        id: a fresh opaque identifier; the case gets it.
        channel: how it came.
        reported_by: the operator, or the kiosk's agent.
        checks: what an operator asked or saw.
    """

    id: str
    channel: LossChannel
    reported_by: str
    checks: frozenset[CallerCheck] = frozenset()


def lock_lost_cards(
    transaction: IssuanceTransaction,
    holder_id: str,
    report: LossReport,
    at: datetime,
    *,
    only: CardGuid | None = None,
) -> LossCase | None:
    """Lock every card in a holder's hands; open a case, or add to the one that is open.

    A card that waits for activation can't be locked, since nobody can use it: while the case is
    open it can't be activated. What is locked for an investigation stays so.

    Args:
        transaction: the unit of work.
        holder_id: whose cards.
        report: who says so.
        at: the instant.
        only: the one card that was lost, where that is known.

    Returns:
        The case; None where the holder has no such card in hand.
    """
    cards = [
        card
        for card in transaction.cards_of_holder(holder_id)
        if card.state in HANDED_OVER_STATES and only in (None, card.guid)
    ]
    case = transaction.open_loss_case(holder_id)
    if case is None and not cards:
        return None
    lost = {one.guid: one for one in case.cards} if case else {}
    for card in cards:
        lost.setdefault(card.guid, LostCard(card.guid, _return_date(card)))
        if card.state is CardState.ACTIVE or _return_date(card) is not None:
            suspension = Suspension(SuspensionCause.LOSS)
            lock_card(transaction, card, suspension, operator=report.reported_by, at=at)
    named = tuple(lost[guid] for guid in sorted(lost, key=lambda guid: guid.octets))
    if case is None:
        case = LossCase(
            report.id, holder_id, report.channel, report.reported_by, at, named, report.checks
        )
        transaction.add_loss_case(case)
    elif named != case.cards:
        case = replace(case, cards=named)
        transaction.save_loss_case(case)
    transaction.record(
        AuditEvent(
            at,
            report.reported_by,
            AuditAction.LOSS_REPORTED,
            case.id,
            {
                "holder": holder_id,
                "channel": report.channel.value,
                "checks": " ".join(sorted(report.checks)),
                "cards": len(named),
            },
        )
    )
    return case


def _return_date(card: CardRecord) -> datetime | None:
    return card.suspension.until if card.suspension else None
