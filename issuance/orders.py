"""Orders of personalisation: kept until the card is made, so that a restart forgets none.

Whoever places an order (the command line, a console) need not be the process that runs it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum, unique

from cardsvc.access_records import JsonValue, PersonalisationJob
from cardsvc.card.piv import Algorithm, KeySlot
from cardsvc.clock import require_utc
from cardsvc.desk_records import JobKind
from cardsvc.errors import CardsvcError, IssuanceError, ReasonCode, StoreError
from cardsvc.records import ApprovedApplication
from issuance.duties import require_third_person
from issuance.job_records import UNFINISHED, JobOrder
from issuance.lifecycle import spoil
from issuance.personalise.factory import FactoryState
from issuance.personalise.photo import measure_photo
from issuance.personalise.plan import KeyPlan
from issuance.ports import IssuanceStore, JobStore


@unique
class OrderState(StrEnum):
    """Where an order stands; a torn card's order stays open. Only an open one has a plan."""

    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    SPOILED = "spoiled"


def place_order(jobs: JobStore, order: JobOrder, *, job_id: str, at: datetime) -> None:
    """Keep an order under a fresh identifier.

    Raises:
        Malformed: MALFORMED_FACIAL_IMAGE, the photo is not a JPEG that fits a card.
        StoreError: the identifier is in use, or there is no such application.
    """
    if order.photo_jpeg is not None:
        measure_photo(order.photo_jpeg)
    at = require_utc(at)
    jobs.add(
        PersonalisationJob(
            id=job_id,
            application_id=order.application_id,
            agent=order.agent,
            operator=order.operator,
            state=OrderState.OPEN.value,
            plan=_plan(order),
            created_at=at,
            updated_at=at,
        )
    )


def require_approved(store: IssuanceStore, application_id: str, *, operator: str) -> None:
    """Accept an application that an operator may make a card for, so that a slip shows at once.

    Raises:
        IssuanceError: unknown (APPLICATION_UNKNOWN), not approved (ILLEGAL_TRANSITION), or the
            operator asked for the card or approved it (SAME_OPERATOR).
    """
    with store.transaction() as unit:
        approved = ApprovedApplication(unit.application(application_id))
    require_third_person(approved.application, operator)


def finish_order(jobs: JobStore, job_id: str, at: datetime) -> None:
    """Note that an order's card was made.

    Raises:
        IssuanceError: it was not open (CONCURRENT_CHANGE).
    """
    jobs.close(job_id, expected=OrderState.OPEN, state=OrderState.DONE, at=require_utc(at))


def cancel_order(jobs: JobStore, job_id: str, at: datetime) -> None:
    """Take an order back; nobody can start it any more.

    Raises:
        IssuanceError: unknown (JOB_UNKNOWN), or done or cancelled already (CONCURRENT_CHANGE).
    """
    if jobs.find(job_id) is None:
        raise IssuanceError(ReasonCode.JOB_UNKNOWN, "no such job")
    jobs.close(job_id, expected=OrderState.OPEN, state=OrderState.CANCELLED, at=require_utc(at))


def fail_order(jobs: JobStore, job_id: str, reason: ReasonCode, at: datetime) -> None:
    """End an order that nothing can come of any more, and say why.

    Raises:
        IssuanceError: it was not open (CONCURRENT_CHANGE).
    """
    ended = OrderState.FAILED
    jobs.close(job_id, expected=OrderState.OPEN, state=ended, at=require_utc(at), reason=reason)


def spoil_order(
    store: IssuanceStore, jobs: JobStore, job_id: str, *, operator: str, at: datetime
) -> None:
    """Give up an order together with the blank that it was being made on.

    The unfinished card's record is spoiled, its certificates are revoked; for another blank the
    application gets another order. What a relay may still hand in is refused by the record.

    Raises:
        IssuanceError: no such personalisation (JOB_UNKNOWN), or it is over (CONCURRENT_CHANGE).
    """
    kept = jobs.find(job_id)
    if kept is None or kept.kind is not JobKind.PERSONALISE:
        raise IssuanceError(ReasonCode.JOB_UNKNOWN, "no such personalisation")
    if kept.state != OrderState.OPEN:
        raise IssuanceError(ReasonCode.CONCURRENT_CHANGE, f"the order is {kept.state}")
    with store.transaction() as unit:
        cards = unit.cards_of_application(kept.application_id)
    for card in cards:
        if card.state in UNFINISHED:
            spoil(store, card.guid, operator=operator, at=at)
    jobs.close(job_id, expected=OrderState.OPEN, state=OrderState.SPOILED, at=require_utc(at))


def _plan(order: JobOrder) -> dict[str, JsonValue]:
    keys: list[JsonValue] = [
        {"slot": int(key.slot), "algorithms": [int(one) for one in key.algorithms]}
        for key in order.keys
    ]
    return {
        "keys": keys,
        "validity_seconds": int(order.validity.total_seconds()),
        "blank": order.blank,
        "photo": None if order.photo_jpeg is None else _text(order.photo_jpeg),
        "factory": {
            "pin": order.factory.pin,
            "puk": order.factory.puk,
            "management_key": _text(order.factory.management_key),
        },
    }


def order_of(job: PersonalisationJob) -> JobOrder:
    """Return the order that a job keeps.

    Raises:
        StoreError: the job is not what we wrote (RECORD_CORRUPT).
    """
    try:
        return _order(job, job.plan)
    except (KeyError, TypeError, ValueError, OverflowError, CardsvcError) as error:
        raise StoreError(ReasonCode.RECORD_CORRUPT, "a job's plan is not ours") from error


def _order(job: PersonalisationJob, plan: Mapping[str, JsonValue]) -> JobOrder:
    keys, factory, seconds = plan["keys"], plan["factory"], plan["validity_seconds"]
    if not (isinstance(keys, list) and isinstance(factory, Mapping) and isinstance(seconds, int)):
        raise TypeError
    blank = plan.get("blank")  # orders of an earlier release name none
    if not (blank is None or isinstance(blank, str)):
        raise TypeError
    return JobOrder(
        application_id=job.application_id,
        agent=job.agent,
        operator=job.operator,
        photo_jpeg=None if plan["photo"] is None else _octets(plan["photo"]),
        keys=tuple(_key(key) for key in keys),
        validity=timedelta(seconds=seconds),
        blank=blank,
        factory=FactoryState(
            str(factory["pin"]), str(factory["puk"]), _octets(factory["management_key"])
        ),
    )


def _key(value: JsonValue) -> KeyPlan:
    if not isinstance(value, Mapping) or not isinstance(value["algorithms"], list):
        raise TypeError
    algorithms = tuple(Algorithm(_number(one)) for one in value["algorithms"])
    return KeyPlan(KeySlot(_number(value["slot"])), algorithms)


def _number(value: JsonValue) -> int:
    if not isinstance(value, int):
        raise TypeError
    return value


def _text(octets: bytes) -> str:
    return base64.b64encode(octets).decode("ascii")


def _octets(value: JsonValue) -> bytes:
    if not isinstance(value, str):
        raise TypeError
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise ValueError from error
