"""Bundles that somebody signed himself, put back, sent to another, tore or dated wrongly."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from cardsvc.clock import SettableClock
from cardsvc.errors import Malformed, ReasonCode, StoreError, VerificationError
from cardsvc.lifecycle import CardState
from cardsvc.terms import CardType
from reader_agent.offline.config import Caution, OfflineConfig, StaleStep
from reader_agent.offline.keeper import BundleKeeper
from reader_agent.offline.shelf import Shelf
from tests.support.bundles import (
    AT,
    RELYING_PARTY,
    BundleKey,
    PaperService,
    paper_card,
    suspended,
)
from tests.support.offline_agents import PATIENT, Seconds
from verification.bundle.manifest import BundleContent, BundleManifest, CardSetRef, verify_manifest

HOUR, YEAR = timedelta(hours=1), timedelta(days=365)


def arrange() -> PaperService:
    service = PaperService()
    service.source.put(*map(paper_card, range(10)))
    return service


def keeper(
    service: PaperService, folder: Path, machine: SettableClock | None = None
) -> BundleKeeper:
    """Return an agent's keeper; over a folder that was used before it is that agent restarted."""
    return BundleKeeper(
        RELYING_PARTY, service=service, shelf=Shelf(folder), config=PATIENT,
        machine=machine or SettableClock(service.at), monotonic=Seconds(),
    )  # fmt: skip


def refused(found: BundleKeeper) -> ReasonCode:
    before = found.bundle
    with pytest.raises((VerificationError, Malformed)) as caught:
        found.refresh()
    assert found.bundle is before
    return caught.value.reason


@pytest.mark.reason(ReasonCode.BUNDLE_BAD_SIGNATURE)
def test_a_bundle_of_another_key(tmp_path: Path) -> None:
    service = arrange()
    agent = keeper(service, tmp_path)
    agent.refresh()
    genuine = verify_manifest(service.bundle_manifest(RELYING_PARTY), service.key.key_set)
    service.replayed = BundleKey().sign(genuine.claims())
    assert refused(agent) is ReasonCode.BUNDLE_BAD_SIGNATURE
    head, claims, signature = service.bundle_manifest(RELYING_PARTY).split(".")
    own = service.key.sign(genuine.claims() | {"seq": 99}).split(".")
    service.replayed = ".".join((own[0], own[1], signature))
    assert refused(agent) is ReasonCode.BUNDLE_BAD_SIGNATURE
    assert head
    assert claims


def test_keys_of_the_first_contact_are_the_only_ones(tmp_path: Path) -> None:
    service = arrange()
    keeper(service, tmp_path).refresh()
    service.key = BundleKey()  # whoever it is that answers now
    service.press._signer = service.key
    service.pass_time(HOUR)
    assert refused(keeper(service, tmp_path)) is ReasonCode.BUNDLE_BAD_SIGNATURE


def test_a_part_that_was_changed_on_the_way_or_on_the_disk(tmp_path: Path) -> None:
    service = arrange()
    service.torn = True
    agent = keeper(service, tmp_path)
    assert refused(agent) is ReasonCode.BUNDLE_BAD_SIGNATURE
    service.torn = False
    agent.refresh()
    for part in (tmp_path / "parts").iterdir():
        part.write_bytes(b"x" + part.read_bytes())
    again = keeper(service, tmp_path)
    assert again.bundle is None
    again.refresh()
    assert again.bundle is not None


def test_a_part_that_is_changed_while_it_is_used_is_noticed_and_fetched_again(
    tmp_path: Path,
) -> None:
    service = arrange()
    agent = keeper(service, tmp_path)
    agent.refresh()
    for part in (tmp_path / "parts").iterdir():
        part.write_bytes(part.read_bytes()[:-1])
    assert agent.bundle is not None
    with pytest.raises(Malformed) as caught:
        agent.bundle.find(paper_card(1).guid)
    assert caught.value.reason is ReasonCode.MALFORMED_BUNDLE
    agent.refresh()
    assert agent.bundle.find(paper_card(1).guid) is not None


def test_a_disk_that_takes_nothing_does_not_keep_a_bundle_away(tmp_path: Path) -> None:
    service = arrange()
    agent = keeper(service, tmp_path)
    shutil.rmtree(tmp_path)
    agent.refresh()
    assert agent.bundle is not None
    assert agent.bundle.find(paper_card(1).guid) is not None
    service.source.put(suspended(paper_card(1)))
    agent.refresh()
    found = agent.bundle.find(paper_card(1).guid)
    assert found is not None
    assert found.card.state is CardState.SUSPENDED


@pytest.mark.reason(ReasonCode.BUNDLE_ROLLED_BACK)
def test_an_older_bundle_is_refused_also_after_a_restart(tmp_path: Path) -> None:
    service = arrange()
    old = service.bundle_manifest(RELYING_PARTY)
    agent = keeper(service, tmp_path / "now")
    agent.refresh()
    shutil.copytree(tmp_path / "now", tmp_path / "copy")
    service.source.put(suspended(paper_card(1)))
    service.pass_time(timedelta(minutes=1))
    agent.refresh()
    service.replayed = old
    assert refused(agent) is ReasonCode.BUNDLE_ROLLED_BACK
    restarted = keeper(service, tmp_path / "now")
    assert refused(restarted) is ReasonCode.BUNDLE_ROLLED_BACK
    # the former files are put back: what was accepted since is still known
    for name in ("manifest.jws", "keys.json"):
        shutil.copy(tmp_path / "copy" / name, tmp_path / "now" / name)
    put_back = keeper(service, tmp_path / "now")
    assert put_back.bundle is None
    assert refused(put_back) is ReasonCode.BUNDLE_ROLLED_BACK
    service.replayed = None
    put_back.refresh()
    assert put_back.bundle is not None


def test_one_number_has_one_content_and_a_date_goes_on(tmp_path: Path) -> None:
    service = arrange()
    agent = keeper(service, tmp_path)
    agent.refresh()
    genuine = verify_manifest(service.bundle_manifest(RELYING_PARTY), service.key.key_set)
    other = {**genuine.claims(), "content": {**genuine.content.claims(), "cards": {}}}
    service.replayed = service.key.sign(other)
    assert refused(agent) is ReasonCode.BUNDLE_ROLLED_BACK
    earlier = int(AT.timestamp()) - 9
    service.replayed = service.key.sign(genuine.claims() | {"seq": 99, "iat": earlier})
    assert refused(agent) is ReasonCode.BUNDLE_ROLLED_BACK


@pytest.mark.reason(ReasonCode.BUNDLE_OF_THE_FUTURE)
def test_a_bundle_of_the_far_future(tmp_path: Path) -> None:
    service = arrange()
    agent = keeper(service, tmp_path)
    agent.refresh()
    service.pass_time(YEAR)
    assert refused(agent) is ReasonCode.BUNDLE_OF_THE_FUTURE
    assert agent.time.now() == AT


@pytest.mark.reason(ReasonCode.BUNDLE_MISBOUND)
def test_a_bundle_for_somebody_else(tmp_path: Path) -> None:
    service = arrange()
    agent = keeper(service, tmp_path)
    agent.refresh()
    genuine = verify_manifest(service.bundle_manifest(RELYING_PARTY), service.key.key_set)
    for claim in ("aud", "sub"):
        service.replayed = service.key.sign(genuine.claims() | {claim: "other", "seq": 99})
        assert refused(agent) is ReasonCode.BUNDLE_MISBOUND


def test_a_clock_set_back_a_year_makes_nothing_fresh(tmp_path: Path) -> None:
    service, machine = arrange(), SettableClock(AT)
    agent = keeper(service, tmp_path, machine)
    agent.refresh()
    machine.at = AT - YEAR
    assert agent.time.now() == agent.signed_at == AT
    restarted = keeper(service, tmp_path, machine)
    assert restarted.time.now() == AT
    machine.at = AT + YEAR
    assert keeper(service, tmp_path, machine).time.now() == AT + YEAR


@pytest.mark.reason(ReasonCode.GUARD_NEEDED)
def test_an_old_bundle_opens_no_more_than_its_zone_says() -> None:
    steps = (StaleStep(HOUR, Caution.GUARD), StaleStep(2 * HOUR, Caution.DENY))
    config = OfflineConfig(steps=steps)
    assert config.caution("cua", HOUR - timedelta(seconds=1)) is Caution.ALLOW
    assert config.caution("cua", HOUR) is Caution.GUARD
    assert config.caution("cua", YEAR) is Caution.DENY


def test_junk_in_the_place_of_files_is_as_if_they_were_not_there(tmp_path: Path) -> None:
    service = arrange()
    keeper(service, tmp_path).refresh()
    for name in ("manifest.jws", "keys.json", "floor.json"):
        (tmp_path / name).write_bytes(b"\xff\x00junk")
    agent = keeper(service, tmp_path)
    assert agent.bundle is None
    agent.refresh()
    assert agent.bundle is not None


def test_an_index_of_another_length_is_malformed(tmp_path: Path) -> None:
    service = arrange()
    genuine = verify_manifest(service.bundle_manifest(RELYING_PARTY), service.key.key_set)
    ref = genuine.content.cards[CardType.INDIVIDUAL]
    content = BundleContent(
        {CardType.INDIVIDUAL: CardSetRef(12, ref.count, ref.index)},
        genuine.content.policies,
        genuine.content.issuers,
    )
    forged = BundleManifest(
        RELYING_PARTY, genuine.agent, 9, genuine.issued_at, genuine.not_after, content
    )
    service.replayed = service.key.sign(forged.claims())
    assert refused(keeper(service, tmp_path)) is ReasonCode.MALFORMED_BUNDLE


def test_a_service_that_still_makes_the_bundle_is_asked_again_soon_and_is_no_fault(
    tmp_path: Path,
) -> None:
    service = arrange()
    agent, make = keeper(service, tmp_path), service.press.manifest

    def still_making(*_: object) -> str:
        raise StoreError(ReasonCode.BUNDLE_PREPARING, "the bundle is being made")

    service.press.manifest = still_making  # type: ignore[method-assign,assignment]
    agent.step()
    assert (agent.preparing, agent.refused, agent.bundle) == (True, None, None)
    service.press.manifest = make  # type: ignore[method-assign]
    agent.step()
    assert (agent.preparing, agent.refused) == (False, None)
    assert agent.bundle is not None
