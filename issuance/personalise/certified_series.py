"""The RA re-checks many certificates of one issuing CA: each is checked, each thing once.

Extensions are read by ``cryptography`` for the first of each shape. Where another certificate has
the same octets around its own card's name, and that name has the same length as every card's, it
says of its card what the first said of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import HashAlgorithm

from cardsvc.card.certificate_parts import parse_certificate_parts
from cardsvc.card.piv import KeySlot
from cardsvc.card.public_key import CardPublicKey, algorithm_of, spki_der
from cardsvc.errors import Malformed
from cardsvc.records import KeyRecord
from issuance.personalise.certify import (
    ExpectedIssuer,
    check_certificate,
    check_validity,
    mismatch,
)
from issuance.personalise.plan import PersonalisationPlan


class CertifiedSeries:
    """Checks what one issuing CA gave back for a list of keys.

    Args:
        issuer: the CA.
    """

    def __init__(self, issuer: ExpectedIssuer) -> None:
        self._issuer = issuer
        self._digests: dict[Hashable, HashAlgorithm] = {}

    def accept(
        self,
        certificate_der: bytes,
        plan: PersonalisationPlan,
        slot: KeySlot,
        key: CardPublicKey,
        at: datetime,
    ) -> KeyRecord:
        """Check a certificate as ``check_certificate`` does; return the key for the record.

        Raises:
            IssuanceError: CERTIFICATE_MISMATCH.
        """
        try:
            parts = parse_certificate_parts(certificate_der)
            certificate = x509.load_der_x509_certificate(certificate_der)
        except (Malformed, ValueError) as error:
            raise mismatch("it can't be read") from error
        spki = spki_der(key)
        if parts.public_key != spki:
            raise mismatch("another key")
        around_name = tuple(parts.extensions.split(plan.guid.urn.encode("ascii")))
        shape = (parts.version, parts.algorithm, parts.outer_algorithm, parts.issuer, around_name)
        digest = self._digests.get(shape)
        if digest is None:
            check_certificate(certificate, self._issuer, plan, key, at)
            digest = certificate.signature_hash_algorithm
            if digest is not None and len(around_name) > 1:
                self._digests[shape] = digest
        else:
            self._issuer.check_octets(parts.signature, parts.signed, digest)
            check_validity(certificate, plan, at)
        return KeyRecord(
            slot=slot,
            algorithm=algorithm_of(key),
            spki_sha256=hashlib.sha256(spki).digest(),
            issuer_key_id=self._issuer.key_id,
            serial=certificate.serial_number,
            certificate_der=certificate_der,
            not_after=certificate.not_valid_after_utc,
        )
