"""What every certificate ledger must do; each implementation runs this with its own fixture."""

from __future__ import annotations

import hashlib
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cardsvc.card.guid import CardGuid
from cardsvc.errors import ReasonCode, VaultError
from cardsvc.terms import RevocationReason
from keys.ports import CertificateLedger, Reservation, Revocation, RevokedSerial

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
ISSUER = bytes(range(20))
OTHER_ISSUER = bytes(range(1, 21))


def make_reservation(serial: int | None = None, issuer: bytes = ISSUER) -> Reservation:
    """Return a fresh reservation, serial of 159 bits unless given."""
    return Reservation(
        issuer_key_id=issuer,
        serial=serial or secrets.randbits(158) | 1 << 158,
        profile="authentication",
        guid=CardGuid(secrets.token_bytes(16)),
        spki_sha256=secrets.token_bytes(32),
        not_after=AT + timedelta(days=1000),
        reserved_at=AT,
        token_sha256=hashlib.sha256(secrets.token_bytes(32)).digest(),
        draft_der=secrets.token_bytes(400),
    )


def reason_of(error: pytest.ExceptionInfo[VaultError]) -> ReasonCode:
    return error.value.reason


class CertificateLedgerContract:
    """Sub-class it and give a fixture ``ledger`` that is empty for each test."""

    def sign(self, ledger: CertificateLedger, reservation: Reservation) -> bytes:
        """Take a reservation all the way; return the recorded octets."""
        ledger.reserve(reservation)
        ledger.redeem(reservation.token_sha256, AT)
        der = secrets.token_bytes(500)
        ledger.record_signed(reservation.issuer_key_id, reservation.serial, der, LATER)
        return der

    def test_a_reservation_is_found_before_it_is_signed(self, ledger: CertificateLedger) -> None:
        reservation = make_reservation()
        ledger.reserve(reservation)
        entry = ledger.find(ISSUER, reservation.serial)
        assert entry is not None
        assert entry.reservation == reservation
        assert entry.certificate_der is None
        assert entry.redeemed_at is None
        assert entry.signed_at is None
        assert entry.revocation is None
        assert ledger.find_by_key(reservation.spki_sha256) == entry
        assert ledger.find(OTHER_ISSUER, reservation.serial) is None
        assert ledger.find(ISSUER, reservation.serial + 1) is None
        assert ledger.find_by_key(bytes(32)) is None

    def test_a_reservation_without_a_card_round_trips(self, ledger: CertificateLedger) -> None:
        reservation = replace(make_reservation(), guid=None)
        ledger.reserve(reservation)
        entry = ledger.find(ISSUER, reservation.serial)
        assert entry is not None
        assert entry.reservation.guid is None

    @pytest.mark.reason(ReasonCode.KEY_REUSED)
    def test_a_key_is_reserved_once(self, ledger: CertificateLedger) -> None:
        first = make_reservation()
        ledger.reserve(first)
        for other in (
            replace(make_reservation(), spki_sha256=first.spki_sha256),
            replace(make_reservation(issuer=OTHER_ISSUER), spki_sha256=first.spki_sha256),
            replace(make_reservation(), spki_sha256=first.spki_sha256, guid=first.guid),
        ):
            with pytest.raises(VaultError) as error:
                ledger.reserve(other)
            assert reason_of(error) is ReasonCode.KEY_REUSED
            assert ledger.find(other.issuer_key_id, other.serial) is None

    @pytest.mark.reason(ReasonCode.SERIAL_TAKEN)
    def test_a_serial_is_taken_once_for_each_issuer(self, ledger: CertificateLedger) -> None:
        ledger.reserve(make_reservation(serial=7))
        ledger.reserve(make_reservation(serial=7, issuer=OTHER_ISSUER))
        with pytest.raises(VaultError) as error:
            ledger.reserve(make_reservation(serial=7))
        assert reason_of(error) is ReasonCode.SERIAL_TAKEN

    def test_signing_is_recorded(self, ledger: CertificateLedger) -> None:
        reservation = make_reservation()
        der = self.sign(ledger, reservation)
        entry = ledger.find(ISSUER, reservation.serial)
        assert entry is not None
        assert (entry.certificate_der, entry.redeemed_at, entry.signed_at) == (der, AT, LATER)

    @pytest.mark.reason(ReasonCode.SIGNING_TOKEN_SPENT)
    def test_a_token_is_redeemed_once(self, ledger: CertificateLedger) -> None:
        reservation = make_reservation()
        ledger.reserve(reservation)
        assert ledger.redeem(reservation.token_sha256, AT) == reservation
        for token in (reservation.token_sha256, bytes(32)):
            with pytest.raises(VaultError) as error:
                ledger.redeem(token, LATER)
            assert reason_of(error) is ReasonCode.SIGNING_TOKEN_SPENT

    def test_of_many_redeemers_one_wins(self, ledger: CertificateLedger) -> None:
        reservation = make_reservation()
        ledger.reserve(reservation)

        def attempt(_: int) -> bool:
            try:
                ledger.redeem(reservation.token_sha256, AT)
            except VaultError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(attempt, range(16))) == 1

    def test_many_go_all_the_way_together_and_are_on_hold(self, ledger: CertificateLedger) -> None:
        reservations = [make_reservation() for _ in range(5)]
        ledger.reserve_all(reservations)
        tokens = [one.token_sha256 for one in reversed(reservations)]
        assert list(ledger.redeem_all(tokens, AT)) == reservations[::-1]
        changes = ledger.crl_changes(ISSUER)
        signed = {one: secrets.token_bytes(300) for one in reservations}
        ledger.record_all_signed(signed, LATER)
        for one, der in signed.items():
            entry = ledger.find(ISSUER, one.serial)
            assert entry is not None
            assert (entry.certificate_der, entry.redeemed_at, entry.signed_at) == (der, AT, LATER)
            assert entry.revocation == Revocation(RevocationReason.CERTIFICATE_HOLD, LATER)
        assert ledger.crl_changes(ISSUER) > changes
        ledger.release_hold(ISSUER, reservations[0].serial, LATER)
        assert len(ledger.revoked(ISSUER, AT)) == 4

    def test_of_many_reservations_one_bad_one_keeps_all_out(
        self, ledger: CertificateLedger
    ) -> None:
        known = make_reservation()
        ledger.reserve(known)
        fresh, other = make_reservation(), make_reservation()
        for bad, reason in (
            ([replace(other, spki_sha256=known.spki_sha256)], ReasonCode.KEY_REUSED),
            ([other, replace(other, serial=other.serial - 1)], ReasonCode.KEY_REUSED),
            ([replace(other, serial=known.serial)], ReasonCode.SERIAL_TAKEN),
        ):
            with pytest.raises(VaultError) as error:
                ledger.reserve_all([fresh, *bad])
            assert reason_of(error) is reason
            assert ledger.find(ISSUER, fresh.serial) is None

    def test_of_many_tokens_one_spent_one_keeps_all_unspent(
        self, ledger: CertificateLedger
    ) -> None:
        first, second = make_reservation(), make_reservation()
        ledger.reserve_all([first, second])
        ledger.redeem(first.token_sha256, AT)
        for tokens in (
            [second.token_sha256, first.token_sha256],
            [second.token_sha256, bytes(32)],
            [second.token_sha256, second.token_sha256],
        ):
            with pytest.raises(VaultError) as error:
                ledger.redeem_all(tokens, AT)
            assert reason_of(error) is ReasonCode.SIGNING_TOKEN_SPENT
        assert list(ledger.redeem_all([second.token_sha256], AT)) == [second]

    def test_many_are_not_recorded_where_one_was_revoked_or_not_redeemed(
        self, ledger: CertificateLedger
    ) -> None:
        good, revoked, waiting = (make_reservation() for _ in range(3))
        ledger.reserve_all([good, revoked, waiting])
        ledger.redeem_all([good.token_sha256, revoked.token_sha256], AT)
        ledger.revoke(ISSUER, revoked.serial, RevocationReason.CESSATION_OF_OPERATION, AT)
        for bad in (revoked, waiting, make_reservation()):
            with pytest.raises(VaultError) as error:
                ledger.record_all_signed({good: b"good", bad: b"bad"}, LATER)
            assert reason_of(error) is ReasonCode.SIGNING_TOKEN_SPENT
            entry = ledger.find(ISSUER, good.serial)
            assert entry is not None
            assert entry.certificate_der is None
        ledger.record_all_signed({good: b"good"}, LATER)

    def test_a_revoked_reservation_is_not_redeemed(self, ledger: CertificateLedger) -> None:
        for reason in (RevocationReason.CERTIFICATE_HOLD, RevocationReason.SUPERSEDED):
            reservation = make_reservation()
            ledger.reserve(reservation)
            ledger.revoke(ISSUER, reservation.serial, reason, AT)
            with pytest.raises(VaultError) as error:
                ledger.redeem(reservation.token_sha256, LATER)
            assert reason_of(error) is ReasonCode.SIGNING_TOKEN_SPENT

    def test_nothing_is_recorded_without_redeeming_or_twice(
        self, ledger: CertificateLedger
    ) -> None:
        reservation = make_reservation()
        ledger.reserve(reservation)
        with pytest.raises(VaultError) as error:
            ledger.record_signed(ISSUER, reservation.serial, b"early", AT)
        assert reason_of(error) is ReasonCode.SIGNING_TOKEN_SPENT
        ledger.redeem(reservation.token_sha256, AT)
        ledger.record_signed(ISSUER, reservation.serial, b"once", AT)
        with pytest.raises(VaultError):
            ledger.record_signed(ISSUER, reservation.serial, b"twice", AT)
        entry = ledger.find(ISSUER, reservation.serial)
        assert entry is not None
        assert entry.certificate_der == b"once"
        with pytest.raises(VaultError):
            ledger.record_signed(ISSUER, reservation.serial + 1, b"never", AT)

    def test_profiles_list_signed_entries_oldest_first(self, ledger: CertificateLedger) -> None:
        young = replace(make_reservation(), profile="root", reserved_at=LATER)
        old = replace(make_reservation(), profile="root")
        unsigned = replace(make_reservation(), profile="root")
        for reservation in (young, old, make_reservation()):
            self.sign(ledger, reservation)
        ledger.reserve(unsigned)
        assert [entry.reservation for entry in ledger.list_by_profile("root")] == [old, young]
        assert list(ledger.list_by_profile("none")) == []

    def test_revoked_serials_ascend_and_stop_after_expiry(self, ledger: CertificateLedger) -> None:
        wide, small = make_reservation(), make_reservation(serial=3)
        middle = make_reservation(serial=1 << 64)
        foreign, good = make_reservation(issuer=OTHER_ISSUER), make_reservation()
        for reservation in (wide, small, middle, foreign, good):
            self.sign(ledger, reservation)
        for reservation in (wide, small, middle, foreign):
            ledger.revoke(
                reservation.issuer_key_id,
                reservation.serial,
                RevocationReason.KEY_COMPROMISE,
                LATER,
            )
        revocation = Revocation(RevocationReason.KEY_COMPROMISE, LATER)
        assert list(ledger.revoked(ISSUER, AT)) == [
            RevokedSerial(3, revocation),
            RevokedSerial(1 << 64, revocation),
            RevokedSerial(wide.serial, revocation),
        ]
        assert list(ledger.revoked(ISSUER, wide.not_after)) != []
        assert list(ledger.revoked(ISSUER, wide.not_after + timedelta(seconds=1))) == []

    def test_a_reserved_serial_that_is_revoked_is_listed(self, ledger: CertificateLedger) -> None:
        reservation = make_reservation()
        ledger.reserve(reservation)
        ledger.revoke(ISSUER, reservation.serial, RevocationReason.CESSATION_OF_OPERATION, AT)
        assert [listed.serial for listed in ledger.revoked(ISSUER, AT)] == [reservation.serial]

    def test_hold_is_released_but_revocation_stays(self, ledger: CertificateLedger) -> None:
        reservation = make_reservation()
        self.sign(ledger, reservation)
        serial, hold = reservation.serial, RevocationReason.CERTIFICATE_HOLD
        ledger.release_hold(ISSUER, serial, AT)
        assert list(ledger.revoked(ISSUER, AT)) == []
        ledger.revoke(ISSUER, serial, hold, AT)
        ledger.revoke(ISSUER, serial, hold, LATER)
        assert list(ledger.revoked(ISSUER, AT)) == [RevokedSerial(serial, Revocation(hold, AT))]
        ledger.release_hold(ISSUER, serial, LATER)
        assert list(ledger.revoked(ISSUER, AT)) == []
        ledger.revoke(ISSUER, serial, hold, AT)
        ledger.revoke(ISSUER, serial, RevocationReason.KEY_COMPROMISE, LATER)
        for change in (RevocationReason.SUPERSEDED, hold):
            ledger.revoke(ISSUER, serial, change, LATER + timedelta(days=1))
        ledger.release_hold(ISSUER, serial, LATER)
        kept = Revocation(RevocationReason.KEY_COMPROMISE, LATER)
        assert list(ledger.revoked(ISSUER, AT)) == [RevokedSerial(serial, kept)]

    @pytest.mark.reason(ReasonCode.SERIAL_UNKNOWN)
    def test_an_unknown_serial_has_no_status(self, ledger: CertificateLedger) -> None:
        with pytest.raises(VaultError) as error:
            ledger.revoke(ISSUER, 99, RevocationReason.SUPERSEDED, AT)
        assert reason_of(error) is ReasonCode.SERIAL_UNKNOWN
        with pytest.raises(VaultError) as error:
            ledger.release_hold(ISSUER, 99, AT)
        assert reason_of(error) is ReasonCode.SERIAL_UNKNOWN

    def test_crl_numbers_rise_for_each_issuer(self, ledger: CertificateLedger) -> None:
        assert [ledger.next_crl_number(ISSUER) for _ in range(3)] == [1, 2, 3]
        assert ledger.next_crl_number(OTHER_ISSUER) == 1
        with ThreadPoolExecutor(4) as pool:
            numbers = list(pool.map(lambda _: ledger.next_crl_number(ISSUER), range(12)))
        assert sorted(numbers) == list(range(4, 16))
