"""Fills the demonstration's registries, so that every page of the console has something to show."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date
from uuid import uuid4

from cardsvc.identity.agency_code import AgencyCode
from cardsvc.identity.card_number import StaffCategory
from cardsvc.identity.names import PersonName
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.records import Employment, Holder
from cardsvc.terms import CardType, RevocationReason
from issuance import lifecycle
from issuance.approve import approve
from issuance.enrol import request_card
from issuance.job_records import JobOrder
from issuance.registry.agencies import NewAgency, import_agencies
from issuance.registry.holders import add_holders
from reader_agent.virtual.card import VirtualCard
from web.demo import story
from web.demo.rig import InProcessPlace, card_in
from web.demo.virtual_desk import new_blank

_TOP = NewAgency(AgencyCode("H57"), "Ủy ban nhân dân tỉnh")
_AGENCIES = (
    NewAgency(AgencyCode("H57.12"), "Sở Nội vụ", "SNV", AgencyCode("H57")),
    NewAgency(AgencyCode("H57.13"), "Sở Tài chính", "STC", AgencyCode("H57")),
    NewAgency(AgencyCode("H57.18"), "Sở Y tế", "SYT", AgencyCode("H57")),
)
_FAMILIES = ("Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Đặng", "Bùi", "Tôn Nữ")
_GIVEN = ("Thị Bích Ngọc", "Văn Đức", "Minh Ưng", "Thuỳ Dương", "Hữu Phước", "Gia Bảo", "Thị Ánh")
_UNITS = ("Văn phòng", "Phòng Tổ chức", "Phòng Kế hoạch")
_PEOPLE = 28
_MADE, _APPROVED, _WAITING = 6, 10, 20
"""The first so many people have a card, then an approved request, then one that waits."""


@dataclass(frozen=True, slots=True)
class Seeded:
    """What was put there.

    Args:
        cards: that were made, each as good or as bad as its holder's story.
        blanks: serials that are still in stock.
    """

    cards: tuple[VirtualCard, ...]
    blanks: tuple[str, ...]


def seed(stage: story.Stage, agents: story.Agents) -> Seeded:
    """Put agencies, people, requests and a few cards of every state on record."""
    it = stage.installation
    at = it.clock.now()
    listed = [(one, date(2020, 1, 1)) for one in (_TOP, *_AGENCIES)]
    import_agencies(it.agencies, listed, operator=story.ADMINISTRATOR, at=at)
    people = [_person(number) for number in range(_PEOPLE)]
    add_holders(it.holders, people, operator=story.CLERK, at=at)
    requests = [_request(stage, holder) for holder in people[:_WAITING]]
    for application_id in requests[:_APPROVED]:
        approve(it.store, application_id, operator=story.APPROVER, at=it.clock.now())
    blanks = iter(story.BOX_OF_BLANKS)
    made = zip(requests[:_MADE], itertools.islice(blanks, _MADE), strict=True)
    cards = tuple(_make(stage, agents, number, *one) for number, one in enumerate(made))
    return Seeded(cards, tuple(blanks))


def _person(number: int) -> Holder:
    agency = _AGENCIES[number % len(_AGENCIES)]
    family, given = _FAMILIES[number % len(_FAMILIES)], _GIVEN[number % len(_GIVEN)]
    year = 1970 + number
    woman = given.startswith(("Thị", "Thuỳ")) or family == "Tôn Nữ"
    return Holder(
        id=f"chu-the-{number + 1}",
        name=PersonName.parse(f"{family} {given}"),
        personal_number=PersonalNumber.parse(f"046{int(woman)}{year % 100:02}{number + 1:06}"),
        birth_date=date(year, 1 + number % 12, 1 + number),
        employment=Employment(
            agency_code=agency.code,
            agency_name=agency.name,
            unit_name=_UNITS[number % len(_UNITS)],
            position="Chuyên viên",
            category=StaffCategory.CIVIL_SERVANT,
        ),
    )


def _request(stage: story.Stage, holder: Holder) -> str:
    it, application_id = stage.installation, str(uuid4())
    request_card(
        it.store,
        application_id=application_id,
        card_type=CardType.CIVIL_SERVANT,
        holder=holder,
        operator=story.CLERK,
        at=it.clock.now(),
    )
    return application_id


def _make(
    stage: story.Stage, agents: story.Agents, number: int, application_id: str, blank: str
) -> VirtualCard:
    """Make a card; the later ones were suspended, revoked, or not handed over yet."""
    it, card = stage.installation, VirtualCard(new_blank())
    order = JobOrder(application_id, story.DESK_AGENT, story.ISSUER, blank=blank)
    with card_in(InProcessPlace("Bàn cấp thẻ"), card) as desk:
        guid = story.personalise(stage, agents, order, desk)
        if number == _MADE - 1:
            return card
        lifecycle.hand_over(it.store, guid, operator=story.ISSUER, at=it.clock.now())
        story.activate(stage, agents, guid, desk)
    if number == _MADE - 2:
        reason = RevocationReason.CESSATION_OF_OPERATION
        lifecycle.revoke(it.store, guid, reason=reason, operator=story.APPROVER, at=it.clock.now())
    elif number == _MADE - 3:
        lifecycle.suspend(it.store, guid, operator=story.CLERK, at=it.clock.now())
    return card
