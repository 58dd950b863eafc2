"""What every issuance store must do; each implementation runs this with its own fixtures."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cardsvc.audit import AuditAction, AuditEvent, AuditFacts
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import Algorithm, KeySlot
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.names import PersonName
from cardsvc.lifecycle import ApplicationState, CardState
from cardsvc.records import Application, CardRecord, KeyRecord
from cardsvc.terms import CardType, RevocationReason
from issuance.ports import IssuanceStore
from keys.ports import CertificateLedger, Reservation
from tests.support.people import HOLDERS

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
ISSUER = bytes(range(20))

AuditEvents = Callable[[], Sequence[AuditEvent]]


def make_application(
    name: str = "application-1", kind: CardType = CardType.CIVIL_SERVANT
) -> Application:
    return Application(name, kind, HOLDERS[kind], "operator-1", AT)


def make_card(application: Application, guid: CardGuid | None = None) -> CardRecord:
    return CardRecord(
        guid=guid or CardGuid(secrets.token_bytes(16)),
        card_type=application.card_type,
        holder_id=application.holder.id,
        application_id=application.id,
        state=CardState.PERSONALISING,
        expires_at=AT + timedelta(days=1000),
    )


def make_event(subject: str) -> AuditEvent:
    facts: AuditFacts = {"reason": "keyCompromise", "count": 2, "certain": True, "note": None}
    return AuditEvent(AT, "operator-1", AuditAction.CARD_REVOKED, subject, facts)


class IssuanceStoreContract:
    """Sub-class it; give fixtures ``store``, ``ledger`` over the same data, ``audit_events``.

    All are empty for each test; ``audit_events`` returns what was committed, oldest first.
    """

    def certify(self, ledger: CertificateLedger, guid: CardGuid) -> int:
        """Take a certificate of a card all the way; return its serial."""
        reservation = Reservation(
            issuer_key_id=ISSUER,
            serial=secrets.randbits(158) | 1 << 158,
            profile="authentication",
            guid=guid,
            spki_sha256=secrets.token_bytes(32),
            not_after=AT + timedelta(days=900),
            reserved_at=AT,
            token_sha256=hashlib.sha256(secrets.token_bytes(32)).digest(),
            draft_der=secrets.token_bytes(400),
        )
        ledger.reserve(reservation)
        ledger.redeem(reservation.token_sha256, AT)
        ledger.record_signed(ISSUER, reservation.serial, secrets.token_bytes(400), AT)
        return reservation.serial

    def reason(self, ledger: CertificateLedger, serial: int) -> RevocationReason | None:
        entry = ledger.find(ISSUER, serial)
        assert entry is not None
        return entry.revocation.reason if entry.revocation else None

    @pytest.mark.parametrize("kind", list(CardType))
    def test_an_application_comes_back_as_it_went_in(
        self, store: IssuanceStore, kind: CardType
    ) -> None:
        application = make_application(kind=kind)
        with store.transaction() as unit:
            unit.add_application(application)
        with store.transaction() as unit:
            assert unit.application(application.id) == application

    @pytest.mark.reason(ReasonCode.APPLICATION_UNKNOWN)
    def test_an_unknown_application_is_refused(self, store: IssuanceStore) -> None:
        with pytest.raises(IssuanceError) as caught, store.transaction() as unit:
            unit.application("nobody")
        assert caught.value.reason is ReasonCode.APPLICATION_UNKNOWN

    @pytest.mark.reason(ReasonCode.CARD_UNKNOWN)
    def test_an_unknown_card_is_refused(self, store: IssuanceStore) -> None:
        with pytest.raises(IssuanceError) as caught, store.transaction() as unit:
            unit.card(CardGuid(bytes(16)))
        assert caught.value.reason is ReasonCode.CARD_UNKNOWN

    def test_a_saved_application_keeps_state_approval_and_corrected_facts(
        self, store: IssuanceStore
    ) -> None:
        application = make_application()
        changed = replace(
            application,
            holder=replace(application.holder, name=PersonName.parse("Nguyễn Thị Hoa")),
            requested_by="operator-2",
            requested_at=LATER,
            state=ApplicationState.APPROVED,
            approved_by="operator-3",
            approved_at=LATER,
        )
        with store.transaction() as unit:
            unit.add_application(application)
        with store.transaction() as unit:
            unit.save_application(changed)
        with store.transaction() as unit:
            assert unit.application(application.id) == changed

    def test_one_person_may_have_two_applications(self, store: IssuanceStore) -> None:
        first, second = make_application(), make_application("application-2")
        with store.transaction() as unit:
            unit.add_application(first)
        with store.transaction() as unit:
            unit.add_application(second)
            assert unit.application(first.id) == first
            assert unit.application(second.id) == second

    def test_a_saved_card_comes_back_with_its_keys_and_a_new_version(
        self, store: IssuanceStore
    ) -> None:
        application = make_application()
        card = make_card(application)
        keys = tuple(
            KeyRecord(
                slot,
                algorithm,
                secrets.token_bytes(32),
                ISSUER,
                secrets.randbits(158),
                secrets.token_bytes(600),
                AT + timedelta(days=900),
            )
            for slot, algorithm in (
                (KeySlot.AUTHENTICATION, Algorithm.ECC_P256),
                (KeySlot.CARD_AUTHENTICATION, Algorithm.RSA_2048),
            )
        )
        with store.transaction() as unit:
            unit.add_application(application)
            unit.add_card(card)
            assert unit.card(card.guid) == card
        with store.transaction() as unit:
            unit.save_card(replace(card, state=CardState.PERSONALISED, keys=keys))
        expected = replace(card, state=CardState.PERSONALISED, keys=keys, version=1)
        with store.transaction() as unit:
            assert unit.card(card.guid) == expected
            # another personalisation brings other keys, and none of the old ones stay
            unit.save_card(replace(expected, keys=keys[1:]))
        with store.transaction() as unit:
            assert unit.card(card.guid) == replace(expected, keys=keys[1:], version=2)

    @pytest.mark.reason(ReasonCode.CONCURRENT_CHANGE)
    def test_a_card_changed_in_between_is_not_overwritten(self, store: IssuanceStore) -> None:
        application = make_application()
        card = make_card(application)
        with store.transaction() as unit:
            unit.add_application(application)
            unit.add_card(card)
        with store.transaction() as unit:
            unit.save_card(replace(card, state=CardState.TORN))

        def overwrite() -> None:
            with store.transaction() as unit:
                unit.record(make_event(str(card.guid)))
                unit.save_card(replace(card, state=CardState.PERSONALISED))

        with pytest.raises(IssuanceError) as caught:
            overwrite()
        assert caught.value.reason is ReasonCode.CONCURRENT_CHANGE
        with store.transaction() as unit:
            assert unit.card(card.guid).state is CardState.TORN

    def test_cards_of_an_application_are_listed_oldest_first(self, store: IssuanceStore) -> None:
        application, other = make_application(), make_application("application-2")
        cards = [make_card(application) for _ in range(4)]
        with store.transaction() as unit:
            unit.add_application(application)
            unit.add_application(other)
            unit.add_card(make_card(other))
        for card in cards:
            with store.transaction() as unit:
                unit.add_card(card)
        with store.transaction() as unit:
            unit.save_card(replace(cards[0], state=CardState.TORN))
        with store.transaction() as unit:
            found = unit.cards_of_application(application.id)
            assert [card.guid for card in found] == [card.guid for card in cards]
            assert not unit.cards_of_application("nobody")

    def test_a_replaced_card_names_its_successor(self, store: IssuanceStore) -> None:
        application = make_application()
        old, new = make_card(application), make_card(application)
        with store.transaction() as unit:
            unit.add_application(application)
            unit.add_card(old)
            unit.add_card(new)
            unit.save_card(replace(old, state=CardState.REPLACED, replaced_by=new.guid))
        with store.transaction() as unit:
            assert unit.card(old.guid).replaced_by == new.guid

    def test_what_fails_leaves_nothing_behind(
        self, store: IssuanceStore, ledger: CertificateLedger, audit_events: AuditEvents
    ) -> None:
        application = make_application()
        card = make_card(application)
        with store.transaction() as unit:
            unit.add_application(application)
            unit.add_card(card)
        serial = self.certify(ledger, card.guid)

        class PowerCut(Exception):
            pass

        def change_everything() -> None:
            with store.transaction() as unit:
                unit.add_application(make_application("application-2"))
                unit.save_application(replace(application, state=ApplicationState.REJECTED))
                unit.save_card(replace(card, state=CardState.TORN))
                unit.revoke_certificates(card.guid, RevocationReason.KEY_COMPROMISE, LATER)
                unit.record(make_event(str(card.guid)))
                raise PowerCut

        with pytest.raises(PowerCut):
            change_everything()
        assert not audit_events()
        assert self.reason(ledger, serial) is None
        with store.transaction() as unit:
            assert unit.application(application.id) == application
            assert unit.card(card.guid) == card
            with pytest.raises(IssuanceError):
                unit.application("application-2")

    def test_events_are_kept_in_order_with_their_facts(
        self, store: IssuanceStore, audit_events: AuditEvents
    ) -> None:
        events = [make_event(f"subject-{n}") for n in range(5)]
        with store.transaction() as unit:
            for event in events[:3]:
                unit.record(event)
        with store.transaction() as unit:
            for event in events[3:]:
                unit.record(event)
        assert list(audit_events()) == events

    def test_every_certificate_of_the_card_and_no_other_is_revoked(
        self, store: IssuanceStore, ledger: CertificateLedger
    ) -> None:
        application = make_application()
        card, other = make_card(application), make_card(application)
        with store.transaction() as unit:
            unit.add_application(application)
            unit.add_card(card)
            unit.add_card(other)
        serials = [self.certify(ledger, card.guid) for _ in range(3)]
        spared = self.certify(ledger, other.guid)
        with store.transaction() as unit:
            unit.revoke_certificates(card.guid, RevocationReason.SUPERSEDED, LATER)
        assert {self.reason(ledger, serial) for serial in serials} == {RevocationReason.SUPERSEDED}
        assert self.reason(ledger, spared) is None
        entry = ledger.find(ISSUER, serials[0])
        assert entry is not None
        assert entry.revocation is not None
        assert entry.revocation.revoked_at == LATER

    def test_a_hold_is_released_or_made_final_but_never_the_reverse(
        self, store: IssuanceStore, ledger: CertificateLedger
    ) -> None:
        application = make_application()
        card = make_card(application)
        with store.transaction() as unit:
            unit.add_application(application)
            unit.add_card(card)
        serial = self.certify(ledger, card.guid)
        hold, final = RevocationReason.CERTIFICATE_HOLD, RevocationReason.KEY_COMPROMISE
        with store.transaction() as unit:
            unit.revoke_certificates(card.guid, hold, AT)
        assert self.reason(ledger, serial) is hold
        with store.transaction() as unit:
            unit.release_hold(card.guid, LATER)
        assert self.reason(ledger, serial) is None
        with store.transaction() as unit:
            unit.revoke_certificates(card.guid, hold, AT)
        with store.transaction() as unit:
            unit.revoke_certificates(card.guid, final, LATER)
        # a new certificate of the card is held; the old one stays revoked for good
        fresh = self.certify(ledger, card.guid)
        with store.transaction() as unit:
            unit.revoke_certificates(card.guid, hold, LATER)
        assert self.reason(ledger, serial) is final
        assert self.reason(ledger, fresh) is hold
        with store.transaction() as unit:
            unit.release_hold(card.guid, LATER)
        assert self.reason(ledger, serial) is final
        assert self.reason(ledger, fresh) is None
