"""What the service publishes about its certificates: CRLs, CA certificates, OCSP, keys."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cardsvc.clock import require_utc
from keys.authority import Authority
from keys.crl import CRL_LIFETIME, ROOT_CRL_LIFETIME, listed_serials, sign_crl
from keys.ocsp_responder import OcspResponder
from keys.ports import CertificateLedger, RevokedSerial
from keys.signers import jwks

CRL_REFRESH = timedelta(hours=1)
"""A list that has not changed is signed anew after this."""


@dataclass(frozen=True, slots=True)
class PublishedAuthority:
    """A CA as the world sees it.

    Args:
        certificate: its own.
        authority: signs its CRLs; None while its key is locked away.
        crl_lifetime: of each list.
        crl_der: the list it left behind when its key was locked away, if it left one.
    """

    certificate: x509.Certificate
    authority: Authority | None = None
    crl_lifetime: timedelta = CRL_LIFETIME
    crl_der: bytes | None = None


@dataclass(frozen=True, slots=True)
class _MadeCrl:
    listed: tuple[RevokedSerial, ...]
    at: datetime
    der: bytes


class StatusDocuments:
    """Serves status documents by an authority's short name.

    A CRL is signed again when what it lists has changed or it is an hour old, not for each who
    asks.

    Args:
        authorities: by short name: ``root`` and the card types' values.
        responder: answers OCSP.
        ledger: knows every certificate.
        receipt_profile: the profile whose keys are published as JWK set.
    """

    def __init__(
        self,
        authorities: Mapping[str, PublishedAuthority],
        responder: OcspResponder,
        ledger: CertificateLedger,
        receipt_profile: str = "receipt_signer",
    ) -> None:
        self._authorities = dict(authorities)
        self._responder = responder
        self._ledger = ledger
        self._receipt_profile = receipt_profile
        self._made: dict[str, _MadeCrl] = {}
        self._lock = threading.Lock()

    def crl(self, ca_name: str, at: datetime) -> bytes | None:
        """Return the CA's CRL in DER, None where there is no such CA or it left no list."""
        published = self._authorities.get(ca_name)
        if published is None:
            return None
        if published.authority is None:
            return published.crl_der
        return self._fresh_crl(ca_name, published.authority, published.crl_lifetime, at)

    def ca_certificate(self, ca_name: str) -> bytes | None:
        """Return the CA's certificate in DER, None where there is no such CA."""
        published = self._authorities.get(ca_name)
        if published is None:
            return None
        return published.certificate.public_bytes(serialization.Encoding.DER)

    def ocsp(self, request_der: bytes, at: datetime) -> bytes:
        """Return an OCSP response in DER, malformedRequest for what is no request."""
        return self._responder.answer(request_der, at)

    def jwks(self) -> dict[str, Any]:
        """Return the receipt signers' public keys, newest first; old receipts stay verifiable."""
        keys: list[ec.EllipticCurvePublicKey] = []
        for entry in reversed(self._ledger.list_by_profile(self._receipt_profile)):
            if entry.certificate_der is None or entry.revocation is not None:
                continue
            key = x509.load_der_x509_certificate(entry.certificate_der).public_key()
            if isinstance(key, ec.EllipticCurvePublicKey):
                keys.append(key)
        return jwks(keys)

    def _fresh_crl(
        self, ca_name: str, authority: Authority, lifetime: timedelta, at: datetime
    ) -> bytes:
        at = require_utc(at)
        with self._lock:
            listed: Sequence[RevokedSerial] = listed_serials(authority, self._ledger, at, lifetime)
            made = self._made.get(ca_name)
            if (
                made is not None
                and made.listed == tuple(listed)
                and timedelta(0) <= at - made.at < CRL_REFRESH
            ):
                return made.der
            number = self._ledger.next_crl_number(authority.issuer.key_id)
            der = sign_crl(authority, listed, number, at, lifetime)
            self._made[ca_name] = _MadeCrl(tuple(listed), at, der)
            return der


def root_published(
    certificate: x509.Certificate, authority: Authority | None, crl_der: bytes | None
) -> PublishedAuthority:
    """Return the root as published; its lists last long, since its key is seldom at hand."""
    return PublishedAuthority(certificate, authority, ROOT_CRL_LIFETIME, crl_der)
