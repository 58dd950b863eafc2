"""Delegates who act for another company, for too long, or for more than they were asked to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from cardsvc.errors import ReasonCode
from cardsvc.identity.enterprise_number import EnterpriseNumber
from cardsvc.identity.personal_number import PersonalNumber
from cardsvc.records import Delegation
from cardsvc.service_records import HolderFacts, ServicePolicy
from cardsvc.terms import CardType
from cardsvc.wire.fields import parse_object
from reader_agent.virtual.card import VirtualCard
from tests.support.installations import AT, RELYING_PARTY, ServiceUnderTest, serve
from tests.support.partner import X2, Partner, answer, conforming_partner
from tests.support.policies import MemoryHolders, policy_text
from tests.support.verification_world import RELYING_PARTY as WORLD_PARTY
from tests.support.verification_world import SERVICE as WORLD_SERVICE
from tests.support.verification_world import World
from verification.flows.delegation import DelegationDesk, DelegationQuestion, acts_of, refusal
from verification.release.grant import ReleaseSources
from verification.verdict import Denied, Granted

CHECK, SERVICE = "/partner/v1/delegations:check", "tra-cuu-ho-so"
COMPANY, ANOTHER = EnterpriseNumber.parse("0100109106"), EnterpriseNumber.parse("0101248141")
OWNER = EnterpriseNumber.parse("048080000456")
TODAY = date(2026, 11, 21)
DELEGATION = Delegation(COMPANY, "Sao Mai", "Nộp  hồ sơ; nhận kết quả, kê khai thuế", TODAY)
R = ReasonCode
ALLOWS = 'release = { attributes = ["delegate_of", "name"] }'
FACTS = HolderFacts(PersonalNumber("046099012345"), delegation=DELEGATION)
CASES: list[tuple[Delegation | None, DelegationQuestion, date, ReasonCode | None]] = [
    (DELEGATION, DelegationQuestion(COMPANY), TODAY, None),
    (DELEGATION, DelegationQuestion(COMPANY, "nộp hồ sơ"), TODAY, None),
    (DELEGATION, DelegationQuestion(COMPANY, "KÊ KHAI THUẾ "), TODAY, None),
    (None, DelegationQuestion(COMPANY), TODAY, R.DELEGATION_MISSING),
    (DELEGATION, DelegationQuestion(ANOTHER), TODAY, R.DELEGATION_OTHER_COMPANY),
    (DELEGATION, DelegationQuestion(COMPANY), date(2026, 11, 22), R.DELEGATION_ENDED),
    (DELEGATION, DelegationQuestion(COMPANY, "rút tiền"), TODAY, R.DELEGATION_SCOPE_EXCEEDED),
    (DELEGATION, DelegationQuestion(COMPANY, "hồ sơ"), TODAY, R.DELEGATION_SCOPE_EXCEEDED),
    (DELEGATION, DelegationQuestion(COMPANY, ";"), TODAY, R.DELEGATION_SCOPE_EXCEEDED),
]


@pytest.mark.reason(R.DELEGATION_MISSING)
@pytest.mark.reason(R.DELEGATION_OTHER_COMPANY)
@pytest.mark.reason(R.DELEGATION_ENDED)
@pytest.mark.reason(R.DELEGATION_SCOPE_EXCEEDED)
@pytest.mark.parametrize(("delegation", "question", "today", "reason"), CASES)
def test_company_term_and_scope_must_all_fit(
    delegation: Delegation | None,
    question: DelegationQuestion,
    today: date,
    reason: ReasonCode | None,
) -> None:
    assert refusal(delegation, question, today) is reason
    world, at = World(), datetime(today.year, today.month, today.day, 3, tzinfo=UTC)
    holders = MemoryHolders(replace(FACTS, delegation=delegation))
    world.desk = replace(world.desk, sources=ReleaseSources(holders))
    world.put(ServicePolicy(WORLD_PARTY, WORLD_SERVICE, 1, policy_text(ALLOWS)))
    shown = world.card().answer(world.challenge(at=at))
    settled = DelegationDesk(world.desk).settle(shown, question, decision_id="d", at=at)
    claims = world.receipts.signed[-1]
    if reason is None:
        assert isinstance(settled.decision, Granted)
        assert claims["released"] == [f"delegate_of:{COMPANY.value}"]
    else:
        assert isinstance(settled.decision, Denied)
        assert world.log.decisions[-1].reasons == (reason.value,)
        assert (claims["reason"], "released" in claims) == ("not_delegated", False)
        assert "act" not in claims["delegation"]  # type: ignore[operator]  # an object
    again = DelegationDesk(world.desk).settle(shown, question, decision_id="e", at=at)
    assert isinstance(again.decision, Denied)
    assert again.decision.reasons == (R.CHALLENGE_UNKNOWN,)


def test_a_scope_lists_its_acts_and_nothing_between_the_lines() -> None:
    assert acts_of(DELEGATION.scope) == {"nộp hồ sơ", "nhận kết quả", "kê khai thuế"}
    assert acts_of(" ;, \n") == frozenset()
    assert acts_of("toàn quyền") == {"toàn quyền"}


def test_an_owners_number_stays_out_of_logs_and_receipts() -> None:
    world = World()
    delegation = replace(DELEGATION, enterprise_number=OWNER)
    holders = MemoryHolders(replace(FACTS, delegation=delegation))
    world.desk = replace(world.desk, sources=ReleaseSources(holders))
    world.put(ServicePolicy(WORLD_PARTY, WORLD_SERVICE, 1, policy_text(ALLOWS)))
    shown, at = world.card().answer(world.challenge()), datetime(2026, 11, 21, 1, tzinfo=UTC)
    question = DelegationQuestion(OWNER)
    settled = DelegationDesk(world.desk).settle(shown, question, decision_id="d", at=at)
    assert isinstance(settled.decision, Granted)
    assert settled.decision.release.values == {f"delegate_of:{OWNER.value}": True}
    kept = f"{world.receipts.signed} {world.log.decisions}"
    assert OWNER.value not in kept
    assert OWNER.masked in kept


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def partner(service: ServiceUnderTest) -> Iterator[Partner]:
    policy = ServicePolicy(RELYING_PARTY, SERVICE, 0, policy_text(ALLOWS))
    service.installation.access.put_policy(policy, operator="admin", at=AT)
    with conforming_partner(service) as made:
        yield made


@pytest.fixture(scope="module")
def card(service: ServiceUnderTest) -> VirtualCard:
    return service.active_card(CardType.BUSINESS)[0]


def ask(partner: Partner, card: VirtualCard, service: str = SERVICE, **question: str) -> object:
    shown = answer(card, partner.challenge(service, X2), X2)
    body = {"presentation": parse_object(shown.encode()), "enterprise_number": COMPANY.value}
    return partner.call(CHECK, body | question)


def test_a_partner_is_told_yes_or_no(
    service: ServiceUnderTest, partner: Partner, card: VirtualCard
) -> None:
    granted = ask(partner, card, act="Tax")
    assert isinstance(granted, dict)
    assert granted["released"] == {f"delegate_of:{COMPANY.value}": True}
    claims = service.installation.check_receipt(granted["receipt"])
    assert claims["delegation"] == {"enterprise": COMPANY.value, "act": "Tax"}
    for question in ({"act": "rút tiền"}, {"enterprise_number": ANOTHER.value}):
        denied = ask(partner, card, **question)
        assert isinstance(denied, dict)
        assert (denied["granted"], denied["code"]) == (False, "not_delegated")


@pytest.mark.reason(ReasonCode.ATTRIBUTE_NOT_ALLOWED)
def test_a_service_that_may_not_ask_is_not_told(partner: Partner, card: VirtualCard) -> None:
    denied = ask(partner, card, "tra-cuu")
    assert isinstance(denied, dict)
    assert denied["code"] == "asks_too_much"


@pytest.mark.parametrize("number", ["0100109107", "x", "", "0100109106-000"])
def test_what_is_no_company_is_malformed(partner: Partner, number: str) -> None:
    body = {"presentation": {"nonce": "A" * 43}, "enterprise_number": number}
    assert partner.refused(CHECK, body).startswith("400 malformed_")
