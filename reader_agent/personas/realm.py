"""The realm: who signs what, and what is published of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.x509 import ocsp

from cardsvc.clock import require_utc
from reader_agent.personas import pki
from reader_agent.personas.pki import Authority, Validity
from verification.path.trust import TrustMaterial

PAST = timedelta(days=400)
FUTURE = timedelta(days=3650)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Realm:
    """The testers' authorities.

    Args:
        founded: the instant around which every date of the realm is laid.
        authorities: by name; those in ``UNPUBLISHED`` are not part of the trust material.
    """

    founded: datetime
    authorities: dict[str, Authority] = field(repr=False)

    def __getitem__(self, name: str) -> Authority:
        return self.authorities[name]

    @property
    def always(self) -> Validity:
        """From long before the founding to long after it."""
        return Validity(self.founded - PAST, self.founded + FUTURE)

    def around(self, first_day: int, last_day: int) -> Validity:
        """Return a validity in days from the founding."""
        return Validity(self.founded + first_day * _DAY, self.founded + last_day * _DAY)

    def trust(self) -> TrustMaterial:
        """Return the realm's anchor and intermediates."""
        published = [
            authority.certificate
            for name, authority in self.authorities.items()
            if name not in UNPUBLISHED
        ]
        return TrustMaterial(tuple(published[:1]), tuple(published[1:]))


ROOT = "root"
ISSUING = "issuing"
CONTENT_SIGNER = "content_signer"
PIV_I_SIGNER = "piv_i_signer"
EXPIRED_ISSUING = "expired_issuing"
EXPIRED_SIGNER = "expired_signer"
REVOKED_SIGNER = "revoked_signer"
WRONG_SIGNER = "wrong_signer"
OCSP_ISSUING = "ocsp_issuing"
RESPONDER = "responder"
EXPIRED_RESPONDER = "expired_responder"
REVOKED_RESPONDER_NO_CHECK = "revoked_responder_no_check"
REVOKED_RESPONDER = "revoked_responder"
FOREIGN_ROOT = "foreign_root"
FOREIGN_ISSUING = "foreign_issuing"
FOREIGN_SIGNER = "foreign_signer"

UNPUBLISHED = frozenset({FOREIGN_ROOT, FOREIGN_ISSUING, FOREIGN_SIGNER})


def found_realm(at: datetime) -> Realm:
    """Make a realm with fresh keys.

    Args:
        at: the founding; personas are good now and for some years.
    """
    founded = require_utc(at).replace(microsecond=0)
    always = Validity(founded - PAST, founded + FUTURE)
    past = Validity(founded - PAST, founded - 10 * _DAY)
    root = pki.root("Gốc thử nghiệm", always)
    made = {ROOT: root}

    def add(
        name: str,
        issuer: str,
        common_name: str,
        extensions: Iterable[tuple[x509.ExtensionType, bool]],
        validity: Validity = always,
    ) -> None:
        made[name] = pki.under(made[issuer], common_name, validity, tuple(extensions))

    ca, signer, responder = (
        pki.CA_EXTENSIONS,
        pki.CONTENT_SIGNER_EXTENSIONS,
        pki.RESPONDER_EXTENSIONS,
    )
    add(ISSUING, ROOT, "Cấp thẻ thử nghiệm", ca)
    add(CONTENT_SIGNER, ISSUING, "Ký nội dung thẻ thử nghiệm", signer)
    add(PIV_I_SIGNER, ISSUING, "Ký nội dung thẻ PIV-I", pki.PIV_I_SIGNER_EXTENSIONS)
    add(EXPIRED_ISSUING, ROOT, "Cấp thẻ thử nghiệm đã hết hạn", ca, past)
    add(EXPIRED_SIGNER, ISSUING, "Ký nội dung đã hết hạn", signer, past)
    add(REVOKED_SIGNER, ISSUING, "Ký nội dung đã thu hồi", signer)
    add(WRONG_SIGNER, ISSUING, "Không được ký nội dung", signer[:1])
    add(OCSP_ISSUING, ROOT, "Cấp thẻ thử nghiệm OCSP", ca)
    add(RESPONDER, OCSP_ISSUING, "OCSP thử nghiệm", (*responder, pki.NO_CHECK))
    expired = (*responder, pki.NO_CHECK)
    add(EXPIRED_RESPONDER, OCSP_ISSUING, "OCSP đã hết hạn", expired, past)
    no_check = (*responder, pki.NO_CHECK)
    add(REVOKED_RESPONDER_NO_CHECK, OCSP_ISSUING, "OCSP đã thu hồi, nocheck", no_check)
    add(REVOKED_RESPONDER, OCSP_ISSUING, "OCSP đã thu hồi", responder)
    made[FOREIGN_ROOT] = pki.root("Gốc xa lạ", always)
    add(FOREIGN_ISSUING, FOREIGN_ROOT, "Cấp thẻ xa lạ", ca)
    add(FOREIGN_SIGNER, FOREIGN_ISSUING, "Ký nội dung xa lạ", signer)
    return Realm(founded, made)


def certificates_in_order(realm: Realm) -> list[tuple[str, x509.Certificate]]:
    """Return what is published, the anchor first."""
    return [
        (name, authority.certificate)
        for name, authority in realm.authorities.items()
        if name not in UNPUBLISHED
    ]


def authority_lists(
    realm: Realm, revoked: Iterable[tuple[int, datetime, x509.ReasonFlags]]
) -> dict[str, x509.CertificateRevocationList]:
    """Return the CRLs by CA; the CA that answers by OCSP alone publishes none.

    Args:
        realm: the authorities.
        revoked: what the issuing CA has revoked.
    """
    long_ago = realm.founded - 30 * _DAY
    return {
        ROOT: realm[ROOT].revocation_list([], realm.always),
        ISSUING: realm[ISSUING].revocation_list(
            [
                *revoked,
                (
                    realm[REVOKED_SIGNER].certificate.serial_number,
                    long_ago,
                    x509.ReasonFlags.key_compromise,
                ),
            ],
            realm.always,
        ),
        EXPIRED_ISSUING: realm[EXPIRED_ISSUING].revocation_list([], realm.always),
    }


def responder_statuses(realm: Realm) -> dict[str, ocsp.OCSPResponse]:
    """Return what the OCSP-only CA itself says of its responders."""
    issuer = realm[OCSP_ISSUING]
    long_ago = realm.founded - 30 * _DAY
    return {
        name: issuer.status_response(
            realm[name].certificate.serial_number, issuer.certificate, realm.always, long_ago
        )
        for name in (REVOKED_RESPONDER, REVOKED_RESPONDER_NO_CHECK)
    }
