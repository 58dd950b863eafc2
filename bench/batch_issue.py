"""Issuing many cards whose public keys are given, beside ``cryptography`` alone.

Bare: the same certificates, with extensions that are made already, built and signed one after
another in one thread; nothing checked, nothing recorded.
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from bench.measure import Measurement
from bench.stage import Stage
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.lifecycle import ApplicationState
from cardsvc.records import Application
from cardsvc.terms import CardType
from issuance.bulk import CardToMake
from issuance.ports import SLOT_PROFILE
from issuance.stock.card_blanks import StockRule
from web.bulk_issue import BulkProcesses

_AT_ONCE = 500
_PROCESSES = 2
_BARE_ROUNDS = 5
_FIRST = 20_000
"""Numbers of made-up holders, apart from those of other measurements."""


def measure_batch_issue(stage: Stage, *, cards: int = 1000) -> list[Measurement]:
    """Measure certificates a second, committed with their cards, status and audit.

    From the list to the last report; the processes stand ready before, as in a service.
    """
    found = []
    settings = replace(stage.installation.settings, stock=StockRule.OFF.value)
    for count in (1, _PROCESSES):
        first = _FIRST * count
        with BulkProcesses(settings, count) as processes:
            processes.wait_until_ready()
            asked = _asked(stage, range(first, first + cards))
            start = time.perf_counter()
            reports = list(processes.issue(asked, operator="mai"))
            taken = time.perf_counter() - start
        made = [guid for report in reports for guid in report.made]
        assert len(made) == cards, [report.refused for report in reports]
        sample = _certificates(stage, made[:_AT_ONCE])
        bare = min(_bare_seconds(sample) for _ in range(_BARE_ROUNDS))
        certificates = cards * len(SLOT_PROFILE)
        detail = f"{cards:,} cards of {len(SLOT_PROFILE)} keys in {taken:.1f} s; SQLite"
        name = f"batch issue, certificates, {count} process{'es' * (count > 1)}"
        found.append(Measurement(name, certificates / taken, "1/s", 1 / bare, detail))
    return found


def _asked(stage: Stage, numbers: range) -> list[CardToMake]:
    """Return cards to be made, for approved applications of as many holders."""
    store, at = stage.installation.store, stage.installation.clock.now()
    found = []
    for start in range(numbers.start, numbers.stop, _AT_ONCE):
        with store.transaction() as unit:
            for number in range(start, min(start + _AT_ONCE, numbers.stop)):
                application = Application(
                    str(uuid.uuid4()), CardType.INDIVIDUAL, stage.holder(number), "lan", at,
                    ApplicationState.APPROVED, "hung", at,
                )  # fmt: skip
                unit.add_application(application)
                guid = CardGuid.from_uuid(uuid.UUID(bytes=os.urandom(16), version=4))
                keys = {slot: _public_key() for slot in (KeySlot(one) for one in SLOT_PROFILE)}
                found.append(CardToMake(application.id, guid, keys))
    return found


def _public_key() -> ec.EllipticCurvePublicKey:
    return ec.generate_private_key(ec.SECP256R1()).public_key()


def _certificates(stage: Stage, guids: Sequence[CardGuid]) -> list[x509.Certificate]:
    with stage.installation.store.transaction() as unit:
        return [
            x509.load_der_x509_certificate(key.certificate_der)
            for guid in guids
            for key in unit.card(guid).keys
        ]


def _bare_seconds(certificates: Sequence[x509.Certificate]) -> float:
    """Return the seconds that one certificate takes."""
    key, digest = ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()
    builders = [(one, one.public_key(), list(one.extensions)) for one in certificates]
    start = time.perf_counter()
    for one, public_key, extensions in builders:
        builder = (
            x509.CertificateBuilder()
            .issuer_name(one.issuer)
            .subject_name(one.subject)
            .public_key(public_key)
            .serial_number(one.serial_number)
            .not_valid_before(one.not_valid_before_utc)
            .not_valid_after(one.not_valid_after_utc)
        )
        for extension in extensions:
            builder = builder.add_extension(extension.value, critical=extension.critical)
        builder.sign(key, digest)
    return (time.perf_counter() - start) / len(builders)
