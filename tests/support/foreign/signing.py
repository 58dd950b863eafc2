"""CMS SignedData as content signers of the field write it, octet by octet."""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from dataclasses import dataclass, replace

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.foreign import encoding as e
from tests.support.foreign.keys import PrivateKey
from tests.support.foreign.pki import AT

CHUID_TYPE = "2.16.840.1.101.3.6.1"
BIOMETRIC_TYPE = "2.16.840.1.101.3.6.2"
LDS_TYPE = "1.3.27.1.1.1"
ICAO_TYPE = "2.23.136.1.1.1"
_DIGEST_OIDS = {
    "sha1": "1.3.14.3.2.26",
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
_RSA_WITH = {
    "sha256": "1.2.840.113549.1.1.11",
    "sha384": "1.2.840.113549.1.1.12",
    "sha512": "1.2.840.113549.1.1.13",
}
_ECDSA_WITH = {
    "sha256": "1.2.840.10045.4.3.2",
    "sha384": "1.2.840.10045.4.3.3",
    "sha512": "1.2.840.10045.4.3.4",
}
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


@dataclass(frozen=True)
class Signer:
    """A content signer and its habits.

    Args:
        by_key_identifier: names itself by subjectKeyIdentifier.
        names_digest: writes sha256WithRSAEncryption instead of rsaEncryption.
        pss: RSASSA-PSS.
        dn: writes pivSigner-DN.
        time: writes signingTime.
        extra: further certificates beside its own.
    """

    certificate: x509.Certificate
    private_key: PrivateKey
    digest: str = "sha256"
    by_key_identifier: bool = False
    names_digest: bool = True
    pss: bool = False
    dn: bool = True
    time: bool = True
    extra: tuple[x509.Certificate, ...] = ()

    def but(self, **changes: object) -> Signer:
        return replace(self, **changes)  # type: ignore[arg-type] # tests name real fields

    def _algorithm(self) -> bytes:
        digest = e.sequence(e.oid(_DIGEST_OIDS[self.digest]), e.NULL)
        if isinstance(self.private_key, ec.EllipticCurvePrivateKey):
            return e.sequence(e.oid(_ECDSA_WITH[self.digest]))
        if self.pss:
            size = _HASHES[self.digest].digest_size
            mask = e.sequence(e.oid("1.2.840.113549.1.1.8"), digest)
            parts = e.tlv(0xA0, digest), e.tlv(0xA1, mask), e.tlv(0xA2, e.integer(size))
            return e.sequence(e.oid("1.2.840.113549.1.1.10"), e.sequence(*parts))
        if self.names_digest:
            return e.sequence(e.oid(_RSA_WITH[self.digest]), e.NULL)
        return e.sequence(e.oid("1.2.840.113549.1.1.1"), e.NULL)

    def sign(self, octets: bytes) -> bytes:
        digest = _HASHES[self.digest]
        if isinstance(self.private_key, ec.EllipticCurvePrivateKey):
            return self.private_key.sign(octets, ec.ECDSA(digest))
        assert isinstance(self.private_key, rsa.RSAPrivateKey)
        if self.pss:
            how = padding.PSS(padding.MGF1(digest), digest.digest_size)
            return self.private_key.sign(octets, how, digest)
        return self.private_key.sign(octets, padding.PKCS1v15(), digest)

    def signed_data(
        self,
        content_type: str,
        content: bytes,
        *,
        detached: bool = True,
        embed: bool = True,
        fascn: bytes | None = None,
        card: uuid.UUID | None = None,
        at: dt.datetime = AT,
        claimed: bytes | None = None,
    ) -> bytes:
        """Return ContentInfo; ``claimed`` is digested in place of the content (an attack)."""
        covered = content if claimed is None else claimed
        digest = hashlib.new(self.digest, covered, usedforsecurity=False).digest()
        attributes = [
            _attribute("1.2.840.113549.1.9.3", e.oid(content_type)),
            _attribute("1.2.840.113549.1.9.4", e.octets(digest)),
        ]
        if self.time:
            moment = at.strftime("%y%m%d%H%M%SZ").encode()
            attributes.append(_attribute("1.2.840.113549.1.9.5", e.tlv(0x17, moment)))
        if self.dn:
            subject = self.certificate.subject.public_bytes()
            attributes.append(_attribute("2.16.840.1.101.3.6.5", subject))
        if fascn is not None:
            attributes.append(_attribute("2.16.840.1.101.3.6.6", e.octets(fascn)))
        if card is not None:
            attributes.append(_attribute("1.3.6.1.1.16.4", e.octets(card.bytes)))
        signature = self.sign(e.set_of(*attributes))
        info = e.sequence(
            e.integer(3 if self.by_key_identifier else 1),
            self._identifier(),
            e.sequence(e.oid(_DIGEST_OIDS[self.digest]), e.NULL),
            e.tlv(0xA0, e.set_of(*attributes)[1 + len(e.length(len(b"".join(attributes)))) :]),
            self._algorithm(),
            e.octets(signature),
        )
        inside = b"" if detached else e.tlv(0xA0, e.octets(content))
        held = (self.certificate, *self.extra) if embed else ()
        certificates = b"".join(one.public_bytes(Encoding.DER) for one in held)
        data = e.sequence(
            e.integer(3),
            e.set_of(e.sequence(e.oid(_DIGEST_OIDS[self.digest]), e.NULL)),
            e.sequence(e.oid(content_type), inside),
            e.tlv(0xA0, certificates) if held else b"",
            e.set_of(info),
        )
        return e.sequence(e.oid("1.2.840.113549.1.7.2"), e.tlv(0xA0, data))

    def _identifier(self) -> bytes:
        if self.by_key_identifier:
            found = self.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
            return e.tlv(0x80, found.value.digest)
        issuer = self.certificate.issuer.public_bytes()
        return e.sequence(issuer, e.integer(self.certificate.serial_number))


def _attribute(kind: str, value: bytes) -> bytes:
    return e.sequence(e.oid(kind), e.set_of(value))
