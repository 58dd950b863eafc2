from __future__ import annotations

import uuid
from collections.abc import Sequence

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes

from cardsvc.card.fascn import NON_FEDERAL_FASCN
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv_identifiers import (
    CONTENT_SIGNING_USAGES,
    OID_CARD_AUTHENTICATION,
    OID_FASCN,
    OID_NACI,
    OID_PIV_I_CONTENT_SIGNING,
    background_investigation_pending,
    card_fascn,
    card_guid,
    card_guids,
    has_extended_key_usage,
)
from cardsvc.errors import Malformed, ReasonCode
from tests.support.content_signers import NOT_AFTER, NOT_BEFORE, content_signer

ONE = uuid.UUID("3f2504e0-4f89-41d3-9a0c-0305e82c3301")
OTHER = uuid.UUID("6ba7b810-9dad-41d1-80b4-00c04fd430c8")
FASCN_NAME = x509.OtherName(OID_FASCN, b"\x04\x19" + NON_FEDERAL_FASCN.octets)


def certificate(
    names: Sequence[x509.GeneralName] = (), *extensions: x509.ExtensionType
) -> x509.Certificate:
    key = content_signer().key
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(content_signer().certificate.subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOT_BEFORE)
        .not_valid_after(NOT_AFTER)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
    return builder.sign(key, hashes.SHA256())


def uri(text: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(text)


def test_guid_and_fascn_side_by_side() -> None:
    names = [uri("https://example.vn/"), FASCN_NAME, uri(ONE.urn), uri(ONE.urn.upper())]
    made = certificate(names)
    assert card_guid(made) == CardGuid(ONE.bytes)
    assert card_fascn(made) == NON_FEDERAL_FASCN


def test_none_where_there_is_none() -> None:
    for made in (certificate(), certificate([uri("https://example.vn/")])):
        assert card_guid(made) is None
        assert card_fascn(made) is None
        assert background_investigation_pending(made) is None
        assert not has_extended_key_usage(made, CONTENT_SIGNING_USAGES)


def test_two_cards_in_one_certificate_are_refused() -> None:
    made = certificate([uri(ONE.urn), uri(OTHER.urn)])
    assert card_guids(made) == (CardGuid(ONE.bytes), CardGuid(OTHER.bytes))
    with pytest.raises(Malformed) as caught:
        card_guid(made)
    assert caught.value.reason is ReasonCode.MALFORMED_CERTIFICATE


@pytest.mark.reason(ReasonCode.MALFORMED_GUID)
def test_an_ill_formed_uuid_is_refused() -> None:
    with pytest.raises(Malformed) as caught:
        card_guid(certificate([uri("urn:uuid:3f2504e0")]))
    assert caught.value.reason is ReasonCode.MALFORMED_GUID


@pytest.mark.parametrize("value", [b"\x04\x18" + bytes(24), b"\x16\x00"])
def test_an_ill_formed_fascn_is_refused(value: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        card_fascn(certificate([x509.OtherName(OID_FASCN, value)]))
    assert caught.value.reason is ReasonCode.MALFORMED_FASCN


@pytest.mark.parametrize(("value", "pending"), [(b"\x01\x01\xff", True), (b"\x01\x01\x00", False)])
def test_naci_indicator(value: bytes, pending: bool) -> None:
    made = certificate([], x509.UnrecognizedExtension(OID_NACI, value))
    assert background_investigation_pending(made) is pending


def test_naci_indicator_of_another_kind() -> None:
    with pytest.raises(Malformed):
        background_investigation_pending(
            certificate([], x509.UnrecognizedExtension(OID_NACI, b"\x01\x02\xff\xff"))
        )


def test_extended_key_usage() -> None:
    made = certificate([], x509.ExtendedKeyUsage([OID_PIV_I_CONTENT_SIGNING]))
    assert has_extended_key_usage(made, CONTENT_SIGNING_USAGES)
    assert not has_extended_key_usage(made, frozenset({OID_CARD_AUTHENTICATION}))
