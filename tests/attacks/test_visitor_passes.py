"""Visitor passes: shown too often, too late, elsewhere; forged, another partner's, revoked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest

from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.pass_records import PassClaims
from cardsvc.terms import Realm
from cardsvc.wire.fields import encode_instant
from cardsvc.wire.pass_claims import encode_pass
from keys.pass_signer import PassSigner
from keys.software_vault import SoftwareVault
from tests.support.installations import CHEAP, RELYING_PARTY, ServiceUnderTest, serve
from tests.support.partner import Partner, conforming_partner, other_partner
from verification.visitor_pass import parse_revoked_passes, verify_pass

PASSES, SHOW = "/partner/v1/visitor-passes", "/partner/v1/visitor-passes:show"
KEYS, REVOKED = "/.well-known/visitor-pass-keys.json", "/status/visitor-passes"
ZONE = "nha-b"
R = ReasonCode


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def partner(service: ServiceUnderTest) -> Iterator[Partner]:
    with conforming_partner(service) as made:
        yield made


@pytest.fixture(scope="module")
def other(service: ServiceUnderTest, partner: Partner) -> Partner:
    return other_partner(service, partner)


@pytest.fixture(scope="module")
def forger(tmp_path_factory: pytest.TempPathFactory) -> PassSigner:
    folder = tmp_path_factory.mktemp("forger") / "vault"
    return PassSigner(SoftwareVault.open(folder, "khác", cost=CHEAP))


def issued(service: ServiceUnderTest, caller: Partner, **changed: Any) -> Any:
    at = service.clock.now()
    asked = {
        "host": "phong-hanh-chinh",
        "zone": ZONE,
        "purpose": "Họp giao ban",
        "visitor": "Trần Thị Bình",
        "not_before": encode_instant(at),
        "expires_at": encode_instant(at + timedelta(hours=2)),
    }
    return caller.call(PASSES, asked | changed)


def shown(caller: Partner, text: str, zone: str = ZONE) -> Any:
    return caller.call(SHOW, {"text": text, "zone": zone})


def refused_for(service: ServiceUnderTest) -> str:
    newest = service.installation.audit.events(limit=1)[0].event
    assert newest.action.value == "visit.refused"
    return str(newest.facts["reason"])


def claims(service: ServiceUnderTest, **changed: Any) -> PassClaims:
    at = service.clock.now().replace(microsecond=0)
    values: dict[str, Any] = {
        "id": "6f2c1c1e-7d1b-4c0e-9b1a-0c9f7a6b5d4e",
        "issuer": service.installation.settings.issuer,
        "relying_party": RELYING_PARTY,
        "zone": ZONE,
        "purpose": "Họp",
        "visitor": None,
        "entries": 1,
        "issued_at": at,
        "not_before": at,
        "expires_at": at + timedelta(hours=1),
    }
    return PassClaims(**(values | changed))


@pytest.mark.reason(R.PASS_USED)
def test_a_pass_opens_as_often_as_it_says(service: ServiceUnderTest, partner: Partner) -> None:
    made = issued(service, partner, entries=2)
    answers = [shown(partner, made["text"]) for _ in range(3)]
    assert [one["granted"] for one in answers] == [True, True, False]
    first, _, third = answers
    assert (first["level"], first["visitor"], first["purpose"], first["entries_left"]) == (
        "X0", "Trần Thị Bình", "Họp giao ban", 1,
    )  # fmt: skip
    assert (third["code"], third["visitor"]) == ("pass_used", None)
    assert refused_for(service) == "pass_used"
    kept = partner.call(f"{PASSES}/{made['id']}", {}, method="GET")
    assert (kept["used"], kept["text"]) == (2, None)


def test_neither_name_nor_purpose_is_kept(service: ServiceUnderTest, partner: Partner) -> None:
    made = issued(service, partner)
    shown(partner, made["text"])
    with service.installation.database.reading() as unit:
        dump = [
            str(row)
            for table in ("visitor_passes", "audit_events")
            for row in unit.connection().exec_driver_sql(f"SELECT * FROM {table}")
        ]
    assert made["id"] in str(dump)
    assert "Trần Thị Bình" not in str(dump)
    assert "Họp giao ban" not in str(dump)


@pytest.mark.reason(R.PASS_WRONG_ZONE)
@pytest.mark.reason(R.PASS_MISISSUED)
@pytest.mark.reason(R.PASS_BAD_SIGNATURE)
def test_a_pass_elsewhere_or_forged(
    service: ServiceUnderTest, partner: Partner, other: Partner, forger: PassSigner
) -> None:
    text = issued(service, partner)["text"]
    assert shown(partner, text, "nha-c")["code"] == "pass_elsewhere"
    assert refused_for(service) == "pass_wrong_zone"
    assert shown(other, text)["code"] == "pass_not_valid"
    assert refused_for(service) == "pass_misissued"
    forged = forger.sign(encode_pass(claims(service)))
    assert shown(partner, forged)["code"] == "pass_not_valid"
    assert refused_for(service) == "pass_bad_signature"
    signer = service.installation.services.flows.visitors.signers[Realm.PRODUCTION]
    foreign = signer.sign(encode_pass(claims(service, issuer="khac.vn")))
    assert shown(partner, foreign)["code"] == "pass_not_valid"
    assert refused_for(service) == "pass_misissued"
    face = service.installation.faces.signers[Realm.PRODUCTION].sign(encode_pass(claims(service)))
    assert shown(partner, face)["code"] == "pass_not_valid"
    assert refused_for(service) == "pass_bad_signature"
    assert shown(partner, "NCF")["granted"] is False
    assert refused_for(service) == "malformed_credential"
    assert shown(partner, text)["granted"] is True


@pytest.mark.reason(R.PASS_UNKNOWN)
def test_a_pass_that_we_signed_and_never_kept(service: ServiceUnderTest, partner: Partner) -> None:
    signer = service.installation.services.flows.visitors.signers[Realm.PRODUCTION]
    assert shown(partner, signer.sign(encode_pass(claims(service))))["code"] == "pass_not_valid"
    assert refused_for(service) == "pass_unknown"


@pytest.mark.reason(R.PASS_NOT_YET_VALID)
@pytest.mark.reason(R.PASS_EXPIRED)
def test_a_pass_has_its_time(service: ServiceUnderTest, partner: Partner) -> None:
    at = service.clock.now()
    starts, ends = at + timedelta(hours=1), at + timedelta(hours=2)
    text = issued(
        service, partner, not_before=encode_instant(starts), expires_at=encode_instant(ends)
    )["text"]
    assert shown(partner, text)["code"] == "pass_out_of_time"
    assert refused_for(service) == "pass_not_yet_valid"
    service.clock.advance(timedelta(hours=2, seconds=1))
    assert shown(partner, text)["code"] == "pass_out_of_time"
    assert refused_for(service) == "pass_expired"


@pytest.mark.reason(R.PASS_REVOKED)
def test_a_revoked_pass_opens_nothing_online_and_offline(
    service: ServiceUnderTest, partner: Partner, other: Partner
) -> None:
    made = issued(service, partner, entries=5)
    path = f"{PASSES}/{made['id']}"
    assert shown(partner, made["text"])["granted"] is True
    assert other.refused(f"{path}/revoke", {}) == "404 pass_unknown"
    assert other.refused(path, {}, method="GET") == "404 pass_unknown"
    for junk in ("x", made["id"].upper(), "%00"):
        assert partner.refused(f"{PASSES}/{junk}", {}, method="GET")[:3] in {"400", "404"}
    assert partner.call(f"{path}/revoke", {})["revoked"] is True
    assert partner.call(f"{path}/revoke", {})["revoked"] is True
    assert shown(partner, made["text"])["code"] == "pass_revoked"
    keys = json.loads(partner.probe.send("GET", KEYS).get_data())
    token = partner.probe.send("GET", REVOKED).get_data().decode()
    issuer, at = service.installation.settings.issuer, service.clock.now()
    revoked = parse_revoked_passes(token, keys, expected_issuer=issuer, at=at)
    assert made["id"] in revoked
    offline = {"expected_issuer": issuer, "at": at, "zone": ZONE}
    assert verify_pass(made["text"], keys, **offline).visitor == "Trần Thị Bình"
    with pytest.raises(CardsvcError) as caught:
        verify_pass(made["text"], keys, **offline, revoked=revoked)
    assert caught.value.reason is R.PASS_REVOKED


@pytest.mark.reason(R.STATUS_LIST_BAD_SIGNATURE)
def test_a_list_that_is_old_or_not_ours_tells_nothing(
    service: ServiceUnderTest, partner: Partner, forger: PassSigner
) -> None:
    keys = json.loads(partner.probe.send("GET", KEYS).get_data())
    desk, at = service.installation.services.flows.visitors, service.clock.now()
    signer = desk.signers[Realm.PRODUCTION]
    issuer, issued_at = service.installation.settings.issuer, int(at.timestamp())
    good = {"iss": issuer, "iat": issued_at, "exp": issued_at + 60, "revoked": []}
    secret = jwt.encode(good, "x" * 32, "HS256", headers={"typ": "cardsvc-revoked-passes+jwt"})
    cases = {
        forger.sign_revoked(good): R.STATUS_LIST_BAD_SIGNATURE,
        secret: R.MALFORMED_STATUS_LIST,
        signer.sign_revoked(good | {"iss": "khac.vn"}): R.STATUS_UNKNOWN,
        signer.sign_revoked(good | {"iat": issued_at + 999}): R.STATUS_UNKNOWN,
        signer.sign_revoked(good | {"exp": issued_at}): R.STATUS_STALE,
        signer.sign_revoked(good | {"revoked": "x"}): R.MALFORMED_STATUS_LIST,
        signer.sign_revoked({"iss": issuer, "revoked": []}): R.MALFORMED_STATUS_LIST,
        signer.sign_revoked(good | {"iat": 1 << 39}): R.MALFORMED_STATUS_LIST,
    }
    for token, reason in cases.items():
        with pytest.raises(CardsvcError) as caught:
            parse_revoked_passes(token, keys, expected_issuer=issuer, at=at)
        assert caught.value.reason is reason
    assert (
        parse_revoked_passes(signer.sign_revoked(good), keys, expected_issuer=issuer, at=at)
        == frozenset()
    )


@pytest.mark.parametrize(
    ("starts", "ends", "changed"),
    [(0, 25, {}), (2, 1, {}), (1, 1, {}), (-3, -1, {}), (31 * 24, 31 * 24 + 1, {}),
     (0, 2, {"host": "a b"}), (0, 2, {"zone": "*"}), (0, 2, {"entries": 0}),
     (0, 2, {"entries": 51}), (0, 2, {"purpose": ""}), (0, 2, {"purpose": "x" * 121})],
)  # fmt: skip
def test_what_is_no_visit_gets_no_pass(
    service: ServiceUnderTest, partner: Partner, starts: int, ends: int, changed: dict[str, Any]
) -> None:
    at = service.clock.now()
    asked = {
        "host": "phong-1",
        "zone": ZONE,
        "purpose": "Họp",
        "not_before": encode_instant(at + timedelta(hours=starts)),
        "expires_at": encode_instant(at + timedelta(hours=ends)),
    }
    assert partner.refused(PASSES, asked | changed) == "400 malformed_message"
