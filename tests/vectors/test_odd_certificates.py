"""The odd and broken documents that pyca collects: read, or refused as malformed, never worse."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cryptography_vectors
import pytest

from cardsvc.errors import Malformed, ReasonCode
from verification.path.facts import read_facts
from verification.path.trust import parse_certificates
from verification.status.crl import parse_crls
from verification.status.ocsp import parse_ocsp_response

# Some are so odd that the library warns; they are read all the same.
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")

FOLDER = Path(cryptography_vectors.__file__).parent / "x509"
FILES = sorted(
    path for path in FOLDER.rglob("*") if path.is_file() and "PKITS_data" not in path.parts
)


def read_certificates(octets: bytes) -> int:
    return len([read_facts(certificate) for certificate in parse_certificates(octets)])


def count(parse: Callable[[bytes], object], reason: ReasonCode) -> int:
    read = 0
    refusals = []
    for path in FILES:
        try:
            parse(path.read_bytes())
        except Malformed as error:
            refusals.append(error.reason)
        else:
            read += 1
    assert set(refusals) == {reason}
    return read


@pytest.mark.reason(ReasonCode.MALFORMED_CERTIFICATE)
def test_certificates() -> None:
    assert count(read_certificates, ReasonCode.MALFORMED_CERTIFICATE) >= 100


@pytest.mark.reason(ReasonCode.MALFORMED_CRL)
def test_crls() -> None:
    assert count(parse_crls, ReasonCode.MALFORMED_CRL) >= 15


@pytest.mark.reason(ReasonCode.MALFORMED_OCSP_RESPONSE)
def test_ocsp_responses() -> None:
    assert count(parse_ocsp_response, ReasonCode.MALFORMED_OCSP_RESPONSE) >= 10
