"""What the service publishes of status: CRLs, CA certificates, OCSP, status lists, keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cardsvc.clock import require_utc
from cardsvc.status_records import OcspAnswer, PublishedDocument
from cardsvc.terms import CardType, Realm
from keys.authority import Authority
from keys.ceremony_plan import ROOT, realm_name
from keys.crl import CRL_LIFETIME, ROOT_CRL_LIFETIME, listed_serials, sign_crl
from keys.ocsp_responder import OcspResponder
from keys.ports import CertificateLedger
from keys.published import Publisher
from keys.signers import jwks
from keys.status_list_token import StatusListPublisher

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


class StatusDocuments:
    """Serves status documents by an authority's short name.

    A CRL is signed again when what it lists has changed or it is an hour old, not for each who
    asks.

    Args:
        authorities: by short name: ``root`` and the card types' values, the sandbox's with its
            realm before them.
        responder: answers OCSP.
        ledger: knows every certificate.
        publisher: keeps the signed documents.
        lists: the cards' status lists, None where none are published.
        token_profiles: the profiles whose keys are published as JWK set.
    """

    def __init__(
        self,
        authorities: Mapping[str, PublishedAuthority],
        responder: OcspResponder,
        ledger: CertificateLedger,
        publisher: Publisher,
        *,
        lists: StatusListPublisher | None = None,
        token_profiles: Sequence[str] = ("receipt_signer", "status_list_signer"),
    ) -> None:
        self._authorities = dict(authorities)
        self._responder = responder
        self._ledger = ledger
        self._publisher = publisher
        self._lists = lists
        self._token_profiles = token_profiles

    def names(self) -> Sequence[str]:
        """Return the short names of all authorities."""
        return tuple(self._authorities)

    def crl_document(self, ca_name: str, at: datetime) -> PublishedDocument | None:
        """Return the CA's CRL in DER, None where there is no such CA or it left no list."""
        published = self._authorities.get(ca_name)
        if published is None:
            return None
        if published.authority is not None:
            return self._fresh_crl(ca_name, published.authority, published.crl_lifetime, at)
        if published.crl_der is None:
            return None
        made_at = x509.load_der_x509_crl(published.crl_der).last_update_utc
        return PublishedDocument(published.crl_der, made_at)

    def crl(self, ca_name: str, at: datetime) -> bytes | None:
        """Return the octets of the CA's CRL."""
        document = self.crl_document(ca_name, at)
        return None if document is None else document.octets

    def certificate_document(self, ca_name: str) -> PublishedDocument | None:
        """Return the CA's certificate in DER, None where there is no such CA."""
        published = self._authorities.get(ca_name)
        if published is None:
            return None
        octets = published.certificate.public_bytes(serialization.Encoding.DER)
        return PublishedDocument(octets, published.certificate.not_valid_before_utc)

    def anchors(self, realm: Realm) -> bytes:
        """Return a realm's CA certificates in PEM (RFC 7468): its root, then its issuing CAs."""
        names = [realm_name(realm, one) for one in (ROOT, *CardType)]
        certificates = [
            found.certificate for one in names if (found := self._authorities.get(one)) is not None
        ]
        return b"".join(one.public_bytes(serialization.Encoding.PEM) for one in certificates)

    def ca_certificate(self, ca_name: str) -> bytes | None:
        """Return the octets of the CA's certificate."""
        document = self.certificate_document(ca_name)
        return None if document is None else document.octets

    def ocsp(self, request_der: bytes, at: datetime) -> bytes:
        """Return an OCSP response in DER, malformedRequest for what is no request."""
        return self._responder.answer(request_der, at)

    def ocsp_for_caches(self, request_der: bytes, at: datetime) -> OcspAnswer:
        """Return the answer to a request that came by GET (RFC 5019 section 6)."""
        return self._responder.answer_for_caches(request_der, at)

    def list_token(self, list_number: int, at: datetime) -> PublishedDocument | None:
        """Return a status list's token, None where there is no such list."""
        return None if self._lists is None else self._lists.token(list_number, at)

    def list_numbers(self) -> Sequence[int]:
        """Return the numbers of all status lists."""
        return () if self._lists is None else self._lists.numbers()

    def list_uri(self, list_number: int) -> str | None:
        """Return where a status list is published, None where none are."""
        return None if self._lists is None else self._lists.uri(list_number)

    def jwks(self, realm: Realm = Realm.PRODUCTION) -> dict[str, Any]:
        """Return the public keys of a realm's tokens, newest first; old receipts still verify."""
        keys: list[ec.EllipticCurvePublicKey] = []
        for profile in self._token_profiles:
            for entry in reversed(self._ledger.list_by_profile(realm_name(realm, profile))):
                if entry.certificate_der is None or entry.revocation is not None:
                    continue
                key = x509.load_der_x509_certificate(entry.certificate_der).public_key()
                if isinstance(key, ec.EllipticCurvePublicKey):
                    keys.append(key)
        return jwks(keys)

    def _fresh_crl(
        self, ca_name: str, authority: Authority, lifetime: timedelta, at: datetime
    ) -> PublishedDocument | None:
        issuer = authority.issuer.key_id
        changes = self._ledger.crl_changes(issuer)

        def sign(last: int) -> PublishedDocument:
            listed = listed_serials(authority, self._ledger, at, lifetime)
            number = self._ledger.next_crl_number(issuer)
            while number <= last:  # a store that was set back must not repeat a number
                number = self._ledger.next_crl_number(issuer)
            der = sign_crl(authority, listed, number, at, lifetime)
            return PublishedDocument(der, require_utc(at), number, changes)

        # by its key: an authority that was replaced starts anew
        name = f"crl/{ca_name}/{issuer.hex()}"
        return self._publisher.current(name, changes, at, CRL_REFRESH, sign)


def root_published(
    certificate: x509.Certificate, authority: Authority | None, crl_der: bytes | None
) -> PublishedAuthority:
    """Return the root as published; its lists last long, since its key is seldom at hand."""
    return PublishedAuthority(certificate, authority, ROOT_CRL_LIFETIME, crl_der)
