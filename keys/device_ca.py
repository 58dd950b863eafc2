"""The device CA: certifies the keys of reader agents, apart from all that certifies cards.

It signs itself: nobody but this service, and a reverse proxy of the province, relies on it. What
a certificate may do is decided by the record of it: one that is not recorded opens nothing.
Spec: RFC 5280; extended key usage clientAuth (section 4.2.1.12).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from cardsvc.agent_records import DEVICE_CERTIFICATE_LIFE, agent_urn
from cardsvc.clock import require_utc
from cardsvc.errors import ReasonCode, VaultError
from keys.authority import BACKDATED, SERIAL_OCTETS
from keys.profiles import KEY_USAGES
from keys.vault import KeyVault, VaultAlgorithm, own_key
from keys.vault_key import VaultEllipticCurveKey

DEVICE_CA_KEY_LABEL = "device-ca-1"
_LIFE = timedelta(days=3653)
_NAME = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
        x509.NameAttribute(NameOID.COMMON_NAME, "CA thiết bị đọc thẻ"),
    ]
)


class DeviceAuthority:
    """Certifies devices' keys.

    Args:
        key: the CA's, in the vault.
        certificate: the CA's own.
        randomness: gives serial numbers.

    Raises:
        VaultError: CERTIFICATE_MISMATCH where the certificate is of another key.
    """

    def __init__(
        self,
        key: VaultEllipticCurveKey,
        certificate: x509.Certificate,
        randomness: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        if certificate.public_key() != key.public_key():
            raise VaultError(ReasonCode.CERTIFICATE_MISMATCH, "the device CA has another key")
        self._key = key
        self.certificate = certificate
        self._randomness = randomness

    @property
    def certificate_der(self) -> bytes:
        """The CA's own certificate in DER."""
        return self.certificate.public_bytes(Encoding.DER)

    def issue(
        self, agent: str, public_key: ec.EllipticCurvePublicKey, at: datetime
    ) -> x509.Certificate:
        """Return a certificate by which a device is an agent.

        Raises:
            VaultError: WEAK_KEY for a key that is not on P-256; PROFILE_VIOLATED after the
                CA's own end.
        """
        if not isinstance(public_key.curve, ec.SECP256R1):
            raise VaultError(ReasonCode.WEAK_KEY, "devices have keys on P-256")
        at = require_utc(at).replace(microsecond=0)
        not_after = min(at + DEVICE_CERTIFICATE_LIFE, self.certificate.not_valid_after_utc)
        if not_after <= at:
            raise VaultError(ReasonCode.PROFILE_VIOLATED, "the device CA has ended")
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, agent)])
        serial = _serial(self._randomness)
        builder = _builder(name, public_key, serial, at - BACKDATED, not_after)
        urn = x509.UniformResourceIdentifier(agent_urn(agent))
        for extension, critical in (
            (x509.BasicConstraints(ca=False, path_length=None), True),
            (_usage("digital_signature"), True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
            (x509.SubjectAlternativeName([urn]), False),
            (x509.SubjectKeyIdentifier.from_public_key(public_key), False),
            (x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), False),
        ):
            builder = builder.add_extension(extension, critical=critical)
        certificate = builder.sign(self._key, hashes.SHA256())
        certificate.verify_directly_issued_by(self.certificate)
        return certificate


def open_device_authority(
    vault: KeyVault,
    kept: Callable[[Callable[[], bytes]], bytes],
    at: datetime,
    *,
    randomness: Callable[[int], bytes] = secrets.token_bytes,
) -> DeviceAuthority:
    """Open the device CA; its key and certificate are made where there are none.

    Args:
        vault: keeps the key.
        kept: returns the CA's certificate in DER; given what makes one.
        at: from when a certificate that is made now is valid.
        randomness: gives serial numbers.

    Raises:
        VaultError: CERTIFICATE_MISMATCH where the certificate kept is of another key.
    """
    handle = own_key(vault, DEVICE_CA_KEY_LABEL, VaultAlgorithm.ECDSA_P256)
    key = VaultEllipticCurveKey(vault, handle)
    der = kept(lambda: _own_certificate(key, at, randomness).public_bytes(Encoding.DER))
    return DeviceAuthority(key, x509.load_der_x509_certificate(der), randomness)


def _own_certificate(
    key: VaultEllipticCurveKey, at: datetime, randomness: Callable[[int], bytes]
) -> x509.Certificate:
    at = require_utc(at).replace(microsecond=0)
    builder = _builder(_NAME, key.public_key(), _serial(randomness), at - BACKDATED, at + _LIFE)
    for extension, critical in (
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (_usage("key_cert_sign", "crl_sign"), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
    ):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(key, hashes.SHA256())


def _builder(
    name: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    serial: int,
    not_before: datetime,
    not_after: datetime,
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(_NAME, name, public_key, serial, not_before, not_after)


def _usage(*bits: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{bit: bit in bits for bit in KEY_USAGES})


def _serial(randomness: Callable[[int], bytes]) -> int:
    top = 1 << (SERIAL_OCTETS * 8 - 2)
    return int.from_bytes(randomness(SERIAL_OCTETS), "big") % top | top
