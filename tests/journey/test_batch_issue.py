"""Cards made elsewhere, by the hundred: each once, each as good as one that a desk made."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from cardsvc.audit import AuditAction
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.errors import IssuanceError, ReasonCode, VaultError
from cardsvc.lifecycle import CardState
from cardsvc.records import Application, CardRecord
from cardsvc.terms import CardType, Realm, RevocationReason
from issuance import lifecycle
from issuance.approve import withdraw
from issuance.bulk import BulkReport, CardToMake, issue_many
from issuance.bulk_ports import BulkStore, BulkTransaction
from issuance.ports import SLOT_PROFILE, CertificateAuthority, CertificateRequest
from issuance.stock.card_blanks import StockRule
from tests.support.installations import ServiceUnderTest
from web.bulk_issue import BulkProcesses


@pytest.fixture(scope="module")
def service(service_on_either_database: ServiceUnderTest) -> ServiceUnderTest:
    return service_on_either_database


def new_key() -> ec.EllipticCurvePublicKey:
    return ec.generate_private_key(ec.SECP256R1()).public_key()


def card_for(application_id: str) -> CardToMake:
    guid = CardGuid.from_uuid(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
    return CardToMake(application_id, guid, {slot: new_key() for slot in SLOT_PROFILE})


def cards_to_make(service: ServiceUnderTest, count: int) -> list[CardToMake]:
    kinds = list(CardType)
    return [card_for(service.approved_application(kinds[n % 3])) for n in range(count)]


def issue(
    service: ServiceUnderTest, cards: Sequence[CardToMake], *, operator: str = "mai", chunk: int = 4
) -> BulkReport:
    (*_, report) = issue_many(
        service.installation.bulk, cards, operator=operator, now=service.clock.now, chunk=chunk
    )
    return report


def record_of(service: ServiceUnderTest, guid: CardGuid) -> CardRecord:
    with service.installation.store.transaction() as unit:
        return unit.card(guid)


def test_each_card_is_on_record_with_its_keys_on_hold_and_can_be_handed_over(
    service: ServiceUnderTest,
) -> None:
    asked = cards_to_make(service, 6)
    report = issue(service, asked)
    assert report.made == [one.guid for one in asked]
    assert not report.refused
    installation = service.installation
    places = {installation.services.places.place(one.guid) for one in asked}
    assert None not in places
    assert len(places) == 6
    for one in asked:
        card = record_of(service, one.guid)
        assert card.state is CardState.PERSONALISED
        assert {key.slot for key in card.keys} == set(SLOT_PROFILE)
        issuer = installation.pki.factory.issuer(card.card_type)
        for key in card.keys:
            certificate = x509.load_der_x509_certificate(key.certificate_der)
            certificate.verify_directly_issued_by(issuer)
            assert certificate.public_key() == one.keys[key.slot]
        assert {key.serial for key in card.keys} <= held(service, card.card_type)
        service.hand_over(one.guid)
        assert not {key.serial for key in card.keys} & held(service, card.card_type)


def held(service: ServiceUnderTest, kind: CardType) -> set[int]:
    der = service.installation.pki.status.crl(kind.value, service.clock.now())
    assert der is not None
    return {entry.serial_number for entry in x509.load_der_x509_crl(der)}


def test_the_log_tells_of_every_card_and_certificate(service: ServiceUnderTest) -> None:
    (asked,) = cards_to_make(service, 1)
    issue(service, [asked])
    audit = service.installation.audit
    actions = [entry.event.action for entry in audit.events(subject=str(asked.guid))]
    assert sorted(actions) == [AuditAction.CARD_PERSONALISED, AuditAction.CARD_PERSONALISING]
    for key in record_of(service, asked.guid).keys:
        told = [entry.event for entry in audit.events(subject=f"{key.serial:x}")]
        assert {one.action for one in told} == {
            AuditAction.CERTIFICATE_RESERVED, AuditAction.CERTIFICATE_SIGNED
        }  # fmt: skip
        (signed,) = (one for one in told if one.action is AuditAction.CERTIFICATE_SIGNED)
        assert signed.facts["reason"] == RevocationReason.CERTIFICATE_HOLD.value
    audit.verify()


def test_the_same_list_again_makes_nothing(service: ServiceUnderTest) -> None:
    asked = cards_to_make(service, 3)
    issue(service, asked)
    size = service.installation.audit.verify().size
    again = issue(service, asked)
    assert (again.made, again.done_before) == ([], [one.guid for one in asked])
    assert not again.refused
    assert service.installation.audit.verify().size == size


def test_what_can_not_be_made_is_refused_and_the_others_are_made(
    service: ServiceUnderTest,
) -> None:
    good, other = cards_to_make(service, 2)
    requested = card_for(service.requested_application())
    nobody = card_for("no-such-application")
    taken = replace(other, guid=good.guid)
    keyless = card_for(service.approved_application())
    keyless = replace(keyless, keys={KeySlot.SIGNATURE: new_key()})
    issue(service, [good])
    second = card_for(good.application_id)
    report = issue(service, [requested, nobody, taken, keyless, second], chunk=9)
    assert report.refused == {
        requested.application_id: ReasonCode.ILLEGAL_TRANSITION,
        nobody.application_id: ReasonCode.APPLICATION_UNKNOWN,
        taken.application_id: ReasonCode.CARD_IN_USE,
        keyless.application_id: ReasonCode.KEY_MISSING,
        second.application_id: ReasonCode.CARD_IN_USE,
    }
    assert issue(service, [other]).made == [other.guid]


@pytest.mark.reason(ReasonCode.SAME_OPERATOR)
@pytest.mark.parametrize("operator", ["lan", "hung"])
def test_who_asked_or_approved_does_not_issue(service: ServiceUnderTest, operator: str) -> None:
    (asked,) = cards_to_make(service, 1)
    report = issue(service, [asked], operator=operator)
    assert report.refused == {asked.application_id: ReasonCode.SAME_OPERATOR}


@pytest.mark.reason(ReasonCode.KEY_REUSED)
def test_a_key_that_was_certified_before_costs_its_own_card_only(
    service: ServiceUnderTest,
) -> None:
    asked = cards_to_make(service, 5)
    issue(service, asked[:1])
    cloned = replace(
        asked[2], keys=dict(asked[2].keys) | {KeySlot.SIGNATURE: asked[0].keys[KeySlot.SIGNATURE]}
    )
    report = issue(service, [asked[1], cloned, *asked[3:]], chunk=9)
    assert report.refused == {cloned.application_id: ReasonCode.KEY_REUSED}
    assert set(report.made) == {asked[1].guid, asked[3].guid, asked[4].guid}
    assert record_of(service, cloned.guid).state is CardState.SPOILED
    again = card_for(cloned.application_id)
    assert issue(service, [again]).made == [again.guid]


@pytest.mark.parametrize("same", ["application_id", "guid"])
def test_a_list_that_names_something_twice_is_refused(service: ServiceUnderTest, same: str) -> None:
    first, second = cards_to_make(service, 2)
    second = replace(second, **{same: getattr(first, same)})
    with pytest.raises(IssuanceError) as caught:
        issue(service, [first, second])
    assert caught.value.reason is ReasonCode.CARD_IN_USE


def test_where_the_books_of_blanks_are_enforced_none_is_made(service: ServiceUnderTest) -> None:
    tools = replace(service.installation.bulk, stock=StockRule.ENFORCE)
    with pytest.raises(IssuanceError) as caught:
        list(issue_many(tools, [], operator="mai", now=service.clock.now))
    assert caught.value.reason is ReasonCode.BLANK_REQUIRED


@dataclass(frozen=True)
class CutOff:
    """The CA until somebody pulls the plug between recording and signing."""

    inner: CertificateAuthority

    def prepare(self, request: CertificateRequest, at: datetime) -> str:
        return self.inner.prepare(request, at)

    def sign(self, token: str, at: datetime) -> x509.Certificate:
        return self.inner.sign(token, at)

    def prepare_all(self, requests: Sequence[CertificateRequest], at: datetime) -> Sequence[str]:
        return self.inner.prepare_all(requests, at)

    def sign_all(self, tokens: Sequence[str], at: datetime) -> Sequence[bytes]:
        raise VaultError(ReasonCode.VAULT_SEALED, f"{len(tokens)} tokens at {at}: no vault")

    def issuer(self, card_type: CardType, realm: Realm = Realm.PRODUCTION) -> x509.Certificate:
        return self.inner.issuer(card_type, realm)


def test_a_run_that_was_cut_off_leaves_cards_to_be_spoiled_and_made_anew(
    service: ServiceUnderTest,
) -> None:
    installation, asked = service.installation, cards_to_make(service, 2)
    tools = replace(installation.bulk, authority=CutOff(installation.pki.factory))
    with pytest.raises(VaultError):
        list(issue_many(tools, asked, operator="mai", now=service.clock.now))
    assert {record_of(service, one.guid).state for one in asked} == {CardState.PERSONALISING}
    again = issue(service, asked)
    assert again.refused == {one.application_id: ReasonCode.CARD_IN_USE for one in asked}
    for one in asked:
        lifecycle.spoil(installation.store, one.guid, operator="mai", at=service.clock.now())
    new = [card_for(one.application_id) for one in asked]
    assert issue(service, new).made == [one.guid for one in new]


@dataclass
class WithdrawnMeanwhile:
    """The store where somebody withdraws an application as soon as the list was read."""

    inner: BulkStore
    withdraw: Callable[[], object]

    def applications(self, application_ids: Sequence[str]) -> Mapping[str, Application]:
        found = self.inner.applications(application_ids)
        self.withdraw()
        return found

    def transaction(self) -> AbstractContextManager[BulkTransaction]:
        return self.inner.transaction()


def test_an_application_withdrawn_while_the_list_is_read_gets_no_card(
    service: ServiceUnderTest,
) -> None:
    installation, (kept, lost) = service.installation, cards_to_make(service, 2)
    at = service.clock.now()
    meddled = WithdrawnMeanwhile(
        installation.bulk.store,
        lambda: withdraw(installation.store, lost.application_id, operator="lan", at=at),
    )
    tools = replace(installation.bulk, store=meddled)
    (report,) = issue_many(tools, [kept, lost], operator="mai", now=service.clock.now)
    assert report.made == [kept.guid]
    assert report.refused == {lost.application_id: ReasonCode.CONCURRENT_CHANGE}
    with installation.store.transaction() as unit:
        assert not unit.cards_of_application(lost.application_id)


def test_of_two_who_issue_one_list_at_once_each_card_is_made_once(
    service: ServiceUnderTest,
) -> None:
    asked = cards_to_make(service, 6)

    def run(_: int) -> list[CardGuid]:
        return issue(service, asked, chunk=2).made

    with ThreadPoolExecutor(2) as pool:
        made = [guid for one in pool.map(run, range(2)) for guid in one]
    assert sorted(made, key=str) == sorted((one.guid for one in asked), key=str)


def test_processes_share_a_list(service: ServiceUnderTest) -> None:
    asked = cards_to_make(service, 2)
    with BulkProcesses(service.installation.settings, 2) as processes:
        processes.wait_until_ready()
        reports = list(processes.issue(asked, operator="mai"))
    # Which of two processes ends first is nobody's promise.
    assert {guid for one in reports for guid in one.made} == {one.guid for one in asked}
    service.installation.audit.verify()
