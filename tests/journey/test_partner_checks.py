"""A partner's program checks cards: many at once, QR codes, and where a card stands."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from cardsvc.card.guid import CardGuid
from cardsvc.errors import ReasonCode
from cardsvc.terms import AssuranceLevel, CardType, Realm, RevocationReason
from cardsvc.wire.credential import CardCredential, encode_claims
from cardsvc.wire.fields import parse_object
from issuance import lifecycle
from keys.credential_signer import CredentialSigner
from keys.software_vault import SoftwareVault
from keys.vault import VaultAlgorithm
from reader_agent.virtual.card import VirtualCard
from tests.support.installations import CHEAP, RELYING_PARTY, SERVICE, ServiceUnderTest, serve
from tests.support.partner import X2, Partner, answer, conforming_partner, other_partner

BATCH, CREDENTIALS, STATUS = (
    "/partner/v1/verifications:batch",
    "/partner/v1/credentials:verify",
    "/partner/v1/status",
)


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
def held(service: ServiceUnderTest) -> tuple[VirtualCard, CardGuid]:
    return service.active_card()


def presented(partner: Partner, card: VirtualCard, **more: object) -> dict[str, object]:
    message = answer(card, partner.challenge(SERVICE, X2), X2)
    return parse_object(message.encode()) | more


def events(service: ServiceUnderTest) -> int:
    return service.installation.audit.head(service.clock.now()).size


def results(partner: Partner, *items: object) -> list[str]:
    body = {"presentations": list(items)}
    return [
        one["reason"] if one["decision"] is None else one["decision"]["code"]
        for one in partner.call(BATCH, body)["results"]
    ]


def test_many_presentations_are_decided_at_once_each_for_itself(
    service: ServiceUnderTest, partner: Partner, held: tuple[VirtualCard, CardGuid]
) -> None:
    card, _ = held
    good, over_asking = presented(partner, card), presented(partner, card, asked=["birth_date"])
    size = events(service)
    found = results(partner, good, {"nonce": "x"}, over_asking, "junk", good)
    assert found == ["granted", "malformed_message", "asks_too_much", "malformed_message",
                     "try_again"]  # fmt: skip
    recorded = {one.reasons for one in service.installation.history.recent(3)}
    assert recorded == {(), ("attribute_not_allowed",), ("challenge_unknown",)}
    assert events(service) == size + 3
    assert results(partner, good) == ["try_again"]


def test_a_batch_of_nothing_readable_decides_nothing(
    service: ServiceUnderTest, partner: Partner
) -> None:
    size = events(service)
    assert results(partner, 1, None) == ["malformed_message"] * 2
    assert events(service) == size


def test_anothers_answer_in_a_batch_is_refused(
    service: ServiceUnderTest,
    partner: Partner,
    other: Partner,
    held: tuple[VirtualCard, CardGuid],
) -> None:
    stolen = presented(partner, held[0])
    assert results(other, stolen) == ["try_again"]
    assert service.last_reason() is ReasonCode.CHALLENGE_MISBOUND
    assert results(partner, stolen) == ["granted"]


def test_a_code_is_checked_in_one_call_and_is_x0(
    service: ServiceUnderTest, partner: Partner, held: tuple[VirtualCard, CardGuid]
) -> None:
    text = signed(service, held[1])
    shown = {"service": SERVICE, "text": text}
    denied = partner.call(CREDENTIALS, shown)
    assert (denied["granted"], denied["code"], denied["level"]) == (False, "level_too_low", "X0")
    service.put_policy(AssuranceLevel.X0)
    try:
        granted = partner.call(CREDENTIALS, shown)
        assert (granted["granted"], granted["level"]) == (True, "X0")
        claims = service.installation.check_receipt(granted["receipt"])
        assert (claims["level"], claims["aud"], claims["service"]) == ("X0", RELYING_PARTY, SERVICE)
        assert "nonce_sha256" not in claims
        asking = shown | {"asked": ["personal_number"]}
        assert partner.call(CREDENTIALS, asking)["code"] == "asks_too_much"
        assert partner.call(CREDENTIALS, shown | {"service": "khac"})["code"] == "not_permitted"
    finally:
        service.put_policy()


def signed(
    service: ServiceUnderTest,
    guid: CardGuid,
    signer: CredentialSigner | None = None,
    **changed: object,
) -> str:
    """Sign what a face says of a card, with our own key or another one."""
    installation = service.installation
    with installation.store.transaction() as unit:
        card = unit.card(guid)
    said = {
        "issuer": installation.settings.issuer,
        "guid": guid,
        "full_name": "Nguyễn Văn Ân",
        "card_type": card.card_type,
        "issued_at": service.clock.now(),
        "expires_at": card.expires_at,
    }
    claims = encode_claims(CardCredential(**(said | changed)))  # type: ignore[arg-type]
    return (signer or installation.faces.signers[Realm.PRODUCTION]).sign(claims)


def test_a_code_that_is_not_ours_or_is_out_of_date_is_refused(
    service: ServiceUnderTest,
    partner: Partner,
    held: tuple[VirtualCard, CardGuid],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    guid = held[1]
    vault = SoftwareVault.open(tmp_path_factory.mktemp("v") / "vault", "khác", cost=CHEAP)
    forger = CredentialSigner(vault, vault.generate("k", VaultAlgorithm.ECDSA_P256))
    past = service.clock.now() - timedelta(seconds=1)
    texts = {
        ReasonCode.CREDENTIAL_BAD_SIGNATURE: signed(service, guid, forger),
        ReasonCode.MALFORMED_CREDENTIAL: "NCF",
        ReasonCode.CREDENTIAL_MISISSUED: signed(service, guid, issuer="khac.vn"),
        ReasonCode.CREDENTIAL_EXPIRED: signed(service, guid, expires_at=past),
        ReasonCode.CARD_TYPE_MISMATCH: signed(service, guid, card_type=CardType.BUSINESS),
    }
    service.put_policy(AssuranceLevel.X0)
    try:
        for reason, text in texts.items():
            answered = partner.call(CREDENTIALS, {"service": SERVICE, "text": text})
            assert answered["granted"] is False
            assert service.last_reason() is reason
    finally:
        service.put_policy()


def test_where_a_card_stands_is_told_by_guid_and_by_ones_own_receipt(
    service: ServiceUnderTest, partner: Partner, other: Partner
) -> None:
    card, guid = service.active_card()
    decided = partner.call(BATCH, {"presentations": [presented(partner, card)]})
    receipt = decided["results"][0]["decision"]["receipt"]
    for query in ({"card": guid.urn}, {"card": str(guid)}, {"receipt": receipt}):
        answered = partner.call(STATUS, query)
        assert answered.keys() == {"state", "usable", "at"}
        assert (answered["state"], answered["usable"]) == ("active", True)
    final, at = RevocationReason.KEY_COMPROMISE, service.clock.now()
    text = signed(service, guid)
    lifecycle.revoke(service.installation.store, guid, reason=final, operator="hung", at=at)
    assert partner.call(STATUS, {"receipt": receipt})["state"] == "revoked"
    shown = partner.call(CREDENTIALS, {"service": SERVICE, "text": text})
    assert shown["code"] == "card_revoked"
    assert other.refused(STATUS, {"receipt": receipt}) == "403 access_denied"
    head, claims, signature = receipt.split(".")
    forged = f"{head}.{claims}.{signature[::-1]}"
    assert partner.refused(STATUS, {"receipt": forged})[:3] in {"400", "409"}
    assert partner.refused(STATUS, {"card": CardGuid(bytes(16)).urn}) == "404 card_unknown"
    assert (
        partner.refused(STATUS, {"card": guid.urn, "receipt": receipt}) == "400 malformed_message"
    )
    refused = partner.call(BATCH, {"presentations": [{"nonce": "A" * 43, "objects": {},
                                                      "proofs": {}}]})  # fmt: skip
    about_none = refused["results"][0]["decision"]["receipt"]
    assert partner.refused(STATUS, {"receipt": about_none}) == "403 access_denied"
