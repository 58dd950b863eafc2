"""Withdrawn in the console, refused everywhere within two seconds: also by another process."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cardsvc.access_records import Role
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.errors import VerificationError
from cardsvc.terms import CardType
from reader_agent.client import ServiceClient
from reader_agent.virtual.card import VirtualCard
from tests.support.console import Browser, ConsoleUnderTest
from tests.support.databases import PostgresServer
from tests.support.installations import ServiceUnderTest, serve
from tests.support.second_process import second_process
from tests.support.taps import tap_at
from verification.status.list_token import verify_status_list

SECONDS = 2.0
OPENSSL = shutil.which("openssl")
CIVIL = CardType.CIVIL_SERVANT.value
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def console(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ConsoleUnderTest]:
    url = ""
    if request.param == "postgresql":
        started: PostgresServer | str = request.getfixturevalue("postgres_start")
        if isinstance(started, str):
            pytest.skip(started.splitlines()[0])
        url = started.migrated_url()
    with serve(tmp_path_factory.mktemp("service"), url) as service:
        yield ConsoleUnderTest(service)


@dataclass
class Outsider:
    """Somebody who sees one card through a server's public addresses, and a kiosk there."""

    service: ServiceUnderTest
    url: str
    guid: CardGuid
    card: VirtualCard
    folder: Path

    def __post_init__(self) -> None:
        pki = self.service.installation.pki
        with self.service.installation.store.transaction() as unit:
            key = unit.card(self.guid).key(KeySlot.CARD_AUTHENTICATION)
        assert key is not None
        leaf = x509.load_der_x509_certificate(key.certificate_der)
        issuer = pki.factory.issuer(CardType.CIVIL_SERVANT)
        named = (("leaf", leaf), ("issuer", issuer), ("root", pki.root_certificate))
        for name, certificate in named:
            (self.folder / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        place = self.service.installation.services.places.place(self.guid)
        assert place is not None
        self.place = place

    def get(self, path: str) -> urllib3.BaseHTTPResponse:
        return urllib3.request("GET", f"{self.url}{path}")

    def openssl(self, *arguments: object) -> str:
        done = subprocess.run(
            [OPENSSL or "", *map(str, arguments)],
            capture_output=True, text=True, check=False, cwd=self.folder,
        )  # fmt: skip
        return done.stdout + done.stderr

    def seen(self) -> tuple[str, str, str, str]:
        """Return what OCSP, CRL, status list and a kiosk say."""
        at = self.service.clock.now() + timedelta(seconds=1)
        when = ("-attime", int(at.timestamp()))
        said = self.openssl(
            *("ocsp", "-issuer", "issuer.pem", "-cert", "leaf.pem", "-url"),
            *(f"{self.url}/status/ocsp", "-CAfile", "root.pem", "-verify_other", "issuer.pem"),
            *(*when, "-validity_period", 10**9),
        )
        assert "Response verify OK" in said, said
        ocsp = said.split("leaf.pem: ")[1].split()[0]
        pem = [
            x509.load_der_x509_crl(self.get(f"/status/{name}.crl").data).public_bytes(Encoding.PEM)
            for name in ("root", CIVIL)
        ]
        (self.folder / "crls.pem").write_bytes(b"".join(pem))
        said = self.openssl(
            *("verify", "-crl_check_all", *when, "-CAfile", "root.pem", "-untrusted"),
            *("issuer.pem", "-CRLfile", "crls.pem", "leaf.pem"),
        )
        crl = "good" if "leaf.pem: OK" in said else "revoked"
        assert crl == "good" or "certificate revoked" in said, said
        return ocsp, crl, self._listed(), self._decided()

    def _listed(self) -> str:
        uri = self.service.installation.services.status.list_uri(self.place.list_number)
        assert uri is not None
        token = self.get(f"/status/list/{self.place.list_number}").data.decode()
        keys = self.get("/.well-known/jwks.json").json()
        at = self.service.clock.now()
        try:
            verify_status_list(token, keys, expected_uri=uri, at=at).require_valid(self.place.index)
        except VerificationError as error:
            return error.reason.value
        return "good"

    def _decided(self) -> str:
        client = ServiceClient(self.url, self.service.agent_token)
        decision = tap_at(client, self.card)
        return "good" if decision.granted else decision.code


def agree(
    there: Outsider, here: Outsider, expected: tuple[str, str, str, str], started: float
) -> None:
    """Both see it at the first look; the other process's has ended in the time allowed."""
    assert there.seen() == expected
    assert time.monotonic() - started < SECONDS
    assert here.seen() == expected


def test_what_is_done_in_the_console_is_seen_everywhere_within_two_seconds(
    console: ConsoleUnderTest, tmp_path: Path
) -> None:
    service = console.service
    card, guid = service.active_card()
    browser = Browser(console).sign_in(console.who(Role.APPROVER))
    with second_process(service.installation.settings) as other:
        other.do("clock", service.clock.now().isoformat(), "")
        folders = tmp_path / "here", tmp_path / "there"
        for folder in folders:
            folder.mkdir()
        here = Outsider(service, service.url, guid, card, folders[0])
        there = Outsider(service, other.url, guid, card, folders[1])
        agree(there, here, ("good", "good", "good", "good"), time.monotonic())
        address = f"/console/cards/{guid}"

        page = browser.get(f"{address}/suspend")
        assert browser.post(f"{address}/suspend", page, cause="other").status_code == 303
        held = ("revoked", "revoked", "card_suspended", "card_suspended")
        agree(there, here, held, time.monotonic())

        page = browser.get(f"{address}/resume")
        assert browser.post(f"{address}/resume", page).status_code == 303
        agree(there, here, ("good", "good", "good", "good"), time.monotonic())

        page = browser.get(f"{address}/withdraw")
        assert browser.post(f"{address}/withdraw", page, cause="left").status_code == 303
        gone = ("revoked", "revoked", "card_revoked", "card_revoked")
        agree(there, here, gone, time.monotonic())
