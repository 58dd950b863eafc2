"""What the last certificate of a path may be used for: key usage and extended key usage.

Spec: RFC 5280 sections 4.2.1.3 and 4.2.1.12; FIPS 201-3 section 4.2.2 and the Federal PKI
Common Policy certificate profiles (PIV and PIV-I); RFC 6960 section 4.2.2.2.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, unique

from cardsvc.errors import ReasonCode, VerificationError
from verification.path.facts import CertificateFacts

EKU_ANY = "2.5.29.37.0"
"""anyExtendedKeyUsage (RFC 5280 section 4.2.1.12)."""
EKU_CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
"""id-kp-clientAuth (RFC 5280 section 4.2.1.12)."""
EKU_OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
"""id-kp-OCSPSigning (RFC 6960 section 4.2.2.2)."""
EKU_SMARTCARD_LOGON = "1.3.6.1.4.1.311.20.2.2"
"""Microsoft smart card log-on (Common Policy profile, PIV authentication certificate)."""
EKU_PKINIT_CLIENT = "1.3.6.1.5.2.3.4"
"""id-pkinit-KPClientAuth (RFC 4556 section 3.2.2)."""
EKU_PIV_CARD_AUTH = "2.16.840.1.101.3.6.8"
"""id-PIV-cardAuth (FIPS 201-3 appendix B)."""
EKU_PIV_CONTENT_SIGNING = "2.16.840.1.101.3.6.7"
"""id-PIV-content-signing (FIPS 201-3 appendix B)."""
EKU_PIVI_CONTENT_SIGNING = "2.16.840.1.101.3.8.7"
"""id-fpki-pivi-content-signing (PIV-I certificate profile, FBCA)."""

_RESERVED = frozenset(
    {
        EKU_PIV_CARD_AUTH,
        EKU_PIV_CONTENT_SIGNING,
        EKU_PIVI_CONTENT_SIGNING,
        EKU_OCSP_SIGNING,
        "1.3.6.1.5.5.7.3.1",  # id-kp-serverAuth
        "1.3.6.1.5.5.7.3.3",  # id-kp-codeSigning
        "1.3.6.1.5.5.7.3.8",  # id-kp-timeStamping
    }
)
"""Key purposes of machines and services; a holder's key with nothing else is misused."""


@unique
class Purpose(StrEnum):
    """What a certificate is asked to be good for."""

    CARD_AUTHENTICATION = "card_authentication"
    AUTHENTICATION = "authentication"
    SIGNATURE = "signature"
    KEY_MANAGEMENT = "key_management"
    CONTENT_SIGNING = "content_signing"
    OCSP_SIGNING = "ocsp_signing"
    CRL_SIGNING = "crl_signing"
    ANY = "any"


@dataclass(frozen=True, slots=True)
class _Rule:
    """Requirements of one purpose.

    Attributes:
        key_usages: names of ``x509.KeyUsage``; one of them must be asserted.
        needs_key_usage: the extension must be there; else its absence allows everything.
        extended: one of these must stand in an extended key usage extension that must exist.
        suitable: where the extension exists, one of these (or anyExtendedKeyUsage).
        not_only: where the extension exists, something outside these.
        by_ca: whether a CA certificate may serve.
    """

    key_usages: tuple[str, ...]
    needs_key_usage: bool = True
    extended: frozenset[str] = frozenset()
    suitable: frozenset[str] = frozenset()
    not_only: frozenset[str] = frozenset()
    by_ca: bool = False


_RULES: dict[Purpose, _Rule] = {
    Purpose.CARD_AUTHENTICATION: _Rule(
        ("digital_signature",), extended=frozenset({EKU_PIV_CARD_AUTH})
    ),
    Purpose.AUTHENTICATION: _Rule(
        ("digital_signature",),
        suitable=frozenset({EKU_CLIENT_AUTH, EKU_SMARTCARD_LOGON, EKU_PKINIT_CLIENT}),
    ),
    Purpose.SIGNATURE: _Rule(("digital_signature", "content_commitment"), not_only=_RESERVED),
    Purpose.KEY_MANAGEMENT: _Rule(("key_encipherment", "key_agreement"), not_only=_RESERVED),
    Purpose.CONTENT_SIGNING: _Rule(
        ("digital_signature",),
        extended=frozenset({EKU_PIV_CONTENT_SIGNING, EKU_PIVI_CONTENT_SIGNING}),
    ),
    Purpose.OCSP_SIGNING: _Rule(
        ("digital_signature", "content_commitment"),
        needs_key_usage=False,
        extended=frozenset({EKU_OCSP_SIGNING}),
        by_ca=True,
    ),
    Purpose.CRL_SIGNING: _Rule(("crl_sign",), needs_key_usage=False, by_ca=True),
}


def check_purpose(
    facts: CertificateFacts, purpose: Purpose, between: Iterable[CertificateFacts] = ()
) -> None:
    """Check that a path's last certificate is made for ``purpose``.

    Args:
        facts: the last certificate.
        purpose: what it is asked to be good for.
        between: the CAs between it and the anchor. RFC 5280 gives an extended key usage in
            a CA's certificate no meaning; the field takes it as a bound on what lies below
            (CA/Browser Forum Baseline Requirements section 7.1.2.2 g), and so do we.

    Raises:
        VerificationError: KEY_USAGE_FORBIDS or EXTENDED_KEY_USAGE_FORBIDS.
    """
    rule = _RULES.get(purpose)
    if rule is None:
        return
    if facts.is_ca and not rule.by_ca:
        raise VerificationError(ReasonCode.KEY_USAGE_FORBIDS, "a CA's certificate, no holder's")
    _check_key_usage(facts, rule, purpose)
    _check_extended_key_usage(facts.extensions.extended_key_usage, rule, purpose)
    for issuer in between:
        bound = issuer.extensions.extended_key_usage
        if bound is not None and EKU_ANY not in bound and not rule.by_ca:
            _check_extended_key_usage(bound, rule, purpose)


def _check_key_usage(facts: CertificateFacts, rule: _Rule, purpose: Purpose) -> None:
    usage = facts.extensions.key_usage
    if usage is None:
        if rule.needs_key_usage:
            raise VerificationError(
                ReasonCode.KEY_USAGE_FORBIDS, f"no key usage is stated for {purpose}"
            )
    elif not any(getattr(usage, name) for name in rule.key_usages):
        raise VerificationError(ReasonCode.KEY_USAGE_FORBIDS, f"the key is not for {purpose}")


def _check_extended_key_usage(usages: frozenset[str] | None, rule: _Rule, purpose: Purpose) -> None:
    if rule.extended:
        suits = usages is not None and bool(usages & rule.extended)
    elif usages is None or EKU_ANY in usages:
        suits = True
    elif rule.suitable:
        suits = bool(usages & rule.suitable)
    else:
        suits = not usages <= rule.not_only if rule.not_only else True
    if not suits:
        raise VerificationError(
            ReasonCode.EXTENDED_KEY_USAGE_FORBIDS, f"the extended key usage is not for {purpose}"
        )
