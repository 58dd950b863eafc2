"""Two servers on one database: a revocation at one is seen at the other, at once, everywhere."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from werkzeug.test import Client, TestResponse

from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import KeySlot
from cardsvc.errors import VerificationError
from cardsvc.lifecycle import CardState
from cardsvc.store.verification_store import SqlCardDirectory
from cardsvc.terms import CardType, RevocationReason
from issuance import lifecycle
from tests.support.databases import DatabaseServer, SqliteServer
from tests.support.installations import ServiceUnderTest, TickingClock, open_cheaply, serve
from verification.status.list_token import verify_status_list
from web.app import create_app
from web.bootstrap import Installation

CIVIL = CardType.CIVIL_SERVANT


@dataclass
class Server:
    """One server as its clients see it."""

    installation: Installation

    def __post_init__(self) -> None:
        self.client = Client(create_app(self.installation.services))

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=headers)

    def seen(self, guid: CardGuid, certificate: x509.Certificate) -> tuple[object, ...]:
        """Return what each of the four ways says of a card: the words for good are None."""
        issuer = self.installation.pki.factory.issuer(CIVIL)
        request = (
            ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, hashes.SHA256()).build()
        )
        encoded = base64.b64encode(request.public_bytes(Encoding.DER)).decode()
        answer = ocsp.load_der_ocsp_response(self.get(f"/status/ocsp/{encoded}").data)
        crl = x509.load_der_x509_crl(self.get(f"/status/{CIVIL.value}.crl").data)
        listed = crl.get_revoked_certificate_by_serial_number(certificate.serial_number)
        place = self.installation.services.places.place(guid)
        assert place is not None
        uri = self.installation.services.status.list_uri(place.list_number)
        assert uri is not None
        token = self.get(f"/status/list/{place.list_number}").data.decode()
        keys = self.get("/.well-known/jwks.json").json
        assert keys is not None
        said = verify_status_list(token, keys, expected_uri=uri, at=self.installation.clock.now())
        found = SqlCardDirectory(self.installation.database).find(guid)
        assert found is not None
        try:
            said.require_valid(place.index)
            listed_as = None
        except VerificationError as error:
            listed_as = error.reason.value
        return (
            answer.revocation_reason.value if answer.revocation_reason else None,
            listed.extensions[0].value.reason.value if listed else None,
            listed_as,
            None if found.card.state is CardState.ACTIVE else found.card.state.value,
        )


GOOD = (None, None, None, None)
HELD = ("certificateHold", "certificateHold", "card_suspended", "suspended")
GONE = ("keyCompromise", "keyCompromise", "card_revoked", "revoked")


@pytest.fixture
def servers(
    database_server: DatabaseServer, tmp_path: Path
) -> Iterator[tuple[ServiceUnderTest, Server, Server]]:
    sqlite = isinstance(database_server, SqliteServer)
    url = "" if sqlite else database_server.migrated_url()
    with serve(tmp_path, url) as service:
        first = service.installation
        clock = TickingClock(service.clock.at + timedelta(minutes=1))
        second = open_cheaply(first.settings, clock)
        yield service, Server(first), Server(second)
        second.close()


def test_a_revocation_is_seen_everywhere_at_once(
    servers: tuple[ServiceUnderTest, Server, Server],
) -> None:
    service, first, second = servers
    _, guid = service.active_card()
    store = first.installation.store
    with store.transaction() as unit:
        key = unit.card(guid).key(KeySlot.CARD_AUTHENTICATION)
    assert key is not None
    certificate = x509.load_der_x509_certificate(key.certificate_der)
    assert first.seen(guid, certificate) == second.seen(guid, certificate) == GOOD
    slowest = 0.0

    def both_see(expected: tuple[object, ...], started: float) -> None:
        nonlocal slowest
        for server in (second, first):
            assert server.seen(guid, certificate) == expected
        slowest = max(slowest, time.monotonic() - started)

    for _ in range(3):
        started = time.monotonic()
        lifecycle.suspend(store, guid, operator="lan", at=service.clock.now())
        both_see(HELD, started)
        started = time.monotonic()
        lifecycle.resume(second.installation.store, guid, operator="lan", at=service.clock.now())
        both_see(GOOD, started)
    started = time.monotonic()
    lifecycle.revoke(
        second.installation.store,
        guid,
        reason=RevocationReason.KEY_COMPROMISE,
        operator="lan",
        at=service.clock.now(),
    )
    both_see(GONE, started)
    assert slowest < 2.0


def test_both_serve_one_edition_and_numbers_never_fall(
    servers: tuple[ServiceUnderTest, Server, Server],
) -> None:
    service, first, second = servers
    _, guid = service.active_card()
    store = first.installation.store
    paths = (f"/status/{CIVIL.value}.crl", "/status/list/1")
    seen: list[int] = []

    def look(server: Server) -> None:
        crl = x509.load_der_x509_crl(server.get(paths[0]).data)
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        seen.append(number)
        assert server.get(paths[1]).status_code == 200

    for change in (lifecycle.suspend, lifecycle.resume) * 4:
        change(store, guid, operator="lan", at=service.clock.now())
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(look, [first, second] * 3))
        for path in paths:
            mine, other = first.get(path), second.get(path)
            assert mine.data == other.data
            assert mine.headers["ETag"] == other.headers["ETag"]
            assert mine.last_modified == other.last_modified
            again = second.get(path, **{"If-None-Match": mine.headers["ETag"]})
            assert (again.status_code, again.data) == (304, b"")
        # one edition for each change, not for each who asked, unless two signed at once
        assert set(seen[-6:]) <= set(range(max(seen[:-6], default=0), max(seen) + 1))
    assert len(set(seen)) <= 16
    token = jwt.decode(first.get(paths[1]).data, options={"verify_signature": False})
    assert token["sub"].endswith("/status/list/1")
