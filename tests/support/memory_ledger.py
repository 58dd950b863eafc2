"""A certificate ledger in memory: the real protocol, for tests and rehearsals."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from cardsvc.card.guid import CardGuid
from cardsvc.errors import ReasonCode, VaultError
from cardsvc.terms import RevocationReason
from keys.ports import LedgerEntry, Reservation, Revocation, RevokedSerial


class MemoryCertificateLedger:
    """Implements ``keys.ports.CertificateLedger``; one lock stands for the database."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[tuple[bytes, int], LedgerEntry] = {}
        self._by_key: dict[bytes, tuple[bytes, int]] = {}
        self._by_token: dict[bytes, tuple[bytes, int]] = {}
        self._by_card: defaultdict[CardGuid | None, list[tuple[bytes, int]]] = defaultdict(list)
        self._changes: defaultdict[bytes, int] = defaultdict(int)
        self._crl_numbers: defaultdict[bytes, int] = defaultdict(int)

    def reserve(self, reservation: Reservation) -> None:
        key = (reservation.issuer_key_id, reservation.serial)
        with self._lock:
            if reservation.spki_sha256 in self._by_key:
                raise VaultError(ReasonCode.KEY_REUSED, "the key is in the ledger already")
            if key in self._entries:
                raise VaultError(ReasonCode.SERIAL_TAKEN, "the serial number is in use")
            self._entries[key] = LedgerEntry(reservation)
            self._by_key[reservation.spki_sha256] = key
            self._by_card[reservation.guid].append(key)
            self._by_token[reservation.token_sha256] = key

    def redeem(self, token_sha256: bytes, at: datetime) -> Reservation:
        with self._lock:
            entry = self._entries.get(self._by_token.get(token_sha256, (b"", 0)))
            if entry is None or entry.redeemed_at is not None or entry.revocation is not None:
                raise VaultError(ReasonCode.SIGNING_TOKEN_SPENT, "no such token, or it is spent")
            self._put(replace(entry, redeemed_at=at))
            return entry.reservation

    def record_signed(
        self, issuer_key_id: bytes, serial: int, certificate_der: bytes, at: datetime
    ) -> None:
        with self._lock:
            entry = self._entries.get((issuer_key_id, serial))
            if entry is None or entry.redeemed_at is None or entry.certificate_der is not None:
                raise VaultError(ReasonCode.SIGNING_TOKEN_SPENT, "nothing to be signed here")
            self._put(replace(entry, certificate_der=certificate_der, signed_at=at))

    def reserve_all(self, reservations: Sequence[Reservation]) -> None:
        with self._lock:
            keys = [one.spki_sha256 for one in reservations]
            serials = [(one.issuer_key_id, one.serial) for one in reservations]
            if len(set(keys)) != len(keys) or self._by_key.keys() & set(keys):
                raise VaultError(ReasonCode.KEY_REUSED, "a key is in the ledger")
            if len(set(serials)) != len(serials) or self._entries.keys() & set(serials):
                raise VaultError(ReasonCode.SERIAL_TAKEN, "a serial is in use")
        for one in reservations:
            self.reserve(one)

    def redeem_all(self, tokens_sha256: Sequence[bytes], at: datetime) -> Sequence[Reservation]:
        with self._lock:
            entries = [
                self._entries.get(self._by_token.get(token, (b"", 0))) for token in tokens_sha256
            ]
            found = [
                entry
                for entry in entries
                if entry is not None and entry.redeemed_at is None and entry.revocation is None
            ]
            if len(found) != len(entries) or len(set(tokens_sha256)) != len(entries):
                raise VaultError(ReasonCode.SIGNING_TOKEN_SPENT, "no such token, or it is spent")
            for entry in found:
                self._put(replace(entry, redeemed_at=at))
            return [entry.reservation for entry in found]

    def record_all_signed(self, signed: Mapping[Reservation, bytes], at: datetime) -> None:
        hold = Revocation(RevocationReason.CERTIFICATE_HOLD, at)
        with self._lock:
            entries = [self._entries.get((one.issuer_key_id, one.serial)) for one in signed]
            waiting = [
                entry
                for entry in entries
                if entry is not None
                and entry.redeemed_at is not None
                and entry.certificate_der is None
                and entry.revocation is None
            ]
            if len(waiting) != len(entries):
                raise VaultError(ReasonCode.SIGNING_TOKEN_SPENT, "nothing to be signed here")
            for entry, (one, der) in zip(waiting, signed.items(), strict=True):
                self._changes[one.issuer_key_id] += 1
                self._put(replace(entry, certificate_der=der, signed_at=at, revocation=hold))

    def find(self, issuer_key_id: bytes, serial: int) -> LedgerEntry | None:
        with self._lock:
            return self._entries.get((issuer_key_id, serial))

    def find_by_key(self, spki_sha256: bytes) -> LedgerEntry | None:
        with self._lock:
            return self._entries.get(self._by_key.get(spki_sha256, (b"", 0)))

    def entries_of(self, guid: CardGuid) -> Sequence[LedgerEntry]:
        """Return the entries of a card; the SQL stores join them instead."""
        with self._lock:
            return [self._entries[key] for key in self._by_card[guid]]

    def list_by_profile(self, profile: str) -> Sequence[LedgerEntry]:
        with self._lock:
            found = [
                entry
                for entry in self._entries.values()
                if entry.reservation.profile == profile and entry.certificate_der is not None
            ]
        return sorted(found, key=lambda entry: entry.reservation.reserved_at)

    def revoke(
        self, issuer_key_id: bytes, serial: int, reason: RevocationReason, at: datetime
    ) -> None:
        def change(entry: LedgerEntry) -> LedgerEntry:
            old = entry.revocation
            hold = RevocationReason.CERTIFICATE_HOLD
            if old is not None and (old.reason is not hold or reason is hold):
                return entry
            return replace(entry, revocation=Revocation(reason, at))

        self._change(issuer_key_id, serial, change)

    def release_hold(self, issuer_key_id: bytes, serial: int, at: datetime) -> None:
        def change(entry: LedgerEntry) -> LedgerEntry:
            old = entry.revocation
            held = old is not None and old.reason is RevocationReason.CERTIFICATE_HOLD
            return replace(entry, revocation=None) if held else entry

        self._change(issuer_key_id, serial, change)

    def revoked(self, issuer_key_id: bytes, unexpired_at: datetime) -> Sequence[RevokedSerial]:
        with self._lock:
            return sorted(
                (
                    RevokedSerial(entry.reservation.serial, entry.revocation)
                    for entry in self._entries.values()
                    if entry.revocation is not None
                    and entry.reservation.issuer_key_id == issuer_key_id
                    and entry.reservation.not_after >= unexpired_at
                ),
                key=lambda listed: listed.serial,
            )

    def crl_changes(self, issuer_key_id: bytes) -> int:
        with self._lock:
            return self._changes[issuer_key_id]

    def next_crl_number(self, issuer_key_id: bytes) -> int:
        with self._lock:
            self._crl_numbers[issuer_key_id] += 1
            return self._crl_numbers[issuer_key_id]

    def _change(
        self, issuer_key_id: bytes, serial: int, change: Callable[[LedgerEntry], LedgerEntry]
    ) -> None:
        with self._lock:
            entry = self._entries.get((issuer_key_id, serial))
            if entry is None:
                raise VaultError(ReasonCode.SERIAL_UNKNOWN, "never reserved")
            changed = change(entry)
            self._changes[issuer_key_id] += changed != entry
            self._put(changed)

    def _put(self, entry: LedgerEntry) -> None:
        self._entries[entry.reservation.issuer_key_id, entry.reservation.serial] = entry
