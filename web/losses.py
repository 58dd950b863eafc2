"""Reports of loss from kiosks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cardsvc.wire.loss import LossReceivedMessage, LossReportMessage
from issuance.losses.report import RECEIVED_EN, RECEIVED_VI, KioskReport, report_at_kiosk
from issuance.ports import IssuanceStore


@dataclass(frozen=True, slots=True)
class LossCounter:
    """Takes reports of loss from agents.

    Args:
        store: the issuance side.
        new_id: makes identifiers of cases.
    """

    store: IssuanceStore
    new_id: Callable[[], str]

    def receive(self, message: LossReportMessage, agent: str, at: datetime) -> LossReceivedMessage:
        """Lock the person's cards, if there is such a person; answer the same either way.

        Raises:
            IssuanceError: too many reports (TOO_MANY_REPORTS).
        """
        report = KioskReport(self.new_id(), agent, message.personal_number, message.birth_date)
        report_at_kiosk(self.store, report, at=at)
        return LossReceivedMessage(RECEIVED_VI, RECEIVED_EN)
