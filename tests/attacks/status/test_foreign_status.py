"""CRLs and OCSP responses of foreign issuers, as files in folders, at a door.

After GSA's ICAM test cards 24, 42 to 45 and 58; RFC 5280 section 6.3, RFC 6960.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.foreign import issuer, pki
from tests.support.foreign import responder as r
from tests.support.foreign.issuer import Blueprint
from tests.support.foreign.judge import failed, judge, show
from tests.support.foreign.keys import key
from tests.support.foreign.pki import AT, DAY, Authority, Extension
from tests.support.foreign.responder import delegate, itself
from verification.inspection.report import Mode, Verdict

BY = issuer.federal()
CA = BY.authority
assert CA.above is not None
TOP = CA.above


@cache
def card() -> Blueprint:
    return Blueprint(BY).fill((0x9A, 0x9E))


def leaf() -> x509.Certificate:
    return card().certificates[0x9E]


def at_the_door(good: bool, **options: object) -> None:
    """Require the verdict, and that nothing but the status is to blame for a bad one."""
    report = judge(card().card(), BY, mode=Mode.CAK, **options)  # type: ignore[arg-type]
    wanted = Verdict.ACCEPT if good else Verdict.REJECT
    assert report.verdict is wanted, show(report)
    assert good or list(failed(report)) == ["9e.status"], show(report)


def scope(**how: object) -> Extension:
    every = dict.fromkeys(("full_name", "relative_name", "only_some_reasons")) | dict.fromkeys(
        (
            "only_contains_user_certs",
            "only_contains_ca_certs",
            "indirect_crl",
            "only_contains_attribute_certs",
        ),
        False,
    )
    return x509.IssuingDistributionPoint(**(every | how)), True  # type: ignore[arg-type]


def uri(text: str) -> list[x509.GeneralName]:
    return [x509.UniformResourceIdentifier(text)]


DELTA: Extension = (x509.DeltaCRLIndicator(7), True)
OLD = {"this_update": AT - 3 * DAY, "next_update": AT - DAY}
COMPROMISE = frozenset({x509.ReasonFlags.key_compromise})
FRESHEST: Extension = (
    x509.FreshestCRL([x509.DistributionPoint(uri("http://d"), None, None, None)]),
    False,
)
HOLD = x509.ReasonFlags.certificate_hold

CRLS: dict[str, tuple[bool, Callable[[], list[bytes]]]] = {
    "plain": (True, lambda: [CA.crl()]),
    "users only": (True, lambda: [CA.crl(more=(scope(only_contains_user_certs=True),))]),
    "its own partition": (True, lambda: [CA.crl(more=(scope(full_name=uri(CA.location)),))]),
    "freshest CRL named": (True, lambda: [CA.crl(more=(FRESHEST,))]),
    "expired beside fresh": (True, lambda: [CA.crl(**OLD), CA.crl()]),
    "delta beside its base": (True, lambda: [CA.crl(), CA.crl(number=8, more=(DELTA,))]),
    "revoked later": (True, lambda: [CA.crl(leaf(), revoked_at=AT + DAY)]),
    "24 revoked": (False, lambda: [CA.crl(leaf())]),
    "on hold": (False, lambda: [CA.crl(leaf(), reason=HOLD)]),
    "fresh revokes, expired does not": (False, lambda: [CA.crl(**OLD), CA.crl(leaf())]),
    "delta revokes": (False, lambda: [CA.crl(), CA.crl(leaf(), number=8, more=(DELTA,))]),
    "delta alone": (False, lambda: [CA.crl(number=8, more=(DELTA,))]),
    "CAs only": (False, lambda: [CA.crl(more=(scope(only_contains_ca_certs=True),))]),
    "another partition": (False, lambda: [CA.crl(more=(scope(full_name=uri("http://x")),))]),
    "one reason only": (False, lambda: [CA.crl(more=(scope(only_some_reasons=COMPROMISE),))]),
    "expired": (False, lambda: [CA.crl(**OLD)]),
    "not yet": (False, lambda: [CA.crl(this_update=AT + DAY)]),
    "another key": (False, lambda: [CA.crl(signed_by=key("rsa2048", "evil"))]),
    "unknown critical": (
        False,
        lambda: [CA.crl(more=(pki.raw("1.2.3.9", b"\x05\x00", critical=True),))],
    ),
    "none": (False, list),
}


@pytest.mark.parametrize(("good", "files"), CRLS.values(), ids=CRLS)
def test_crls(good: bool, files: Callable[[], list[bytes]]) -> None:
    at_the_door(good, crls=[*files(), TOP.crl()])


def test_the_issuing_ca_s_own_status_counts() -> None:
    at_the_door(False, crls=[CA.crl(), TOP.crl(CA.certificate)])
    at_the_door(False, crls=[CA.crl()])


def test_a_twin_of_the_ca_speaks_for_its_own_certificates_only() -> None:
    private = key("rsa2048", "twin")
    extensions = [(x509.BasicConstraints(True, None), True), pki.usage("key_cert_sign", "crl_sign")]
    twin = Authority(
        TOP.issue(CA.certificate.subject, private.public_key(), extensions), private, TOP
    )
    trust = [*BY.trust(), twin.certificate.public_bytes(Encoding.DER)]
    at_the_door(True, trust=trust, crls=[CA.crl(), twin.crl(leaf()), TOP.crl()])
    at_the_door(False, trust=trust, crls=[twin.crl(), TOP.crl()])
    answer = delegate(twin, "Twin OCSP").answer(leaf(), twin)
    at_the_door(False, trust=trust, ocsp=[answer, _ca_is_good()])


def _ca_is_good() -> bytes:
    return itself(TOP).answer(CA.certificate, TOP)


@cache
def responder() -> r.Responder:
    return delegate(CA, "OCSP Signer")


@pytest.mark.parametrize("digest", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384()])
@pytest.mark.parametrize("by", [r.BY_KEY, r.BY_NAME])
@pytest.mark.parametrize("who", [lambda: itself(CA), responder], ids=["the CA", "a delegate"])
def test_good_ocsp_responses_of_every_form(
    who: Callable[[], r.Responder], by: object, digest: hashes.HashAlgorithm
) -> None:
    answer = who().answer(leaf(), CA, digest=digest, by=by)  # type: ignore[arg-type] # of two
    at_the_door(True, ocsp=[answer, _ca_is_good()])


def _says(*statuses: object, **how: object) -> Callable[[], list[bytes]]:
    return lambda: [
        responder().answer(leaf(), CA, status, **how)  # type: ignore[arg-type] # its own options
        for status in statuses
    ]


def _from(make: Callable[[], r.Responder]) -> Callable[[], list[bytes]]:
    return lambda: [make().answer(leaf(), CA)]


OCSP: dict[str, tuple[bool, Callable[[], list[bytes]]]] = {
    "nonce": (True, _says(r.GOOD, nonce=True)),
    "no end, fresh": (True, _says(r.GOOD, next_update=None)),
    "no end, old": (False, _says(r.GOOD, next_update=None, this_update=AT - 3 * DAY)),
    "58 revoked": (False, _says(r.REVOKED)),
    "revoked beside good": (False, _says(r.REVOKED, r.GOOD)),
    "on hold": (False, _says(r.REVOKED, reason=HOLD)),
    "unknown": (False, _says(r.UNKNOWN)),
    "stale": (False, _says(r.GOOD, this_update=AT - DAY, next_update=AT - DAY / 9)),
    "not yet": (False, _says(r.GOOD, this_update=AT + DAY / 9)),
    "45 bad signature": (
        False,
        lambda: [r.with_another_signature(responder().answer(leaf(), CA))],
    ),
    "42 expired responder": (
        False,
        _from(lambda: delegate(CA, "Old OCSP", begin=AT - 90 * DAY, end=AT - DAY)),
    ),
    "responder of unknown status": (
        False,
        _from(lambda: delegate(CA, "Unmarked OCSP", no_check=False)),
    ),
    "not for OCSP": (False, _from(lambda: delegate(CA, "Web OCSP", usage=issuer.CLIENT_AUTH))),
    "the root's responder": (False, _from(lambda: delegate(TOP, "Root OCSP"))),
    "nobody's responder": (
        False,
        _from(lambda: delegate(pki.root("Evil Root", "p256"), "Evil OCSP")),
    ),
    "another card holder": (
        False,
        _from(lambda: r.Responder(card().certificates[0x9A], card().keys[0x9A])),
    ),
    "another certificate": (
        False,
        lambda: [responder().answer(card().certificates[0x9A], CA)],
    ),
}


@pytest.mark.parametrize(("good", "files"), OCSP.values(), ids=OCSP)
def test_ocsp_responses(good: bool, files: Callable[[], list[bytes]]) -> None:
    at_the_door(good, ocsp=[*files(), _ca_is_good()])


def test_43_and_44_a_revoked_responder() -> None:
    """With ocsp-nocheck a client does not ask (RFC 6960 section 4.2.2.2.1); else it must."""
    marked = delegate(CA, "Revoked OCSP, marked")
    unmarked = delegate(CA, "Revoked OCSP", no_check=False)
    lists = [TOP.crl(), CA.crl(unmarked.certificate, more=(scope(only_contains_ca_certs=True),))]
    at_the_door(True, ocsp=[marked.answer(leaf(), CA)], crls=lists)
    at_the_door(False, ocsp=[unmarked.answer(leaf(), CA)], crls=lists)
    at_the_door(True, ocsp=[unmarked.answer(leaf(), CA)], crls=[TOP.crl(), CA.crl()])


def test_no_source_outvotes_a_revocation() -> None:
    good, revoked = responder().answer(leaf(), CA), responder().answer(leaf(), CA, r.REVOKED)
    at_the_door(False, ocsp=[revoked, _ca_is_good()], crls=BY.crls())
    at_the_door(False, ocsp=[good, _ca_is_good()], crls=BY.crls(leaf()))


def _pem(label: str, der: bytes) -> bytes:
    text = base64.encodebytes(der).decode().replace("\n", "\r\n")
    return f"Bag Attributes\r\n-----BEGIN {label}-----\r\n{text}-----END {label}-----\r\n".encode()


def test_files_in_every_dress() -> None:
    answers = [responder().answer(leaf(), CA), _ca_is_good()]
    at_the_door(True, ocsp=[b"".join(_pem("OCSP RESPONSE", one) for one in answers)])
    at_the_door(True, ocsp=[base64.encodebytes(one) for one in answers])
    at_the_door(True, crls=[b"".join(_pem("X509 CRL", one) for one in BY.crls())])
    bom = "\ufeff# CA của tôi\n".encode()
    at_the_door(True, trust=[bom + b"".join(_pem("CERTIFICATE", one) for one in BY.trust())])
