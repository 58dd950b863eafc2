"""A partner gets new names for everybody; its old receipts are still explained."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cardsvc.audit import AuditAction
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.terms import RevocationReason
from cardsvc.wire.fields import parse_object
from issuance import lifecycle
from reader_agent.virtual.card import VirtualCard
from tests.support.installations import RELYING_PARTY, SERVICE, ServiceUnderTest, serve
from tests.support.partner import X1, Partner, answer, conforming_partner, other_partner
from web.cli import main

BATCH, STATUS = "/partner/v1/verifications:batch", "/partner/v1/status"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceUnderTest]:
    with serve(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture(scope="module")
def partner(service: ServiceUnderTest) -> Iterator[Partner]:
    with conforming_partner(service) as made:
        yield made


def tap(partner: Partner, card: VirtualCard) -> Any:
    shown = parse_object(answer(card, partner.challenge(SERVICE), X1).encode())
    return partner.call(BATCH, {"presentations": [shown]})["results"][0]["decision"]


def test_new_names_from_the_next_tap_on_and_the_old_ones_explained(
    service: ServiceUnderTest, partner: Partner, tmp_path: Path
) -> None:
    card, guid = service.active_card()
    old = tap(partner, card)["pseudonym"]
    assert tap(partner, card)["pseudonym"] == old
    desk, at = service.installation.services.flows.pseudonyms, service.clock.now()
    mapping = dict(desk.rotate(RELYING_PARTY, operator="quan-tri", at=at))
    told = tap(partner, card)
    assert told["pseudonym"] == mapping[old] != old
    assert service.installation.check_receipt(told["receipt"])["pseudonym"] == mapping[old]
    with service.installation.store.transaction() as unit:
        holder = unit.card(guid).holder_id
    for name in (old, mapping[old]):
        found = desk.explain(RELYING_PARTY, name, operator="quan-tri", at=at)
        assert found == (holder, mapping[old])
    newest = service.installation.audit.events(subject=holder)[0].event
    assert newest.action is AuditAction.PSEUDONYM_EXPLAINED
    assert old not in str(newest)


def test_a_card_is_asked_after_by_the_name_that_the_partner_knows(
    service: ServiceUnderTest, partner: Partner
) -> None:
    card, guid = service.active_card()
    name = tap(partner, card)["pseudonym"]
    assert partner.call(STATUS, {"pseudonym": name})["state"] == "active"
    at, reason = service.clock.now(), RevocationReason.KEY_COMPROMISE
    lifecycle.revoke(service.installation.store, guid, reason=reason, operator="hung", at=at)
    assert partner.call(STATUS, {"pseudonym": name})["usable"] is False
    other = other_partner(service, partner)
    assert other.refused(STATUS, {"pseudonym": name}) == "404 card_unknown"
    for nobody in ("v1.AAAAAAAAAAAAAAAAAAAAAA", "x"):
        assert partner.refused(STATUS, {"pseudonym": nobody}) == "404 card_unknown"


@pytest.mark.reason(ReasonCode.RELYING_PARTY_UNKNOWN)
def test_what_can_not_be_explained_is_said_to_be_so(service: ServiceUnderTest) -> None:
    desk, at = service.installation.services.flows.pseudonyms, service.clock.now()
    cases = {
        (RELYING_PARTY, "v1.AAAAAAAAAAAAAAAAAAAAAA"): ReasonCode.HOLDER_UNKNOWN,
        (RELYING_PARTY, "v9.AAAAAAAAAAAAAAAAAAAAAA"): ReasonCode.KEY_UNKNOWN,
        (RELYING_PARTY, "v1"): ReasonCode.MALFORMED_MESSAGE,
        ("khong-co", "v1.AAAAAAAAAAAAAAAAAAAAAA"): ReasonCode.RELYING_PARTY_UNKNOWN,
    }
    service.active_card()
    for (party, name), reason in cases.items():
        with pytest.raises(CardsvcError) as caught:
            desk.explain(party, name, operator="quan-tri", at=at)
        assert caught.value.reason is reason
    with pytest.raises(CardsvcError) as caught:
        desk.rotate("khong-co", operator="quan-tri", at=at)
    assert caught.value.reason is ReasonCode.RELYING_PARTY_UNKNOWN


def test_the_commands(service: ServiceUnderTest, partner: Partner, tmp_path: Path) -> None:
    card, _ = service.active_card()
    old = tap(partner, card)["pseudonym"]
    environment = service.installation.settings.as_environment()
    by = ("--operator", "quan-tri")
    file = tmp_path / "names.csv"

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(main, ("partner", *arguments, *by), env=environment)
        assert result.exit_code == 0, result.output
        return str(result.output).strip()

    quantity = run("rotate-pseudonyms", RELYING_PARTY, "--mapping", str(file)).split("\t")[1]
    assert file.stat().st_mode & 0o077 == 0
    rows = list(csv.reader(file.read_text("utf-8").splitlines()))
    assert (rows[0], len(rows)) == (["old", "new"], int(quantity) + 1)
    new = dict(rows[1:])[old]
    assert tap(partner, card)["pseudonym"] == new
    holder, present = run("explain-pseudonym", RELYING_PARTY, old).split("\t")
    assert (bool(holder), present) == (True, new)
    again = ("partner", "rotate-pseudonyms", RELYING_PARTY, "--mapping", str(file), *by)
    assert CliRunner().invoke(main, again, env=environment).exit_code == 1
