"""Keys recovered from the signatures that NIST gives for ECDSA (CAVP, FIPS 186-3 SigGen)."""

from __future__ import annotations

import re
from pathlib import Path

import cryptography_vectors
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from cardsvc.card.challenge_response import is_signed_by
from cardsvc.card.key_recovery import recover_public_keys
from cardsvc.card.piv import Algorithm
from cardsvc.card.public_key import CURVES

FILE = Path(cryptography_vectors.__file__).parent / "asymmetric/ECDSA/FIPS_186-3/SigGen.txt"
_ONE = re.compile(
    r"Msg = (?P<message>\w+)\s+d = \w+\s+Qx = (?P<x>\w+)\s+Qy = (?P<y>\w+)\s+k = \w+\s+"
    r"R = (?P<r>\w+)\s+S = (?P<s>\w+)"
)


@pytest.mark.parametrize(
    ("algorithm", "heading"),
    [(Algorithm.ECC_P256, "[P-256,SHA-256]"), (Algorithm.ECC_P384, "[P-384,SHA-384]")],
)
def test_the_signer_is_among_the_two(algorithm: Algorithm, heading: str) -> None:
    section = FILE.read_text("ascii").partition(heading)[2].partition("\n[")[0]
    found = list(_ONE.finditer(section))
    assert len(found) == 15
    for one in found:
        message = bytes.fromhex(one["message"])
        signature = encode_dss_signature(int(one["r"], 16), int(one["s"], 16))
        numbers = ec.EllipticCurvePublicNumbers(
            int(one["x"], 16), int(one["y"], 16), CURVES[algorithm]
        )
        keys = recover_public_keys(algorithm, signature, message)
        assert len(keys) == 2
        assert numbers.public_key() in keys
        assert all(is_signed_by(key, signature, message) for key in keys)
