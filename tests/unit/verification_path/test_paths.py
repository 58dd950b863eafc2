"""Paths that hold: variety of the field, cross certificates, caches, forms of input."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from cardsvc.errors import Malformed, ReasonCode, VerificationError
from tests.support.path_pki import AT, DAY, Ca, key, leaf_extensions, name, rsa_key, usage
from tests.support.policy_extensions import mappings, policies
from verification.path.facts import read_facts
from verification.path.issuers import IssuerCache
from verification.path.names import parse_name, prepare_text
from verification.path.policies import PolicyInputs
from verification.path.purpose import Purpose
from verification.path.trust import TrustMaterial, parse_certificates, sort_certificates
from verification.path.validate import validate_leaf

CARD = Purpose.CARD_AUTHENTICATION


@pytest.mark.parametrize(
    ("private_key", "algorithm", "pad"),
    [
        (rsa_key(2048), hashes.SHA256(), None),
        (rsa_key(2048), hashes.SHA512(), None),
        (rsa_key(2048), hashes.SHA256(), padding.PSS(padding.MGF1(hashes.SHA256()), 32)),
        (rsa_key(2048), hashes.SHA384(), padding.PSS(padding.MGF1(hashes.SHA384()), 48)),
        (rsa_key(3072), hashes.SHA256(), None),
        (ec.generate_private_key(ec.SECP256R1()), hashes.SHA256(), None),
        (ec.generate_private_key(ec.SECP384R1()), hashes.SHA384(), None),
        (ec.generate_private_key(ec.SECP384R1()), hashes.SHA256(), None),
        (ec.generate_private_key(ec.SECP521R1()), hashes.SHA512(), None),
    ],
)
def test_algorithms_of_the_field(private_key, algorithm, pad) -> None:
    root = Ca.anchor(private_key=private_key, algorithm=algorithm, padding=pad)
    leaf = root.leaf(algorithm=algorithm, padding=pad)
    trust = sort_certificates([root.certificate])
    assert validate_leaf(leaf, trust, AT, CARD).certificates == (leaf, root.certificate)


def test_ed25519() -> None:
    private_key = ed25519.Ed25519PrivateKey.generate()
    certificate = certify_eddsa(name("Root"), private_key, name("Root"), private_key, ca=True)
    leaf = certify_eddsa(name("Leaf"), key(1), name("Root"), private_key)
    assert validate_leaf(leaf, sort_certificates([certificate]), AT, CARD)


def certify_eddsa(subject, subject_key, issuer, signer, *, ca: bool = False) -> x509.Certificate:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer)
    builder = builder.public_key(subject_key.public_key()).serial_number(5)
    builder = builder.not_valid_before(AT - DAY).not_valid_after(AT + DAY)
    extensions = leaf_extensions()
    if ca:
        extensions = [
            (x509.BasicConstraints(ca=True, path_length=None), True),
            (usage("key_cert_sign"), True),
        ]
    for value, critical in extensions:
        builder = builder.add_extension(value, critical=critical)
    return builder.sign(signer, None)


def test_two_cas_of_one_name_with_and_without_key_identifiers() -> None:
    for key_ids in (True, False):
        root = Ca.anchor()
        twins = [root.subordinate("CA", number, key_ids=key_ids) for number in (1, 2, 3)]
        trust = sort_certificates([root.certificate, *(twin.certificate for twin in twins)])
        for twin in twins:
            leaf = twin.leaf(key_ids=key_ids)
            assert validate_leaf(leaf, trust, AT, CARD).certificates[1] == twin.certificate


def test_a_cross_certificate_where_the_direct_way_has_expired() -> None:
    old, new = Ca.anchor("Old root", 1), Ca.anchor("New root", 2)
    ca = old.subordinate("CA", 3, not_after=AT - DAY)
    cross = new.certify(name("CA"), key(3).public_key(), ca=True)
    loop = old.certify(name("New root"), key(2).public_key(), ca=True)
    trust = sort_certificates([old.certificate, new.certificate, ca.certificate, cross, loop])
    assert len(trust.anchors) == 2
    path = validate_leaf(ca.leaf(), trust, AT, CARD)
    assert path.certificates[1:] == (cross, new.certificate)


def test_the_reason_is_that_of_the_path_that_got_furthest() -> None:
    old, new = Ca.anchor("Old root", 1), Ca.anchor("New root", 2)
    ca = old.subordinate("CA", 3, not_after=AT - DAY)
    cross = new.certify(name("CA"), key(3).public_key(), ca=True)
    trust = sort_certificates([old.certificate, new.certificate, ca.certificate, cross])
    with pytest.raises(VerificationError) as caught:
        validate_leaf(ca.leaf(extensions=[(usage("digital_signature"), True)]), trust, AT, CARD)
    assert caught.value.reason is ReasonCode.EXTENDED_KEY_USAGE_FORBIDS


def test_a_path_across_a_bridge_with_mapped_policies() -> None:
    ours, bridge_policy, theirs = "1.2.704.1.1", "1.2.840.9.1", "2.16.840.1.101.3.2.1.3.13"
    root = Ca.anchor("Ours")
    bridge = root.subordinate(
        "Bridge",
        1,
        extensions=[(policies(ours), False), mappings((ours, bridge_policy))],
    )
    partner = bridge.subordinate(
        "Partner",
        2,
        extensions=[(policies(bridge_policy), False), mappings((bridge_policy, theirs))],
    )
    leaf = partner.leaf(extensions=[*leaf_extensions(), (policies(theirs), True)])
    trust = sort_certificates([root.certificate, bridge.certificate, partner.certificate])
    inputs = PolicyInputs(frozenset({ours}), require_explicit_policy=True)
    path = validate_leaf(leaf, trust, AT, CARD, policy_inputs=inputs)
    assert path.policies == {ours}
    refused = PolicyInputs(frozenset({theirs}), require_explicit_policy=True)
    with pytest.raises(VerificationError):
        validate_leaf(leaf, trust, AT, CARD, policy_inputs=refused)


def test_the_validity_includes_both_ends() -> None:
    root = Ca.anchor()
    leaf = root.leaf(not_before=AT, not_after=AT)
    trust = sort_certificates([root.certificate])
    assert validate_leaf(leaf, trust, AT, CARD)


def test_an_instant_without_a_zone_is_a_mistake() -> None:
    root = Ca.anchor()
    with pytest.raises(ValueError, match="time zone"):
        validate_leaf(root.leaf(), TrustMaterial(), AT.replace(tzinfo=None), CARD)


def test_names_are_compared_as_people_read_them() -> None:
    assert prepare_text("  Bộ  NỘI\tVụ ") == prepare_text("bộ nội vụ")
    assert prepare_text("Bô\u0323\u00ad") == prepare_text("bộ")
    one, two = (
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)]) for text in ("A  b", "a B")
    )
    assert parse_name(one.public_bytes()) == parse_name(two.public_bytes())


def test_certificates_in_every_wrapping() -> None:
    root = Ca.anchor()
    both = [root.certificate, root.leaf()]
    pem = b"".join(certificate.public_bytes(Encoding.PEM) for certificate in both)
    assert parse_certificates(b"# comment\r\n" + pem.replace(b"\n", b"\r\n")) == tuple(both)
    assert parse_certificates(both[0].public_bytes(Encoding.DER)) == (both[0],)
    for encoding in (Encoding.PEM, Encoding.DER):
        assert set(parse_certificates(pkcs7.serialize_certificates(both, encoding))) == set(both)
    assert sort_certificates(both) == TrustMaterial((both[0],), (both[1],))


@pytest.mark.reason(ReasonCode.MALFORMED_CERTIFICATE)
@pytest.mark.parametrize("octets", [b"", b"junk", b"-----BEGIN CERTIFICATE-----\n-----END"])
def test_no_certificate(octets: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        parse_certificates(octets)
    assert caught.value.reason is ReasonCode.MALFORMED_CERTIFICATE


class TestIssuerCache:
    def test_verdicts_are_those_of_the_long_way(self) -> None:
        root = Ca.anchor()
        ca, old = root.subordinate("CA", 1), root.subordinate("Old", 2, not_after=AT - DAY)
        trust = sort_certificates([root.certificate, ca.certificate, old.certificate])
        cache = IssuerCache(trust)
        leaves = [
            ca.leaf(),
            ca.leaf(not_after=AT - DAY),
            ca.leaf(extensions=leaf_extensions("1.3.6.1.5.5.7.3.2")),
            old.leaf(),
            Ca(name("CA"), key(9), ca.certificate).leaf(),
            Ca.anchor("Foreign", 8).leaf(),
        ]
        for leaf in leaves * 2:
            assert outcome(lambda leaf=leaf: cache.validate_leaf(leaf, AT, CARD)) == outcome(
                lambda leaf=leaf: validate_leaf(leaf, trust, AT, CARD)
            )

    def test_a_warm_cache_notices_time(self) -> None:
        root = Ca.anchor()
        ca = root.subordinate("CA", 1, not_after=AT + DAY)
        cache = IssuerCache(sort_certificates([root.certificate, ca.certificate]))
        leaf = ca.leaf()
        assert cache.validate_leaf(leaf, AT, CARD).certificates[1] == ca.certificate
        with pytest.raises(VerificationError) as caught:
            cache.validate_leaf(leaf, AT + 2 * DAY, CARD)
        assert caught.value.reason is ReasonCode.CERTIFICATE_EXPIRED
        assert cache.validate_leaf(leaf, AT, CARD)

    def test_a_warm_leaf_costs_one_verification(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from verification.path import signature  # noqa: PLC0415

        root = Ca.anchor()
        ca = root.subordinate("CA", 1)
        cache = IssuerCache(sort_certificates([root.certificate, ca.certificate]))
        cache.validate_leaf(ca.leaf(), AT, CARD)
        calls = []
        verify = signature.verify
        monkeypatch.setattr(
            signature, "verify", lambda *given: calls.append(given) or verify(*given)
        )
        cache.validate_leaf(ca.leaf("Another", 51), AT, CARD)
        assert len(calls) == 1

    def test_a_remembered_leaf_is_dated_used_and_verified_anew(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from verification.path import signature  # noqa: PLC0415

        root = Ca.anchor()
        ca = root.subordinate("CA", 1)
        cache = IssuerCache(sort_certificates([root.certificate, ca.certificate]))
        leaf = read_facts(ca.leaf(not_before=AT - DAY, not_after=AT + DAY))
        assert cache.validate_facts(leaf, AT, CARD).at == AT
        for at, purpose, reason in (
            (AT + 2 * DAY, CARD, ReasonCode.CERTIFICATE_EXPIRED),
            (AT - 2 * DAY, CARD, ReasonCode.CERTIFICATE_NOT_YET_VALID),
            (AT, Purpose.CONTENT_SIGNING, ReasonCode.EXTENDED_KEY_USAGE_FORBIDS),
        ):
            with pytest.raises(VerificationError) as caught:
                cache.validate_facts(leaf, at, purpose)
            assert caught.value.reason is reason
            assert cache.validate_facts(leaf, AT, CARD).at == AT
        monkeypatch.setattr(signature, "verify", lambda *_: False)
        with pytest.raises(VerificationError) as caught:
            cache.validate_facts(leaf, AT, CARD)
        assert caught.value.reason is ReasonCode.CERTIFICATE_BAD_SIGNATURE


def outcome(call) -> object:
    try:
        return call().certificates
    except VerificationError as error:
        return error.reason
