"""Virtual cards with self-signed certificates, as any PIV middleware wants to see them."""

from __future__ import annotations

import datetime as dt

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from cardsvc.card import tlv
from cardsvc.card.piv import CERTIFICATE_OBJECT, KeySlot
from reader_agent.virtual.state import CardState

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
_FROM = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)


def self_signed(key: PrivateKey, name: str) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=isinstance(key, rsa.RSAPrivateKey),
        data_encipherment=False,
        key_agreement=isinstance(key, ec.EllipticCurvePrivateKey),
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = x509.CertificateBuilder(
        subject,
        subject,
        key.public_key(),
        x509.random_serial_number(),
        _FROM,
        _FROM + dt.timedelta(days=3650),
    )
    return builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())


def certificate_object(certificate: x509.Certificate) -> bytes:
    """Content of a certificate object: plain, no error-detection code (Part 1 appendix A)."""
    der = certificate.public_bytes(serialization.Encoding.DER)
    return tlv.encode_all([(0x70, der), (0x71, b"\x00"), (0xFE, b"")])


def put_key_and_certificate(state: CardState, slot: KeySlot, key: PrivateKey) -> None:
    state.put_key(slot, key)
    state.put_object(
        CERTIFICATE_OBJECT[slot], certificate_object(self_signed(key, f"slot {slot:02X}"))
    )
