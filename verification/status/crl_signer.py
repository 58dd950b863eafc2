"""Whose signature makes a CRL count (RFC 5280 section 6.3.3 f).

RFC 5280 takes names for unique. Where two CAs share one name, the key tells them apart, so a
list counts if it is signed by the key that signed the certificate, or by one that the same CA
evidently holds as well: certified by the same issuer for CRLs alone, or tied to the CA's key
by a self-issued link certificate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from cardsvc.errors import ReasonCode, VerificationError
from verification.path.builder import BuildLimits
from verification.path.facts import CertificateFacts
from verification.path.purpose import Purpose, check_purpose
from verification.path.trust import TrustMaterial
from verification.path.validate import validate_facts
from verification.status.crl import Crl
from verification.status.crl_scope import named_crl_issuers

SignerStatus = Callable[[tuple[CertificateFacts, ...]], bool]
"""Tells whether a signer's certificates, all but the anchor, are known not to be revoked."""


class NotOurs(Exception):
    """The list is another CA's of the same name: no evidence, and no problem either."""


@dataclass
class CrlSignerCheck:
    """Finds the signer of lists for the certificates of one path.

    Attributes:
        trust: certificates to find separate signers among, and their paths.
        at: the instant.
        verified: results of signature checks, by list and key; shared between checks.
    """

    trust: TrustMaterial
    at: datetime
    verified: dict[tuple[int, bytes], bool] = field(default_factory=dict)

    def check(
        self,
        crl: Crl,
        path: tuple[CertificateFacts, ...],
        is_good: SignerStatus,
    ) -> None:
        """Check that ``crl`` is signed by one who may speak of ``path[0]``.

        Args:
            crl: a list whose scope covers the certificate.
            path: the certificate, its issuer, and so on to the anchor.
            is_good: the status of a separate signer's path.

        Raises:
            NotOurs: another CA of the same name signed it.
            VerificationError: CRL_BAD_SIGNATURE, also where the signer's own certificate
                does not hold or is not made for it; WEAK_ALGORITHM.
        """
        if crl.has_weak_signature():
            raise VerificationError(ReasonCode.WEAK_ALGORITHM, "a weakly signed CRL")
        issuer = path[1]
        if crl.issuer == issuer.subject and self._signed(crl, issuer):
            _check_may_sign(issuer)
            return
        refusal: VerificationError | None = None
        foreign = False
        for signer in self.trust.by_subject.get(crl.issuer, ()):
            if signer.key_bits == issuer.key_bits or not self._signed(crl, signer):
                continue
            if crl.issuer == issuer.subject and not self._is_same_ca(signer, path):
                foreign = True
                continue
            try:
                self._check_signer(signer, crl, path, is_good)
            except VerificationError as error:
                refusal = _unfit(error)
                continue
            return
        if refusal is not None:
            raise refusal
        if foreign or _names_another_key(crl, issuer):
            raise NotOurs
        raise VerificationError(ReasonCode.CRL_BAD_SIGNATURE, "no key of the issuer signed it")

    def _signed(self, crl: Crl, signer: CertificateFacts) -> bool:
        key = (id(crl), signer.key_bits)
        if key not in self.verified:
            self.verified[key] = crl.is_signed_by(signer.public_key)
        return self.verified[key]

    def _is_same_ca(self, signer: CertificateFacts, path: tuple[CertificateFacts, ...]) -> bool:
        """Tell whether a certificate of the issuer's name is the issuer's own."""
        issuer = path[1]
        if signer.is_self_issued and signer.is_signed_by(issuer.public_key):
            return True
        for link in self.trust.by_subject.get(issuer.subject, ()):
            if link.is_self_issued and (
                (link.key_bits == issuer.key_bits and link.is_signed_by(signer.public_key))
                or (link.key_bits == signer.key_bits and link.is_signed_by(issuer.public_key))
            ):
                return True
        usage = signer.extensions.key_usage
        for_crls_alone = usage is not None and usage.crl_sign and not usage.key_cert_sign
        above = path[2] if len(path) > 2 else issuer
        return (
            for_crls_alone
            and signer.issuer == issuer.issuer
            and signer.is_signed_by(above.public_key)
        )

    def _check_signer(
        self,
        signer: CertificateFacts,
        crl: Crl,
        path: tuple[CertificateFacts, ...],
        is_good: SignerStatus,
    ) -> None:
        """Validate a separate signer up to the anchor of the certificate itself."""
        _check_may_sign(signer)
        anchor = path[-1]
        if self.trust.is_anchor(signer):
            if signer.der != anchor.der:
                raise VerificationError(ReasonCode.UNTRUSTED_ISSUER, "another anchor's CRL")
            return
        same_anchor = TrustMaterial((anchor.certificate,), self.trust.intermediates)
        found = validate_facts(
            signer,
            same_anchor,
            self.at,
            Purpose.CRL_SIGNING,
            limits=BuildLimits(max_signature_checks=50, max_candidates=20),
        )
        if signer.der == path[0].der and crl.issuer in named_crl_issuers(signer):
            # Its CA itself named the signer as the one who says whether it is revoked.
            return
        if not is_good(found.facts):
            raise VerificationError(ReasonCode.STATUS_UNKNOWN, "the CRL signer may be revoked")


def _names_another_key(crl: Crl, issuer: CertificateFacts) -> bool:
    offered = issuer.extensions.subject_key_id
    wanted = crl.authority_key_id
    return offered is not None and wanted is not None and offered != wanted


def _check_may_sign(signer: CertificateFacts) -> None:
    try:
        check_purpose(signer, Purpose.CRL_SIGNING)
    except VerificationError as error:
        raise _unfit(error) from error


def _unfit(error: VerificationError) -> VerificationError:
    return VerificationError(
        ReasonCode.CRL_BAD_SIGNATURE, f"the CRL's signer does not hold: {error.reason}"
    )
