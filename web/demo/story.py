"""The story: request, approve, personalise, issue, activate, tap, suspend, revoke, refuse."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import Algorithm
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.lifecycle import CardState
from cardsvc.records import Holder
from cardsvc.stock_records import StockKeeper
from cardsvc.terms import CARD_TYPE_VI, AssuranceLevel, CardType, Realm, RevocationReason
from cardsvc.wire.tap import DecisionMessage
from issuance import lifecycle
from issuance.approve import approve
from issuance.enrol import request_card
from issuance.job_records import JobOrder
from issuance.stock.keeping import put_keeper, receive
from reader_agent.activation import activate_card, set_holder_pin
from reader_agent.client import ServiceClient
from reader_agent.desk import relay_job
from reader_agent.tap import TapCost, tap_card
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.state import CardOptions, VendorInstructions
from reader_agent.virtual.state import CardState as ChipState
from verification.policy import life
from verification.policy.simple import simple_policy
from verification.policy.templates import template_names, template_text
from web.bootstrap import Installation
from web.demo.kiosk_page import KioskPlan
from web.demo.narrator import Narrator
from web.demo.people import holders
from web.demo.rig import Place, Rig, card_in, connected

CLERK, APPROVER, ISSUER, ADMINISTRATOR = "can-bo-lan", "can-bo-hung", "can-bo-mai", "quan-tri"
STOCK_KEEPER = "thu-kho-tam"
DESK_AGENT, KIOSK_AGENT, KIOSK_PAGE = "ban-cap-the-1", "ki-ot-sanh-1", "ki-ot-sanh-2"
RELYING_PARTY, SERVICE = "trung-tam-hcc", "tra-cuu-ho-so"
DOSSIERS = "administration-submission"
HOLDER_PIN = "482913"

_EN = {
    CardType.CIVIL_SERVANT: "civil servant's card",
    CardType.INDIVIDUAL: "individual's card",
    CardType.BUSINESS: "business delegate's card",
}
_BLANKS = {
    # three makers' factory states: 3DES and AES default management keys, short APDUs only
    CardType.CIVIL_SERVANT: Algorithm.AES_192,
    CardType.INDIVIDUAL: Algorithm.TDES,
    CardType.BUSINESS: Algorithm.AES_128,
}

BOX_OF_BLANKS = tuple(f"PHOI-{number:06}" for number in range(1, 51))
BLANK_SERIALS = dict(zip(_BLANKS, BOX_OF_BLANKS, strict=False))

T = TypeVar("T")


class DemoFailed(Exception):
    """Something did not go as the story says."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What the story is played on."""

    installation: Installation
    base_url: str
    rig: Rig
    narrator: Narrator


@dataclass(frozen=True, slots=True)
class Agents:
    """The two agents' clients."""

    desk: ServiceClient
    kiosk: ServiceClient


def prepare(stage: Stage) -> Agents:
    """Enrol the agents and the relying party with its policy."""
    access, at = stage.installation.access, stage.installation.clock.now()
    desk = access.enrol_agent(DESK_AGENT, "Bàn cấp thẻ", operator=ADMINISTRATOR, at=at)
    kiosk = access.enrol_agent(KIOSK_AGENT, "Ki-ốt sảnh", operator=ADMINISTRATOR, at=at)
    access.enrol_relying_party(
        RELYING_PARTY, "Trung tâm Phục vụ hành chính công", operator=ADMINISTRATOR, at=at
    )
    access.put_policy(simple_policy(RELYING_PARTY, SERVICE), operator=ADMINISTRATOR, at=at)
    _stock(stage)
    _load_templates(stage.installation)
    return Agents(ServiceClient(stage.base_url, desk), ServiceClient(stage.base_url, kiosk))


def kiosk_plan(stage: Stage, port: int) -> KioskPlan:
    """Enrol the agent of the kiosk that has a page; return what it is to do."""
    access, at = stage.installation.access, stage.installation.clock.now()
    token = access.enrol_agent(KIOSK_PAGE, "Ki-ốt có màn hình", operator=ADMINISTRATOR, at=at)
    return KioskPlan(stage.base_url, token, RELYING_PARTY, SERVICE, DOSSIERS, port)


def _stock(stage: Stage) -> None:
    """Put a box of blanks into the desk's safe."""
    store, at = stage.installation.store, stage.installation.clock.now()
    desk = StockKeeper(DESK_AGENT, "Bàn cấp thẻ", "tru-so")
    put_keeper(store, desk, operator=STOCK_KEEPER, at=at)
    receive(
        store,
        BOX_OF_BLANKS,
        product="PIV-80K",
        box="HOP-0001",
        keeper=DESK_AGENT,
        delivery_note="PN-0001/2026",
        operator=STOCK_KEEPER,
        at=at,
    )


def _load_templates(installation: Installation) -> None:
    """Put every service template in force: one person writes, another activates."""
    book, at = installation.policies, installation.clock.now()
    for name in template_names():
        draft = life.put_draft(book, RELYING_PARTY, template_text(name), author=CLERK, at=at)
        kept = life.require_version(book, RELYING_PARTY, draft.service, draft.version)
        life.activate(book, kept, operator=APPROVER, active_from=at, at=at)


def play(stage: Stage, agents: Agents) -> None:
    """Play the whole story; each step must go as told.

    Raises:
        DemoFailed: it did not.
        CardsvcError: a part failed.
    """
    people = holders(stage.installation.clock.now().date())
    for card_type, holder in people.items():
        stage.narrator.chapter(CARD_TYPE_VI[card_type], _EN[card_type])
        _play_card(stage, agents, card_type, holder)
    stage.narrator.chapter("Thẻ thử nghiệm", "test card")
    _play_test_card(stage, agents, people[CardType.INDIVIDUAL])


def _play_card(stage: Stage, agents: Agents, card_type: CardType, holder: Holder) -> None:
    tell, store = stage.narrator.step, stage.installation.store
    now = stage.installation.clock.now
    application_id = _enrol(stage, card_type, holder)

    blank = ChipState.factory(
        _BLANKS[card_type], CardOptions(short_apdus_only=True, vendor=VendorInstructions.YUBICO)
    )
    card = VirtualCard(blank)
    with card_in(stage.rig.desk, card) as desk:
        order = JobOrder(
            application_id, agent=DESK_AGENT, operator=ISSUER, blank=BLANK_SERIALS[card_type]
        )
        guid = personalise(stage, agents, order, desk)
        lifecycle.hand_over(store, guid, operator=ISSUER, at=now())
        tell("Bàn giao thẻ", "thẻ chưa dùng được – not usable yet")
        _expect_denied(tap(agents, desk)[0], "card_not_active")
        tell("Chạm thẻ trước khi kích hoạt", "card_not_active", good=False)
        activate(stage, agents, guid, desk)
    with card_in(stage.rig.kiosk, card) as kiosk:
        for level in (AssuranceLevel.X1, AssuranceLevel.X2):
            (decision, cost), seconds = _timed(partial(tap, agents, kiosk, level))
            _expect_granted(decision, level)
            detail = f"{decision.holder_name} · {level.name} · {_cost(cost, seconds)}"
            tell("Chạm thẻ: hợp lệ", detail)
        _end_of_life(stage, agents, guid, kiosk)


def _play_test_card(stage: Stage, agents: Agents, holder: Holder) -> None:
    """Bring a test card to a true counter, where its CA is no anchor."""
    application_id = _enrol(stage, CardType.INDIVIDUAL, holder, Realm.SANDBOX)
    options = CardOptions(short_apdus_only=True, vendor=VendorInstructions.YUBICO)
    card = VirtualCard(ChipState.factory(options=options))
    with card_in(stage.rig.desk, card) as desk:
        blank = BOX_OF_BLANKS[len(BLANK_SERIALS)]
        order = JobOrder(application_id, agent=DESK_AGENT, operator=ISSUER, blank=blank)
        personalise(stage, agents, order, desk)
    with card_in(stage.rig.kiosk, card) as kiosk:
        decision, _ = tap(agents, kiosk)
    _expect_denied(decision, "wrong_realm")
    stage.narrator.step("Chạm thẻ tại quầy thật", "wrong_realm", good=False)


def _end_of_life(stage: Stage, agents: Agents, guid: CardGuid, kiosk: Place) -> None:
    tell, store = stage.narrator.step, stage.installation.store
    now = stage.installation.clock.now
    lifecycle.suspend(store, guid, operator=CLERK, at=now())
    _expect_denied(tap(agents, kiosk)[0], "card_suspended")
    tell("Khóa thẻ, chạm thẻ", "card_suspended", good=False)
    lifecycle.resume(store, guid, operator=APPROVER, at=now())
    _expect_granted(tap(agents, kiosk)[0], AssuranceLevel.X1)
    tell("Mở khóa thẻ, chạm thẻ", "hợp lệ – granted")
    reason = RevocationReason.CESSATION_OF_OPERATION
    lifecycle.revoke(store, guid, reason=reason, operator=APPROVER, at=now())
    decision, _ = tap(agents, kiosk)
    _expect_denied(decision, "card_revoked")
    tell("Thu hồi thẻ, chạm thẻ", f"card_revoked · {decision.message_vi}", good=False)


def _enrol(
    stage: Stage, card_type: CardType, holder: Holder, realm: Realm = Realm.PRODUCTION
) -> str:
    tell, store = stage.narrator.step, stage.installation.store
    now = stage.installation.clock.now
    application_id = str(uuid.uuid4())
    request_card(
        store,
        application_id=application_id,
        card_type=card_type,
        holder=holder,
        operator=CLERK,
        at=now(),
        realm=realm,
    )
    tell("Đề nghị cấp thẻ", f"{holder.name.value} · {holder.personal_number.masked} · {CLERK}")
    try:
        approve(store, application_id, operator=CLERK, at=now())
    except IssuanceError as error:
        if error.reason is not ReasonCode.SAME_OPERATOR:
            raise
        tell("Tự phê duyệt bị từ chối", error.reason.value, good=False)
    else:
        msg = "the requester could approve"
        raise DemoFailed(msg)
    approve(store, application_id, operator=APPROVER, at=now())
    tell("Phê duyệt", APPROVER)
    return application_id


def personalise(stage: Stage, agents: Agents, order: JobOrder, desk: Place) -> CardGuid:
    """Make the card in the desk's reader; return its GUID.

    Raises:
        DemoFailed: it was not made.
    """
    jobs = stage.installation.jobs
    job_id = jobs.open_job(order)
    with connected(desk) as connection:
        relayed, seconds = _timed(partial(relay_job, agents.desk, job_id, connection))
    if relayed.state != CardState.PERSONALISED.value:
        why = jobs.failure(job_id, DESK_AGENT)
        msg = f"the card ended as {relayed.state}: {why}"
        raise DemoFailed(msg)
    stage.narrator.step(
        "Cá thể hóa thẻ",
        f"{desk.name} · phôi {order.blank} · {relayed.apdus} APDU, {relayed.round_trips} lượt"
        f" · {_ms(seconds)}",
    )
    with stage.installation.store.transaction() as unit:
        return unit.cards_of_application(order.application_id)[-1].guid


def activate(stage: Stage, agents: Agents, guid: CardGuid, desk: Place) -> None:
    """Let the holder at the desk choose a PIN; the card is good from here on.

    Raises:
        DemoFailed: it was refused.
    """
    transport_pin = stage.installation.pki.card_secrets.transport_pin(guid)
    with connected(desk) as connection:
        set_holder_pin(connection, transport_pin, HOLDER_PIN)
        decision = activate_card(agents.desk, connection, agent=DESK_AGENT, pin=HOLDER_PIN)
    _expect_granted(decision, AssuranceLevel.X2)
    stage.narrator.step("Chủ thẻ đặt PIN, kích hoạt", f"{decision.level}")


def tap(
    agents: Agents, place: Place, level: AssuranceLevel = AssuranceLevel.X1
) -> tuple[DecisionMessage, TapCost]:
    """Tap the card in a reader as the kiosk does."""
    challenge = agents.kiosk.open_challenge(RELYING_PARTY, SERVICE, level)
    with connected(place) as connection:
        tap = tap_card(
            connection,
            message=challenge.message,
            nonce=challenge.nonce,
            agent=KIOSK_AGENT,
            level=level,
            ask_pin=lambda _tries: HOLDER_PIN,
        )
    return agents.kiosk.present(tap.presentation), tap.cost


def _timed(call: Callable[[], T]) -> tuple[T, float]:
    start = time.perf_counter()
    return call(), time.perf_counter() - start


def _cost(cost: TapCost, seconds: float) -> str:
    return f"{cost.apdus} APDU, {cost.octets} octets · {_ms(seconds)}"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms"


def _expect_granted(decision: DecisionMessage, level: AssuranceLevel) -> None:
    if not decision.granted or decision.level != level.name:
        msg = f"expected a grant at {level.name}, got {decision.code} at {decision.level}"
        raise DemoFailed(msg)


def _expect_denied(decision: DecisionMessage, code: str) -> None:
    if decision.granted or decision.code != code:
        msg = f"expected {code}, got {decision.code}"
        raise DemoFailed(msg)
