"""Parts of the service one by one: personalisation, CHUID, CRL, policy and card look-up."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench.measure import Measurement, best_of, median
from bench.stage import RELYING_PARTY, SERVICE, IssuedCard, Stage, blank_card
from cardsvc.card.chuid import parse_chuid, verify_chuid
from cardsvc.card.connection import CardConnection
from cardsvc.card.piv import ObjectTag
from cardsvc.card.session import PivSession
from cardsvc.ledger_records import Revocation, RevokedSerial
from cardsvc.terms import CardType, RevocationReason
from keys.crl import sign_crl
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from verification.path.names import parse_name
from verification.status.crl import parse_crl

_ECDSA = ec.ECDSA(hashes.SHA256())
_BATCH = 200


@dataclass
class Stopwatch:
    """A connection that adds up how long the card itself took."""

    inner: CardConnection
    milliseconds: float = 0.0

    @property
    def atr(self) -> bytes:
        return self.inner.atr

    def transmit(self, command: bytes) -> bytes:
        start = time.perf_counter_ns()
        try:
            return self.inner.transmit(command)
        finally:
            self.milliseconds += (time.perf_counter_ns() - start) / 1e6

    def close(self) -> None:
        self.inner.close()


def issue_cards(stage: Stage, numbers: range) -> tuple[list[IssuedCard], Measurement]:
    """Issue cards, and measure what the personalisation of one takes without HTTP."""
    issued, times, in_card = [], [], []
    for number in numbers:
        card, job = blank_card(), stage.order(number)
        connection = Stopwatch(connect_in_process(card))
        start = time.perf_counter_ns()
        stage.personalise(job, connection)
        times.append((time.perf_counter_ns() - start) / 1e6)
        in_card.append(connection.milliseconds)
        connection.close()
        issued.append(stage.put_into_use(card))
    detail = "four keys, four certificates, SQLite; bare: the virtual card's part"
    row = Measurement(
        "personalisation in process, p50", median(times), "ms", median(in_card), detail
    )
    return issued, row


def repeated(call: Callable[[], object], count: int = _BATCH) -> Callable[[], int]:
    """Return a rival for ``best_of`` that calls ``count`` times."""

    def run() -> int:
        for _ in range(count):
            call()
        return count

    return run


def measure_chuid(card: VirtualCard, *, rounds: int = 20) -> Measurement:
    """Measure parsing and verifying a CHUID beside its one signature."""
    connection = connect_in_process(card)
    session = PivSession(connection)
    session.select()
    octets = session.read_object(ObjectTag.CHUID)
    connection.close()
    key = verify_chuid(parse_chuid(octets)).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    own = ec.generate_private_key(ec.SECP256R1())
    signature, public = own.sign(octets, _ECDSA), own.public_key()
    value, bare = best_of(
        rounds,
        repeated(lambda: verify_chuid(parse_chuid(octets)), 50),
        repeated(lambda: public.verify(signature, octets, _ECDSA), 50),
    )
    return Measurement("CHUID, parse and verify", value, "us", bare, "bare: 1 P-256 verification")


def measure_crl(stage: Stage, *, entries: int = 100_000) -> list[Measurement]:
    """Measure reading a CRL once, and looking a serial up in it."""
    authority = stage.installation.pki.authorities[CardType.INDIVIDUAL]
    at = stage.installation.clock.now()
    revocation = Revocation(RevocationReason.UNSPECIFIED, at)
    listed = [RevokedSerial((1 << 100) + 3 * number, revocation) for number in range(entries)]
    octets = sign_crl(authority, listed, 1, at, timedelta(days=1))
    crl = parse_crl(octets)
    issuer = parse_name(authority.issuer.name.public_bytes())
    wanted, absent = listed[-1].serial, listed[-1].serial + 1
    assert crl.find(issuer, wanted) is not None
    assert crl.find(issuer, absent) is None
    document = x509.load_der_x509_crl(octets)
    read, bare_read = best_of(2, repeated(lambda: parse_crl(octets), 1), lambda: _walk(octets))
    found, bare_found = best_of(
        5,
        repeated(lambda: crl.find(issuer, absent)),
        repeated(lambda: document.get_revoked_certificate_by_serial_number(absent), 3),
    )
    size = f"{entries:,} entries"
    return [
        Measurement(
            f"CRL of {size}, read once", read / 1e3, "ms", bare_read / 1e3,
            "bare: load it and step through its entries",
        ),
        Measurement(
            f"CRL of {size}, look-up", found, "us", bare_found,
            "beside the library's own look-up, which is linear",
        ),
    ]  # fmt: skip


def _walk(octets: bytes) -> int:
    for entry in x509.load_der_x509_crl(octets):
        _ = entry.serial_number
    return 1


def measure_look_ups(stage: Stage, issued: IssuedCard, *, rounds: int = 8) -> list[Measurement]:
    """Measure the policy's and the card's look-up beside the same rows by bare SQLite."""
    verifier = stage.installation.services.desk.verifier
    policies, at = stage.installation.services.desk.policies, stage.installation.clock.now()
    database = sqlite3.connect(stage.installation.settings.data_dir / "cardsvc.db")
    try:
        policy, bare_policy, card, bare_card = best_of(
            rounds,
            repeated(lambda: policies.find(RELYING_PARTY, SERVICE, at), 50),
            repeated(
                lambda: database.execute(
                    "SELECT * FROM policy_versions WHERE relying_party = ? AND service = ?",
                    (RELYING_PARTY, SERVICE),
                ).fetchall(),
                50,
            ),
            repeated(lambda: verifier.cards.find(issued.guid), 50),
            repeated(
                lambda: database.execute(
                    "SELECT * FROM cards JOIN card_keys USING (guid) WHERE guid = ?",
                    (str(issued.guid),),
                ).fetchall(),
                50,
            ),
        )
    finally:
        database.close()
    bare = "SQLite; bare: the same rows by sqlite3"
    return [
        Measurement("policy look-up", policy, "us", bare_policy, bare),
        Measurement("card and status look-up", card, "us", bare_card, bare),
    ]
