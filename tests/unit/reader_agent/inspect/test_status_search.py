"""A revoked cross certificate does not spoil a card that another path vouches for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cardsvc.errors import ReasonCode, VerificationError
from reader_agent.personas import pki
from reader_agent.personas.pki import Subject
from tests.support.personas import SOON, content, realm
from verification.inspection.status_search import find_good_status
from verification.path.purpose import Purpose
from verification.path.trust import TrustMaterial
from verification.path.validate import validate_leaf
from verification.status.crl import parse_crl
from verification.status.revocation import RevocationMaterial


def _world(*, other_revoked: bool):
    """A leaf under a CA that two roots certified; one root has revoked its certificate."""
    home = realm()
    other_root = pki.root("Gốc khác", home.always)
    issuing = home["issuing"]
    cross = other_root.issue(
        Subject(
            issuing.certificate.subject, issuing.certificate.public_key(),
            pki.serial_of("cross"), home.always, pki.CA_EXTENSIONS,
        )
    )  # fmt: skip
    gone = [(issuing.certificate.serial_number, home.founded, x509.ReasonFlags.superseded)]
    also = [(cross.serial_number, home.founded, x509.ReasonFlags.superseded)]
    lists = [
        home["root"].revocation_list(gone, home.always),
        other_root.revocation_list(also if other_revoked else [], home.always),
        issuing.revocation_list([], home.always),
    ]
    revocation = RevocationMaterial(
        tuple(parse_crl(one.public_bytes(Encoding.DER)) for one in lists)
    )
    trust = TrustMaterial(
        (home["root"].certificate, other_root.certificate), (issuing.certificate, cross)
    )
    made = content()
    leaf = next(iter(made.certificates.values()))
    return leaf, trust, revocation


def test_the_good_path_is_found() -> None:
    leaf, trust, revocation = _world(other_revoked=False)
    for first in (trust, replace(trust, intermediates=trust.intermediates[::-1])):
        path = validate_leaf(leaf, first, SOON, Purpose.ANY)
        findings = find_good_status(path, revocation, first, SOON)
        assert all(finding.is_good for finding in findings)


@pytest.mark.reason(ReasonCode.CERTIFICATE_REVOKED)
def test_where_every_path_is_revoked_the_reason_stands() -> None:
    leaf, trust, revocation = _world(other_revoked=True)
    path = validate_leaf(leaf, trust, SOON, Purpose.ANY)
    with pytest.raises(VerificationError) as caught:
        find_good_status(path, revocation, trust, SOON)
    assert caught.value.reason is ReasonCode.CERTIFICATE_REVOKED
