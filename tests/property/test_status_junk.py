"""Junk and mutated certificates, CRLs and OCSP responses raise Malformed and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cardsvc.errors import CardsvcError, Malformed, ReasonCode
from tests.support.path_pki import AT, DAY, Ca, leaf_extensions
from tests.support.policy_extensions import mappings, policies
from verification.path import der
from verification.path.facts import parse_facts, parse_policy_mappings
from verification.path.names import parse_name
from verification.path.purpose import Purpose
from verification.path.trust import TrustMaterial, parse_certificates
from verification.path.validate import validate_leaf
from verification.status.crl import parse_crls
from verification.status.ocsp import parse_ocsp_response
from verification.status.revocation import RevocationMaterial, check_status

QUICK = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@cache
def root() -> Ca:
    return Ca.anchor(extensions=[(x509.NameConstraints(None, [x509.DNSName("bad.vn")]), True)])


@cache
def leaf() -> x509.Certificate:
    names = x509.SubjectAlternativeName([x509.DNSName("good.vn")])
    return root().leaf(extensions=[*leaf_extensions(), (names, False), (policies("1.2.3"), False)])


@cache
def good() -> dict[str, bytes]:
    return {
        "certificate": leaf().public_bytes(Encoding.DER),
        "crl": root().crl_der((leaf(), AT - DAY, x509.ReasonFlags.superseded)),
        "ocsp": root().answer_der(leaf(), responder=root().responder()),
        "mappings": mappings(("1.2.3", "1.2.4"))[0].value,
        "name": root().subject.public_bytes(),
    }


@st.composite
def mutated(draw: st.DrawFn, kind: str) -> bytes:
    octets = bytearray(good()[kind])
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(octets) - 1))
        match draw(st.integers(0, 2)):
            case 0:
                octets[at] = draw(st.integers(0, 255))
            case 1:
                del octets[at : at + draw(st.integers(1, 8))]
            case _:
                octets[at:at] = draw(st.binary(min_size=1, max_size=4))
        if not octets:
            break
    return bytes(octets)


class Outcome:
    """What a parser made of octets; a Malformed must carry the parser's own reason."""

    def __init__(self, parse: Callable[[bytes], Any], octets: bytes, reason: ReasonCode) -> None:
        self.value: Any = None
        refusal: Malformed | None = None
        try:
            self.value = parse(octets)
        except Malformed as error:
            refusal = error
        assert refusal is None or refusal.reason is reason
        self.is_refused = refusal is not None


def anything(kind: str) -> st.SearchStrategy[bytes]:
    return st.one_of(st.binary(max_size=200), mutated(kind))


@pytest.mark.reason(ReasonCode.MALFORMED_CERTIFICATE)
@QUICK
@given(anything("certificate"))
def test_certificates(octets: bytes) -> None:
    parsed = Outcome(parse_certificates, octets, ReasonCode.MALFORMED_CERTIFICATE)
    if parsed.is_refused:
        return
    trust = TrustMaterial((root().certificate,))
    try:
        path = validate_leaf(parsed.value[0], trust, AT, Purpose.CARD_AUTHENTICATION)
    except CardsvcError:
        return
    assert path.leaf.tbs_certificate_bytes == leaf().tbs_certificate_bytes


@QUICK
@given(anything("certificate"))
def test_certificate_facts(octets: bytes) -> None:
    facts = Outcome(parse_facts, octets, ReasonCode.MALFORMED_CERTIFICATE)
    if not facts.is_refused:
        assert facts.value.der == octets


@pytest.mark.reason(ReasonCode.MALFORMED_CRL)
@QUICK
@given(anything("crl"))
def test_crls(octets: bytes) -> None:
    parsed = Outcome(parse_crls, octets, ReasonCode.MALFORMED_CRL)
    if not parsed.is_refused:
        assert not status(RevocationMaterial(parsed.value)), "a mutated list says good"


@pytest.mark.reason(ReasonCode.MALFORMED_OCSP_RESPONSE)
@QUICK
@given(anything("ocsp"))
def test_ocsp_responses(octets: bytes) -> None:
    parsed = Outcome(parse_ocsp_response, octets, ReasonCode.MALFORMED_OCSP_RESPONSE)
    if parsed.is_refused or not parsed.value.singles:
        return
    response = parsed.value
    if response.document.tbs_response_bytes != tbs_of_the_good_response():
        assert not status(RevocationMaterial((), (response,))), "a mutated response says good"


def tbs_of_the_good_response() -> bytes:
    return parse_ocsp_response(good()["ocsp"]).document.tbs_response_bytes


def status(material: RevocationMaterial) -> bool:
    trust = TrustMaterial((root().certificate,))
    path = validate_leaf(leaf(), trust, AT, Purpose.CARD_AUTHENTICATION)
    return check_status(path, material, AT, trust)[0].is_good


@QUICK
@given(anything("mappings"))
def test_policy_mappings(octets: bytes) -> None:
    parsed = Outcome(parse_policy_mappings, octets, ReasonCode.MALFORMED_CERTIFICATE)
    assert parsed.is_refused or parsed.value


@QUICK
@given(anything("name"))
def test_names(octets: bytes) -> None:
    Outcome(parse_name, octets, ReasonCode.MALFORMED_CERTIFICATE)


@QUICK
@given(st.binary(max_size=12))
def test_object_identifiers(octets: bytes) -> None:
    try:
        dotted = der.decode_oid(octets)
    except Malformed:
        return
    assert all(arc.isdigit() for arc in dotted.split("."))
