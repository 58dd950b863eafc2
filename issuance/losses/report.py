"""Reports of loss: by the holder at a kiosk, or to an operator by telephone or at a counter."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from cardsvc.audit import AuditAction, AuditEvent
from cardsvc.clock import require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.loss_records import CallerCheck, LossCase, LossChannel
from cardsvc.operator_key import operator_key
from issuance.losses.lock import LossReport, lock_lost_cards
from issuance.ports import IssuanceStore, IssuanceTransaction

_ATTEMPTS = 3
"""Somebody else may be changing a card just now; locking a lost one is worth another try."""


@dataclass(frozen=True, slots=True)
class ReportBounds:
    """How often a loss may be reported at kiosks, whether or not a report is true.

    Args:
        per_agent: reports of one kiosk within the window.
        agent_window: that window.
        per_number: reports about one personal number, so that nobody tries all birth dates.
        number_window: that window.
    """

    per_agent: int = 20
    agent_window: timedelta = timedelta(hours=1)
    per_number: int = 5
    number_window: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class KioskReport:
    """What somebody typed at a kiosk.

    Args:
        case_id: a fresh opaque identifier.
        agent: the kiosk's agent.
        number: the personal number.
        birth_date: the birth date; both must be the holder's.
    """

    case_id: str
    agent: str
    number: PersonalNumber = field(repr=False)
    birth_date: date = field(repr=False)


RECEIVED_VI = (
    "Đã nhận báo mất thẻ. Nếu số định danh và ngày sinh đúng với hồ sơ, mọi thẻ của ông/bà đã bị "
    "khóa. Vui lòng liên hệ cơ quan cấp thẻ để mở khóa hoặc cấp lại."
)
RECEIVED_EN = (
    "The report was received. If number and birth date are those on record, all your cards are "
    "locked now. Please ask the issuing office to unlock or replace them."
)
"""What a kiosk says to everybody who reports a loss."""

DEFAULT_BOUNDS = ReportBounds()


def report_at_kiosk(
    store: IssuanceStore,
    report: KioskReport,
    *,
    at: datetime,
    bounds: ReportBounds = DEFAULT_BOUNDS,
) -> None:
    """Lock the cards of the person with this number and birth date, where there is one.

    Returns the same, and refuses the same, whether or not there is such a person.

    Raises:
        IssuanceError: too many reports of this kiosk or about this number (TOO_MANY_REPORTS).
    """
    at = require_utc(at)
    for attempt in range(_ATTEMPTS):
        try:
            with store.transaction() as transaction:
                _count(transaction, report, at, bounds)
                _lock_if_true(transaction, report, at)
        except IssuanceError as error:
            if error.reason is ReasonCode.CONCURRENT_CHANGE and attempt + 1 < _ATTEMPTS:
                continue
            raise
        return


def _count(
    transaction: IssuanceTransaction, report: KioskReport, at: datetime, bounds: ReportBounds
) -> None:
    by_agent = transaction.reports_since(at - bounds.agent_window, agent=report.agent)
    about = transaction.reports_about_since(at - bounds.number_window, number=report.number)
    if by_agent >= bounds.per_agent or about >= bounds.per_number:
        raise IssuanceError(ReasonCode.TOO_MANY_REPORTS, "too many reports: telephone instead")
    transaction.count_report(report.agent, report.number, at)


def _lock_if_true(transaction: IssuanceTransaction, report: KioskReport, at: datetime) -> None:
    holder = transaction.holder_with_number(report.number)
    known = LossReport(report.case_id, LossChannel.KIOSK, report.agent)
    case = None
    if holder is not None and holder.birth_date == report.birth_date:
        case = lock_lost_cards(transaction, holder.id, known, at)
    if case is None:
        transaction.record(AuditEvent(at, report.agent, AuditAction.LOSS_UNMATCHED, report.case_id))


def report_to_operator(
    store: IssuanceStore,
    holder_id: str,
    *,
    case_id: str,
    channel: LossChannel,
    checks: frozenset[CallerCheck],
    operator: str,
    at: datetime,
) -> LossCase:
    """Lock every card in a holder's hands, on the word of a caller or visitor.

    Args:
        store: the records.
        holder_id: whose cards.
        case_id: a fresh opaque identifier; a case that is open keeps its own.
        channel: TELEPHONE or COUNTER.
        checks: what was asked or seen; codes only.
        operator: who took the report; that person can't unlock the cards.
        at: the instant.

    Raises:
        IssuanceError: the holder has no card in hand (CARD_UNKNOWN).
        ValueError: nothing was checked, or the channel is the kiosk's.
    """
    if not checks or channel is LossChannel.KIOSK:
        msg = "an operator asks the caller something first"
        raise ValueError(msg)
    report = LossReport(case_id, channel, operator_key(operator), checks)
    with store.transaction() as transaction:
        case = lock_lost_cards(transaction, holder_id, report, require_utc(at))
        if case is None:
            raise IssuanceError(ReasonCode.CARD_UNKNOWN, "the holder has no card in hand")
    return case
