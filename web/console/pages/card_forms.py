"""What the forms of a card's acts ask for, and the use cases that they end in."""

from __future__ import annotations

from datetime import time
from uuid import UUID

from flask import url_for

from cardsvc.errors import Malformed
from cardsvc.loss_records import CallerCheck, LossChannel
from cardsvc.records import CardRecord, Suspension
from cardsvc.terms import SuspensionCause, WithdrawalCause
from issuance import lifecycle
from issuance.losses.report import report_to_operator
from issuance.unblock import request_unblock
from web.console.day_span import instant_of
from web.console.forms import FormReader
from web.console.issuing_texts import (
    CALLER_CHECKS,
    LOSS_CHANNELS,
    SUSPENSION_CAUSES,
    WITHDRAWAL_CAUSES,
)
from web.console.languages import Text
from web.console.services import ConsoleServices
from web.console.visitor import present_operator, request_instant

_CAUSE = Text("Lý do", "Reason")
_UNTIL = Text("Ngày trở lại", "Day of return")
_RECORD = Text("Số biên bản", "Number of the record")
_WITNESS = Text("Người chứng kiến", "Witness")
_CHECKS = Text("Điều đã kiểm tra", "Thing that was checked")
_CHANNEL = Text("Cách báo", "How it was reported")

CHOICES = {
    "suspend": [
        (cause.value, text)
        for cause, text in SUSPENSION_CAUSES.items()
        if cause is not SuspensionCause.LOSS
    ],
    "withdraw": [(cause.value, text) for cause, text in WITHDRAWAL_CAUSES.items()],
    "channels": [
        (channel.value, text)
        for channel, text in LOSS_CHANNELS.items()
        if channel is not LossChannel.KIOSK
    ],
    "checks": [(check.value, text) for check, text in CALLER_CHECKS.items()],
}
"""What can be chosen in these forms, as pairs of value and text."""


def suspend(services: ConsoleServices, card: CardRecord, form: FormReader) -> str | None:
    """Lock a card for a cause; a leave may have a day of return."""
    cause = form.choice("cause", _CAUSE, [value for value, _ in CHOICES["suspend"]])
    day = form.day("until", _UNTIL, required=False)
    at = request_instant(services)
    until = None
    if day is not None:
        until = instant_of(day, time())
        if until is None or until <= at:
            form.refuse(
                "until", "Ngày trở lại phải ở tương lai", "The day of return must be in the future"
            )
        if cause is not None and cause != SuspensionCause.LEAVE:
            form.refuse(
                "until",
                "Chỉ nghỉ dài ngày, biệt phái mới có ngày trở lại",
                "Only a leave has a day of return",
            )
    if form.errors or cause is None:
        return None
    lifecycle.suspend(
        services.issuing.store,
        card.guid,
        operator=present_operator().id,
        at=at,
        suspension=Suspension(SuspensionCause(cause), until),
    )
    return _page_of(card)


def withdraw(services: ConsoleServices, card: CardRecord, form: FormReader) -> str | None:
    """Withdraw a card for good."""
    cause = form.choice("cause", _CAUSE, [value for value, _ in CHOICES["withdraw"]])
    if cause is None:
        return None
    lifecycle.withdraw_card(
        services.issuing.store,
        card.guid,
        cause=WithdrawalCause(cause),
        operator=present_operator().id,
        at=request_instant(services),
    )
    return _page_of(card)


def destroy(services: ConsoleServices, card: CardRecord, form: FormReader) -> str | None:
    """Note that a card was destroyed before a witness."""
    record = form.text("record", _RECORD, longest=60)
    witness = form.text("witness", _WITNESS).casefold()
    if not form.error("witness"):
        refuse_witness(services, form, witness)
    if form.errors:
        return None
    try:
        lifecycle.destroy(
            services.issuing.store,
            card.guid,
            record=record,
            witness=witness,
            operator=present_operator().id,
            at=request_instant(services),
        )
    except Malformed:
        form.refuse(
            "record",
            "Số biên bản gồm chữ, số và các dấu . / - , ví dụ 12/BB-HT",
            "The number has letters, digits and . / - such as 12/BB-HT",
        )
        return None
    return _page_of(card)


def refuse_witness(services: ConsoleServices, form: FormReader, witness: str) -> None:
    """Note a fault where a witness is no other operator who may sign in."""
    found = services.register.find(witness)
    if found is None or not found.enabled:
        form.refuse(
            "witness",
            "Nhập tên đăng nhập của một người dùng đang hoạt động",
            "Enter the sign-in name of an operator who is enabled",
        )
    elif found.id == present_operator().id:
        form.refuse(
            "witness", "Người chứng kiến phải là người khác", "The witness must be somebody else"
        )


def report_loss(services: ConsoleServices, card: CardRecord, form: FormReader) -> str | None:
    """Take a report of loss; all cards in the holder's hands are locked."""
    channel = form.choice("channel", _CHANNEL, [value for value, _ in CHOICES["channels"]])
    checks = form.choices("checks", _CHECKS, [value for value, _ in CHOICES["checks"]])
    if form.errors or channel is None:
        return None
    case = report_to_operator(
        services.issuing.store,
        card.holder_id,
        case_id=services.issuing.new_id(),
        channel=LossChannel(channel),
        checks=frozenset(map(CallerCheck, checks)),
        operator=present_operator().id,
        at=request_instant(services),
    )
    return url_for("console.losses.show", case_id=case.id)


def ask_for_unblock(services: ConsoleServices, card: CardRecord, form: FormReader) -> str | None:
    """Ask for a PIN unblocking, with the holder present."""
    if not form.ticked("identified"):
        form.refuse(
            "identified",
            "Xác nhận chủ thẻ có mặt và đã đối chiếu giấy tờ",
            "Confirm that the holder is here and was identified",
        )
        return None
    asked = request_unblock(
        services.issuing.store,
        services.issuing.unblocks,
        card.guid,
        request_id=UUID(services.issuing.new_id()),
        operator=present_operator().id,
        at=request_instant(services),
    )
    return url_for("console.unblocking.show", request_id=asked.id)


def _page_of(card: CardRecord) -> str:
    return url_for("console.cards.show", guid=str(card.guid))
