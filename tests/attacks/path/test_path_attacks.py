"""Certificates that must not be believed: forged, misused, out of bounds, too weak."""

from __future__ import annotations

import hashlib
from datetime import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from cardsvc.card import tlv
from cardsvc.errors import ReasonCode, VerificationError
from tests.support.path_pki import (
    AT,
    DAY,
    Ca,
    certify,
    eku,
    key,
    leaf_extensions,
    name,
    rsa_key,
    usage,
)
from tests.support.policy_extensions import mappings, policies
from verification.path.builder import BuildLimits
from verification.path.policies import PolicyInputs
from verification.path.purpose import EKU_PIV_CONTENT_SIGNING, Purpose
from verification.path.trust import TrustMaterial, sort_certificates
from verification.path.validate import validate_leaf


def refused(
    leaf: x509.Certificate,
    trust: TrustMaterial,
    at: datetime = AT,
    purpose: Purpose = Purpose.CARD_AUTHENTICATION,
    **options: object,
) -> ReasonCode:
    with pytest.raises(VerificationError) as caught:
        validate_leaf(leaf, trust, at, purpose, **options)  # type: ignore[arg-type]
    return caught.value.reason


def trust_of(root: Ca, *between: Ca) -> TrustMaterial:
    return TrustMaterial((root.certificate,), tuple(ca.certificate for ca in between))


@pytest.mark.reason(ReasonCode.UNTRUSTED_ISSUER)
def test_a_foreign_issuer() -> None:
    foreign = Ca.anchor("Foreign", 9)
    assert refused(foreign.leaf(), trust_of(Ca.anchor())) is ReasonCode.UNTRUSTED_ISSUER


@pytest.mark.reason(ReasonCode.UNTRUSTED_ISSUER)
def test_a_foreign_ca_that_took_the_name_of_ours() -> None:
    impostor = Ca.anchor("Root", 9)
    assert refused(impostor.leaf(), trust_of(Ca.anchor())) is ReasonCode.UNTRUSTED_ISSUER


@pytest.mark.reason(ReasonCode.UNTRUSTED_ISSUER)
def test_a_leaf_that_signed_itself_is_no_anchor_of_its_own() -> None:
    own = certify(name("Me"), key(5).public_key(), name("Me"), key(5), extensions=leaf_extensions())
    assert refused(own, trust_of(Ca.anchor())) is ReasonCode.UNTRUSTED_ISSUER
    assert refused(own, sort_certificates([own])) is ReasonCode.UNTRUSTED_ISSUER


@pytest.mark.reason(ReasonCode.CERTIFICATE_BAD_SIGNATURE)
def test_an_impostor_who_copies_the_key_identifier_too() -> None:
    root = Ca.anchor()
    skid = x509.SubjectKeyIdentifier.from_public_key(root.private_key.public_key())
    forged = certify(
        name("Leaf"),
        key(50).public_key(),
        root.subject,
        key(9),
        key_ids=False,
        extensions=[
            *leaf_extensions(),
            (x509.AuthorityKeyIdentifier(skid.digest, None, None), False),
        ],
    )
    assert refused(forged, trust_of(root)) is ReasonCode.CERTIFICATE_BAD_SIGNATURE


@pytest.mark.reason(ReasonCode.CERTIFICATE_BAD_SIGNATURE)
def test_a_changed_certificate() -> None:
    root = Ca.anchor()
    octets = bytearray(root.leaf("Honest").public_bytes(Encoding.DER))
    at = octets.index(b"Honest")
    octets[at : at + 6] = b"Robber"
    forged = x509.load_der_x509_certificate(bytes(octets))
    assert refused(forged, trust_of(root)) is ReasonCode.CERTIFICATE_BAD_SIGNATURE


@pytest.mark.reason(ReasonCode.CERTIFICATE_EXPIRED)
def test_expired_leaf_ca_and_anchor() -> None:
    root = Ca.anchor()
    old = root.subordinate("Old CA", 1, not_after=AT - DAY)
    assert refused(root.leaf(not_after=AT - DAY), trust_of(root)) is ReasonCode.CERTIFICATE_EXPIRED
    assert refused(old.leaf(), trust_of(root, old)) is ReasonCode.CERTIFICATE_EXPIRED
    past = Ca.anchor(not_after=AT - DAY)
    assert refused(past.leaf(), trust_of(past)) is ReasonCode.CERTIFICATE_EXPIRED


@pytest.mark.reason(ReasonCode.CERTIFICATE_NOT_YET_VALID)
def test_not_yet_valid() -> None:
    root = Ca.anchor()
    leaf = root.leaf(not_before=AT + DAY)
    assert refused(leaf, trust_of(root)) is ReasonCode.CERTIFICATE_NOT_YET_VALID


@pytest.mark.reason(ReasonCode.ISSUER_NOT_A_CA)
def test_a_holder_who_plays_ca() -> None:
    root = Ca.anchor()
    holder = Ca(name("Leaf"), key(50), root.leaf())
    assert refused(holder.leaf("Victim", 51), trust_of(root, holder)) is ReasonCode.ISSUER_NOT_A_CA


@pytest.mark.reason(ReasonCode.KEY_USAGE_FORBIDS)
def test_a_ca_whose_key_may_not_sign_certificates() -> None:
    root = Ca.anchor()
    between = root.subordinate("CRLs only", 1, ca_usage=("crl_sign",))
    assert refused(between.leaf(), trust_of(root, between)) is ReasonCode.KEY_USAGE_FORBIDS


@pytest.mark.reason(ReasonCode.PATH_TOO_LONG)
def test_a_ca_below_a_path_length_of_zero() -> None:
    root = Ca.anchor()
    first = root.subordinate("First", 1, path_length=0)
    second = first.subordinate("Second", 2)
    assert refused(second.leaf(), trust_of(root, first, second)) is ReasonCode.PATH_TOO_LONG


@pytest.mark.reason(ReasonCode.PATH_TOO_LONG)
def test_a_chain_deeper_than_the_bound() -> None:
    root = ca = Ca.anchor()
    between = []
    for number in range(1, 12):
        ca = ca.subordinate(f"CA {number}", number)
        between.append(ca)
    assert refused(ca.leaf(), trust_of(root, *between)) is ReasonCode.PATH_TOO_LONG


def mesh(cas: list[Ca]) -> list[x509.Certificate]:
    """Every CA certifies every other."""
    return [
        ca.certify(other.subject, other.private_key.public_key(), ca=True)
        for ca in cas
        for other in cas
        if ca is not other
    ]


@pytest.mark.reason(ReasonCode.UNTRUSTED_ISSUER)
def test_a_mesh_without_a_way_out_costs_no_signature_check() -> None:
    cas = [Ca.anchor(f"Mesh {number}", number) for number in range(12)]
    trust = TrustMaterial((Ca.anchor("Elsewhere", 30).certificate,), tuple(mesh(cas)))
    limits = BuildLimits(max_signature_checks=0)
    assert refused(cas[0].leaf(), trust, limits=limits) is ReasonCode.UNTRUSTED_ISSUER


@pytest.mark.reason(ReasonCode.CERTIFICATE_BAD_SIGNATURE)
def test_a_mesh_with_a_forged_way_out_ends_soon() -> None:
    cas = [Ca.anchor(f"Mesh {number}", number) for number in range(12)]
    root = Ca.anchor("Elsewhere", 30)
    subject = cas[-1].subject
    forged = certify(subject, key(11).public_key(), root.subject, key(31), ca=True, key_ids=False)
    trust = TrustMaterial((root.certificate,), (*mesh(cas), forged))
    assert refused(cas[0].leaf(), trust) is ReasonCode.CERTIFICATE_BAD_SIGNATURE


@pytest.mark.reason(ReasonCode.KEY_USAGE_FORBIDS)
@pytest.mark.parametrize("purpose", [Purpose.CARD_AUTHENTICATION, Purpose.AUTHENTICATION])
def test_a_key_management_certificate_shown_at_the_door(purpose: Purpose) -> None:
    root = Ca.anchor()
    leaf = root.leaf(extensions=leaf_extensions(key_usage="key_agreement"))
    assert refused(leaf, trust_of(root), purpose=purpose) is ReasonCode.KEY_USAGE_FORBIDS


@pytest.mark.reason(ReasonCode.KEY_USAGE_FORBIDS)
def test_a_ca_certificate_shown_as_a_card() -> None:
    root = Ca.anchor()
    between = root.subordinate("CA", 1, extensions=leaf_extensions()[1:])
    assert refused(between.certificate, trust_of(root)) is ReasonCode.KEY_USAGE_FORBIDS


@pytest.mark.reason(ReasonCode.EXTENDED_KEY_USAGE_FORBIDS)
@pytest.mark.parametrize(
    ("extended", "purpose"),
    [
        ("1.3.6.1.5.5.7.3.2", Purpose.CARD_AUTHENTICATION),
        ("2.5.29.37.0", Purpose.CARD_AUTHENTICATION),
        ("2.16.840.1.101.3.6.8", Purpose.AUTHENTICATION),
        ("2.16.840.1.101.3.6.8", Purpose.SIGNATURE),
        ("2.16.840.1.101.3.6.8", Purpose.CONTENT_SIGNING),
        ("2.5.29.37.0", Purpose.CONTENT_SIGNING),
        ("1.3.6.1.5.5.7.3.2", Purpose.OCSP_SIGNING),
        ("2.5.29.37.0", Purpose.OCSP_SIGNING),
    ],
)
def test_a_certificate_made_for_something_else(extended: str, purpose: Purpose) -> None:
    root = Ca.anchor()
    leaf = root.leaf(extensions=leaf_extensions(extended))
    assert refused(leaf, trust_of(root), purpose=purpose) is ReasonCode.EXTENDED_KEY_USAGE_FORBIDS


@pytest.mark.reason(ReasonCode.EXTENDED_KEY_USAGE_FORBIDS)
def test_a_ca_for_other_purposes_alone_certifies_a_card() -> None:
    root = Ca.anchor()
    between = root.subordinate("TLS CA", 1, extensions=[(eku("1.3.6.1.5.5.7.3.1"), False)])
    reason = refused(between.leaf(), trust_of(root, between))
    assert reason is ReasonCode.EXTENDED_KEY_USAGE_FORBIDS


@pytest.mark.reason(ReasonCode.EXTENDED_KEY_USAGE_FORBIDS)
def test_a_content_signer_without_the_purpose() -> None:
    root = Ca.anchor()
    leaf = root.leaf(extensions=[(usage("digital_signature"), True)])
    reason = refused(leaf, trust_of(root), purpose=Purpose.CONTENT_SIGNING)
    assert reason is ReasonCode.EXTENDED_KEY_USAGE_FORBIDS
    signer = root.leaf(extensions=leaf_extensions(EKU_PIV_CONTENT_SIGNING))
    assert validate_leaf(signer, trust_of(root), AT, Purpose.CONTENT_SIGNING)


@pytest.mark.reason(ReasonCode.NAME_CONSTRAINT_VIOLATED)
@pytest.mark.parametrize(
    "constraint",
    [
        x509.NameConstraints([x509.DNSName("hcm.gov.vn")], None),
        x509.NameConstraints(None, [x509.DNSName("example")]),
        x509.NameConstraints([x509.RFC822Name("hcm.gov.vn")], None),
        x509.NameConstraints([x509.UniformResourceIdentifier("hcm.gov.vn")], None),
        x509.NameConstraints([x509.DirectoryName(name("Only here"))], None),
        x509.NameConstraints([x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))], None),
    ],
)
def test_a_name_outside_its_ca_s_name_space(constraint: x509.NameConstraints) -> None:
    root = Ca.anchor()
    between = root.subordinate("CA", 1, extensions=[(constraint, True)])
    names = x509.SubjectAlternativeName(
        [
            x509.DNSName("door.example"),
            x509.RFC822Name("an@example.org"),
            x509.UniformResourceIdentifier("https://example.org/an"),
            x509.RegisteredID(x509.ObjectIdentifier("1.2.4")),
        ]
    )
    leaf = between.leaf(extensions=[*leaf_extensions(), (names, False)])
    assert refused(leaf, trust_of(root, between)) is ReasonCode.NAME_CONSTRAINT_VIOLATED


@pytest.mark.reason(ReasonCode.NAME_CONSTRAINT_VIOLATED)
def test_a_flood_of_names_is_not_compared() -> None:
    root = Ca.anchor()
    trees = x509.NameConstraints([x509.DNSName(f"d{n}.vn") for n in range(300)], None)
    between = root.subordinate("CA", 1, extensions=[(trees, True)])
    names = x509.SubjectAlternativeName([x509.DNSName(f"d{n}.vn") for n in range(300)])
    leaf = between.leaf(extensions=[*leaf_extensions(), (names, False)])
    assert refused(leaf, trust_of(root, between)) is ReasonCode.NAME_CONSTRAINT_VIOLATED


@pytest.mark.reason(ReasonCode.POLICY_CONSTRAINT_VIOLATED)
def test_a_leaf_without_the_policy_asked_for() -> None:
    root = Ca.anchor()
    inputs = PolicyInputs(frozenset({"1.2.3.4"}), require_explicit_policy=True)
    reason = refused(root.leaf(), trust_of(root), policy_inputs=inputs)
    assert reason is ReasonCode.POLICY_CONSTRAINT_VIOLATED


@pytest.mark.reason(ReasonCode.POLICY_CONSTRAINT_VIOLATED)
def test_policies_that_double_at_each_step_do_not_burn_time() -> None:
    """RFC 9618 section 3.3: two policies, each mapped to both, at each of many CAs."""
    root = ca = Ca.anchor()
    between = []
    for number in range(1, 9):
        pair = (f"1.2.{number}.1", f"1.2.{number}.2")
        after = (f"1.2.{number + 1}.1", f"1.2.{number + 1}.2")
        crossed = mappings(*((old, new) for old in pair for new in after))
        ca = ca.subordinate(f"CA {number}", number, extensions=[(policies(*pair), False), crossed])
        between.append(ca)
    inputs = PolicyInputs(frozenset({"9.9.9"}), require_explicit_policy=True)
    leaf = ca.leaf(extensions=[*leaf_extensions(), (policies("1.2.9.1", "1.2.9.2"), False)])
    reason = refused(leaf, trust_of(root, *between), policy_inputs=inputs)
    assert reason is ReasonCode.POLICY_CONSTRAINT_VIOLATED


@pytest.mark.reason(ReasonCode.UNKNOWN_CRITICAL_EXTENSION)
def test_a_critical_extension_nobody_knows() -> None:
    root = Ca.anchor()
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
    leaf = root.leaf(extensions=[*leaf_extensions(), (unknown, True)])
    assert refused(leaf, trust_of(root)) is ReasonCode.UNKNOWN_CRITICAL_EXTENSION
    ignored = root.leaf(extensions=[*leaf_extensions(), (unknown, False)])
    assert validate_leaf(ignored, trust_of(root), AT, Purpose.CARD_AUTHENTICATION)


@pytest.mark.reason(ReasonCode.WEAK_ALGORITHM)
def test_sha1_and_short_rsa_keys() -> None:
    root = Ca.anchor(private_key=rsa_key(2048))
    assert validate_leaf(root.leaf(), trust_of(root), AT, Purpose.CARD_AUTHENTICATION)
    sha1 = sign_with_sha1(root.leaf(), rsa_key(2048))
    assert refused(sha1, trust_of(root)) is ReasonCode.WEAK_ALGORITHM
    short = root.certify(name("Short"), rsa_key(1024).public_key(), extensions=leaf_extensions())
    assert refused(short, trust_of(root)) is ReasonCode.WEAK_ALGORITHM
    weak_root = Ca.anchor("Weak", private_key=rsa_key(1024))
    assert refused(weak_root.leaf(), trust_of(weak_root)) is ReasonCode.WEAK_ALGORITHM


def sign_with_sha1(
    certificate: x509.Certificate, private_key: rsa.RSAPrivateKey
) -> x509.Certificate:
    """The same certificate with a true SHA-1 signature, which the library refuses to make."""
    sha256_rsa, sha1_rsa = (bytes.fromhex(f"06092a864886f70d0101{last}") for last in ("0b", "05"))
    tbs = certificate.tbs_certificate_bytes.replace(sha256_rsa, sha1_rsa)
    info = bytes.fromhex("3021300906052b0e03021a05000414") + hashlib.sha1(tbs).digest()
    size = private_key.key_size // 8
    block = b"\x00\x01" + b"\xff" * (size - len(info) - 3) + b"\x00" + info
    numbers = private_key.private_numbers()
    signature = pow(int.from_bytes(block), numbers.d, numbers.public_numbers.n).to_bytes(size)
    algorithm = tlv.encode(0x30, sha1_rsa + b"\x05\x00")
    octets = tlv.encode(0x30, tbs + algorithm + tlv.encode(0x03, b"\x00" + signature))
    return x509.load_der_x509_certificate(octets)
