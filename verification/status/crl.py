"""Certificate revocation lists: parsed once, serials indexed once, nothing trusted yet.

Spec: RFC 5280 section 5. Whether a list speaks of a certificate is ``crl_scope``'s question,
who signed it ``crl_signer``'s.
"""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from cardsvc.card.certificates import UNREADABLE, read_odd
from cardsvc.errors import Malformed, ReasonCode
from verification.path import der, signature
from verification.path.names import NameKey, parse_name

_PEM_BLOCK = re.compile(rb"-----BEGIN (X509 CRL|CRL)-----([A-Za-z0-9+/=\s]*)-----END \1-----")

_KNOWN_EXTENSIONS = (
    x509.AuthorityKeyIdentifier,
    x509.CRLNumber,
    x509.DeltaCRLIndicator,
    x509.IssuingDistributionPoint,
    x509.IssuerAlternativeName,
    x509.FreshestCRL,
    x509.AuthorityInformationAccess,
)
"""CRL extensions of RFC 5280 section 5.2 that are processed, or say nothing about status."""


@dataclass(frozen=True, slots=True)
class RevokedEntry:
    """One entry of a list.

    Attributes:
        revoked_at: the earlier of revocation date and invalidity date, UTC
            (RFC 5280 sections 5.1.2.6 and 5.3.2).
        reason: None where the list states none.
    """

    revoked_at: datetime
    reason: x509.ReasonFlags | None


@dataclass(frozen=True, eq=False)
class Crl:
    """A certificate revocation list as it was received.

    Attributes:
        number: the CRL number, if any.
        base_number: the BaseCRLNumber of a delta CRL; None for a complete list.
        unusable: why the list may not be used to determine status; None if it may.
        entries: revoked serials by the issuer of their certificates (indirect CRLs).
    """

    document: x509.CertificateRevocationList = field(repr=False)
    issuer: NameKey
    this_update: datetime
    next_update: datetime | None
    number: int | None
    base_number: int | None
    scope: x509.IssuingDistributionPoint | None
    authority_key_id: bytes | None
    unusable: str | None
    entries: Mapping[NameKey, Mapping[int, RevokedEntry]] = field(repr=False)

    @property
    def is_delta(self) -> bool:
        """True for a delta CRL (RFC 5280 section 5.2.4)."""
        return self.base_number is not None

    def find(self, issuer: NameKey, serial_number: int) -> RevokedEntry | None:
        """Return the entry of a certificate, or None."""
        return self.entries.get(issuer, {}).get(serial_number)

    def is_fresh(self, at: datetime) -> bool:
        """Tell whether ``at`` lies between thisUpdate and nextUpdate, which must be there."""
        return self.next_update is not None and self.this_update <= at <= self.next_update

    def is_signed_by(self, key: object) -> bool:
        """Tell whether ``key`` signed the list; names and key usage are not looked at."""
        try:
            return self.document.is_signature_valid(key)  # type: ignore[arg-type]  # TypeError says no
        except (TypeError, ValueError, InvalidSignature, UnsupportedAlgorithm):
            return False

    def has_weak_signature(self) -> bool:
        """Tell whether the signature's algorithm is too weak or unknown."""
        try:
            return signature.is_weak_hash(
                self.document.signature_hash_algorithm,
                self.document.signature_algorithm_parameters,
            )
        except (UnsupportedAlgorithm, ValueError):
            return True


def parse_crls(octets: bytes) -> tuple[Crl, ...]:
    """Parse a CRL in DER, or a PEM file of one or several, and index their serials.

    Spec: RFC 5280 section 5.1; RFC 7468 section 6.

    Returns:
        At least one list, in the order of the file.

    Raises:
        Malformed: not a CRL (MALFORMED_CRL).
    """
    try:
        if b"-----BEGIN " in octets:
            blocks = [b64decode(block[2]) for block in _PEM_BLOCK.finditer(octets)]
        else:
            blocks = [octets]
        # Serials that are not positive are odd, but they are listed to be found.
        found = read_odd(lambda: tuple(_read(x509.load_der_x509_crl(block)) for block in blocks))
    except Malformed as error:
        raise Malformed(ReasonCode.MALFORMED_CRL, str(error)) from error
    except UNREADABLE as error:
        raise Malformed(ReasonCode.MALFORMED_CRL, "not a certificate revocation list") from error
    if not found:
        raise Malformed(ReasonCode.MALFORMED_CRL, "no certificate revocation list is in there")
    return found


def parse_crl(octets: bytes) -> Crl:
    """Parse exactly one CRL in DER or PEM.

    Raises:
        Malformed: not a CRL, or several (MALFORMED_CRL).
    """
    found = parse_crls(octets)
    if len(found) != 1:
        raise Malformed(ReasonCode.MALFORMED_CRL, "several lists where one is due")
    return found[0]


def _read(document: x509.CertificateRevocationList) -> Crl:
    issuer = _issuer(document.tbs_certlist_bytes)
    found: dict[type, object] = {}
    unusable: str | None = None
    for extension in document.extensions:
        if isinstance(extension.value, _KNOWN_EXTENSIONS):
            found[type(extension.value)] = extension.value
        elif extension.critical:
            unusable = f"critical extension {extension.oid.dotted_string}"
    entries, unusable_entry = _index(document, issuer)
    number = found.get(x509.CRLNumber)
    delta = found.get(x509.DeltaCRLIndicator)
    scope = found.get(x509.IssuingDistributionPoint)
    key_id = found.get(x509.AuthorityKeyIdentifier)
    return Crl(
        document=document,
        issuer=issuer,
        this_update=document.last_update_utc,
        next_update=document.next_update_utc,
        number=number.crl_number if isinstance(number, x509.CRLNumber) else None,
        base_number=delta.crl_number if isinstance(delta, x509.DeltaCRLIndicator) else None,
        scope=scope if isinstance(scope, x509.IssuingDistributionPoint) else None,
        authority_key_id=(
            key_id.key_identifier if isinstance(key_id, x509.AuthorityKeyIdentifier) else None
        ),
        unusable=unusable or unusable_entry,
        entries=entries,
    )


def _issuer(tbs: bytes) -> NameKey:
    parts = der.sequence(tbs)
    if parts and parts[0][0] == der.INTEGER:
        parts = parts[1:]
    if len(parts) < 2:
        raise Malformed(ReasonCode.MALFORMED_CRL, "the issuer is missing")
    return parse_name(tbs[parts[1][1] : parts[1][3]])


def _index(
    document: x509.CertificateRevocationList, crl_issuer: NameKey
) -> tuple[dict[NameKey, dict[int, RevokedEntry]], str | None]:
    entries: dict[NameKey, dict[int, RevokedEntry]] = {}
    issuer = crl_issuer
    unusable: str | None = None
    for revoked in document:
        reason: x509.ReasonFlags | None = None
        revoked_at = revoked.revocation_date_utc
        for extension in revoked.extensions:
            value = extension.value
            if isinstance(value, x509.CRLReason):
                reason = value.reason
            elif isinstance(value, x509.InvalidityDate):
                revoked_at = min(revoked_at, value.invalidity_date_utc)
            elif isinstance(value, x509.CertificateIssuer):
                # RFC 5280 section 5.3.3: holds for the entries that follow as well.
                issuer = _certificate_issuer(value)
            elif extension.critical:
                unusable = f"critical entry extension {extension.oid.dotted_string}"
        _keep(entries.setdefault(issuer, {}), revoked.serial_number, revoked_at, reason)
    return entries, unusable


def _keep(
    serials: dict[int, RevokedEntry],
    serial_number: int,
    revoked_at: datetime,
    reason: x509.ReasonFlags | None,
) -> None:
    """Keep the more severe, then the earlier, of two entries: their order hides nothing."""
    entry = RevokedEntry(revoked_at, reason)
    old = serials.get(serial_number)
    if old is None or (_severity(entry), old.revoked_at) > (_severity(old), revoked_at):
        serials[serial_number] = entry


def _severity(entry: RevokedEntry) -> int:
    if entry.reason is x509.ReasonFlags.remove_from_crl:
        return 0
    return 1 if entry.reason is x509.ReasonFlags.certificate_hold else 2


def _certificate_issuer(value: x509.CertificateIssuer) -> NameKey:
    names = value.get_values_for_type(x509.DirectoryName)
    if not names:
        raise Malformed(ReasonCode.MALFORMED_CRL, "a certificate issuer without a name")
    return parse_name(names[0].public_bytes())
