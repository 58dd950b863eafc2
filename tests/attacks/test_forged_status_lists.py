"""Status lists that we did not sign, that are another's, too old, or of another kind."""

from __future__ import annotations

import base64
import hmac
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cardsvc.errors import Malformed, ReasonCode, VerificationError
from cardsvc.status_list import TokenStatus
from keys.signers import key_id, public_jwk, verify_receipt
from keys.status_list_token import STATUS_LIST_LIFETIME, STATUS_LIST_REFRESH
from tests.support.rehearsal_pki import AT
from tests.support.status_lists import BASE_URL, SignedLists, sign_lists
from verification.status.list_token import CLOCK_SKEW, VerifiedStatusList, verify_status_list

STATUSES = {5: TokenStatus.INVALID, 6: TokenStatus.SUSPENDED}
STRANGER = ec.generate_private_key(ec.SECP256R1())


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> SignedLists:
    folder = tmp_path_factory.mktemp("vault") / "vault"
    return sign_lists(folder, {index: int(status) for index, status in STATUSES.items()})


def verify(signed: SignedLists, token: str | None = None, **changed: Any) -> VerifiedStatusList:
    options: dict[str, Any] = {"expected_uri": signed.uri, "at": AT} | changed
    key_set = options.pop("key_set", signed.key_set)
    return verify_status_list(signed.token if token is None else token, key_set, **options)


def claims_of(signed: SignedLists) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(signed.token, options={"verify_signature": False})
    return claims


def signed_by_stranger(
    claims: dict[str, Any], **headers: str
) -> tuple[str, dict[str, list[dict[str, Any]]]]:
    """Return a token of a key that the verifier was told to trust: only its content is wrong."""
    headers = {"typ": "statuslist+jwt", "kid": key_id(STRANGER.public_key())} | headers
    token = jwt.encode(claims, STRANGER, algorithm="ES256", headers=headers)
    return token, {"keys": [public_jwk(STRANGER.public_key())]}


def test_our_own_is_accepted(signed: SignedLists) -> None:
    header = jwt.get_unverified_header(signed.token)
    assert (header["typ"], header["alg"]) == ("statuslist+jwt", "ES256")
    claims = claims_of(signed)
    assert claims.keys() == {"sub", "iat", "exp", "ttl", "status_list"}
    assert claims["status_list"]["bits"] == 2
    assert claims["status_list"]["aggregation_uri"] == f"{BASE_URL}/lists"
    found = verify(signed)
    assert found.issued_at == AT
    assert found.expires_at == AT + STATUS_LIST_LIFETIME
    assert found.time_to_live == timedelta(seconds=60)
    found.require_valid(4)
    assert {index: found.statuses.status(index) for index in STATUSES} == STATUSES


@pytest.mark.reason(ReasonCode.CARD_REVOKED)
@pytest.mark.reason(ReasonCode.CARD_SUSPENDED)
@pytest.mark.reason(ReasonCode.STATUS_UNKNOWN)
def test_a_card_that_is_not_valid_is_refused(signed: SignedLists) -> None:
    expected = {
        5: ReasonCode.CARD_REVOKED,
        6: ReasonCode.CARD_SUSPENDED,
        64: ReasonCode.STATUS_UNKNOWN,
        -1: ReasonCode.STATUS_UNKNOWN,
    }
    for index, reason in expected.items():
        with pytest.raises(VerificationError) as caught:
            verify(signed).require_valid(index)
        assert caught.value.reason is reason
    odd = claims_of(signed) | {"status_list": {"bits": 2, "lst": "eNo76fITAAPfAgc"}}
    token, keys = signed_by_stranger(odd)
    with pytest.raises(VerificationError) as caught:
        verify(signed, token, key_set=keys).require_valid(3)
    assert caught.value.reason is ReasonCode.STATUS_UNKNOWN


@pytest.mark.reason(ReasonCode.STATUS_LIST_BAD_SIGNATURE)
def test_a_list_that_we_did_not_sign(signed: SignedLists) -> None:
    header, payload, signature = signed.token.split(".")
    ours = jwt.get_unverified_header(signed.token)
    claims = claims_of(signed)
    brought_along = public_jwk(STRANGER.public_key())
    flipped = ("A" if signature[0] != "A" else "B") + signature[1:]
    for forged in (
        f"{header}.{payload}.{flipped}",
        f"{header}.{payload}.",
        jwt.encode(claims, STRANGER, algorithm="ES256", headers=ours),
        signed_by_stranger(claims)[0],
        jwt.encode(claims, STRANGER, algorithm="ES256", headers={**ours, "jwk": brought_along}),  # type: ignore[dict-item]
    ):
        with pytest.raises(VerificationError) as caught:
            verify(signed, forged)
        assert caught.value.reason is ReasonCode.STATUS_LIST_BAD_SIGNATURE


@pytest.mark.reason(ReasonCode.MALFORMED_STATUS_LIST)
def test_another_kind_of_token(signed: SignedLists) -> None:
    claims = claims_of(signed)
    receipt = signed.pki.receipt_signer.sign(claims)
    header = {"alg": "HS256", "typ": "statuslist+jwt", "kid": key_id(STRANGER.public_key())}
    unsigned = {**header, "alg": "none"}

    def encode(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    head = f"{encode(header)}.{encode(claims)}"
    mac = hmac.new(json.dumps(signed.key_set).encode(), head.encode(), "sha256").digest()
    for other in (
        receipt,
        f"{head}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}",
        f"{encode(unsigned)}.{encode(claims)}.",
        signed_by_stranger(claims, typ="JWT")[0],
    ):
        with pytest.raises(Malformed) as caught:
            verify(signed, other)
        assert caught.value.reason is ReasonCode.MALFORMED_STATUS_LIST
    with pytest.raises(Malformed):  # and a status list is no receipt
        verify_receipt(signed.token, signed.key_set)


@pytest.mark.parametrize(
    "change",
    [
        {"status_list": None},
        {"status_list": {"bits": 3, "lst": "eNo76fITAAPfAgc"}},
        {"status_list": {"bits": 2}},
        {"iat": None},
        {"iat": "soon"},
        {"iat": 1e300},
        {"exp": True},
        {"exp": [1]},
        {"ttl": 0},
        {"ttl": -1},
        {"ttl": "60"},
        {"ttl": True},
        {"ttl": 1e300},
    ],
)
def test_claims_of_another_form(signed: SignedLists, change: dict[str, Any]) -> None:
    claims = {
        name: value for name, value in (claims_of(signed) | change).items() if value is not None
    }
    token, keys = signed_by_stranger(claims)
    with pytest.raises(Malformed) as caught:
        verify(signed, token, key_set=keys)
    assert caught.value.reason is ReasonCode.MALFORMED_STATUS_LIST


@pytest.mark.reason(ReasonCode.STATUS_STALE)
@pytest.mark.reason(ReasonCode.STATUS_UNKNOWN)
def test_a_list_of_another_time_or_place(signed: SignedLists) -> None:
    end = AT + STATUS_LIST_LIFETIME
    for changed, reason in (
        ({"at": end}, ReasonCode.STATUS_STALE),
        ({"at": AT - CLOCK_SKEW - timedelta(seconds=1)}, ReasonCode.STATUS_UNKNOWN),
        ({"expected_uri": f"{BASE_URL}/list/2"}, ReasonCode.STATUS_UNKNOWN),
    ):
        with pytest.raises(VerificationError) as caught:
            verify(signed, **changed)
        assert caught.value.reason is reason
    verify(signed, at=end - timedelta(seconds=1))
    without_end = {name: value for name, value in claims_of(signed).items() if name != "exp"}
    token, keys = signed_by_stranger(without_end)
    assert verify(signed, token, key_set=keys, at=end).expires_at is None


def test_a_list_is_signed_when_it_changed_and_each_hour(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    one = sign_lists(tmp_path_factory.mktemp("vault") / "vault", {})

    def token(seconds: float) -> str:
        document = one.pki.status.list_token(1, AT + timedelta(seconds=seconds))
        assert document is not None
        return document.octets.decode()

    assert token(1) == one.token
    one.lists.statuses[7] = 1
    assert token(2) == one.token  # nobody counted a change: nothing is read
    one.lists.changed += 1
    changed = token(3)
    assert verify(one, changed, key_set=one.key_set).statuses.status(7) == 1
    hour = STATUS_LIST_REFRESH.total_seconds()
    assert token(3 + hour - 1) == changed
    assert token(3 + hour) != changed
    assert one.pki.status.list_token(2, AT) is None
