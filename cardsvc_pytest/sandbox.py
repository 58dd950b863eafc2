"""A whole service in this process, on loopback, with one partner: yours.

The cards are issued as real ones are: requested, approved by a second person, personalised over
APDUs, handed over, activated with a PIN.
"""

from __future__ import annotations

import json
import secrets
import socket
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from jwt.algorithms import ECAlgorithm

from cardsvc.card.guid import CardGuid
from cardsvc.clock import SystemClock
from cardsvc.partner_records import PartnerProfile
from cardsvc.terms import AssuranceLevel, CardType, Realm, RevocationReason
from cardsvc_client import PartnerClient, PartnerKey, StaticToken
from cardsvc_pytest.people import new_holder
from issuance import lifecycle
from issuance.approve import approve
from issuance.enrol import request_card
from issuance.job_records import JobOrder
from reader_agent.activation import activate_card, set_holder_pin
from reader_agent.client import ServiceClient
from reader_agent.desk import relay_job
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.state import CardOptions, CardState, VendorInstructions
from verification.policy import life
from verification.policy.simple import simple_document
from web.app import create_app
from web.bootstrap import Installation, open_installation
from web.loopback import on_loopback
from web.partners.register import KeyTerm, PartnerRegister
from web.settings import Settings

PARTNER, SERVICE = "don-vi-thu", "thu-nghiem"
HOLDER_PIN = "482913"
_KEY_ID = "khoa-thu"
_DESK = "ban-thu"
_CLERK, _APPROVER, _ISSUER, _ADMINISTRATOR = "lan", "hung", "mai", "quan-tri"


class SandboxFailed(Exception):
    """The sandbox could not do what a test asked of it."""


class SandboxClock:
    """The machine's clock, moved by as much as a test says."""

    def __init__(self) -> None:
        self._real = SystemClock()
        self.ahead = timedelta()

    def now(self) -> datetime:
        """Return the sandbox's instant."""
        return self._real.now() + self.ahead


@dataclass(frozen=True, slots=True)
class IssuedCard:
    """A card that the sandbox issued.

    Args:
        card: the card itself.
        guid: its identifier.
        holder_name: whose it is.
    """

    card: VirtualCard
    guid: CardGuid
    holder_name: str


class Sandbox:
    """What a test has of the service.

    Args:
        installation: the service.
        url: where it is.
        clock: its time.
    """

    partner_id = PARTNER
    service = SERVICE
    key_id = _KEY_ID

    def __init__(self, installation: Installation, url: str, clock: SandboxClock) -> None:
        self.url = url
        self._installation = installation
        self._clock = clock
        register, at = PartnerRegister(installation.partners), clock.now()
        profile = PartnerProfile("Đơn vị thử nghiệm", Realm.SANDBOX)
        register.enrol(PARTNER, profile, operator=_ADMINISTRATOR, at=at)
        key = ec.generate_private_key(ec.SECP256R1())
        self.private_key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        jwk = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
        jwk = {"kty": jwk["kty"], "crv": jwk["crv"], "x": jwk["x"], "y": jwk["y"]}
        keys = json.dumps({"keys": [jwk | {"kid": _KEY_ID, "alg": "ES256", "use": "sig"}]})
        register.add_key_set(PARTNER, keys.encode(), KeyTerm(), operator=_ADMINISTRATOR, at=at)
        self.put_policy(simple_document(SERVICE, CardType, AssuranceLevel.X1))
        desk = installation.access.enrol_agent(_DESK, "Bàn thử", operator=_ADMINISTRATOR, at=at)
        self._desk = ServiceClient(url, desk)
        self._clients: list[PartnerClient] = []

    def client(self, *, token: str | None = None) -> PartnerClient:
        """Return a client of ours, by our key; or by a token, as a wrong one."""
        authoriser = StaticToken(token) if token is not None else self.key()
        client = PartnerClient(self.url, PARTNER, authoriser, realm=Realm.SANDBOX.value)
        self._clients.append(client)
        return client

    def key(self) -> PartnerKey:
        """Return our key, in the sandbox's time."""
        return PartnerKey(
            self.url, PARTNER, self.private_key_pem, _KEY_ID,
            now=lambda: self._clock.now().timestamp(),
        )  # fmt: skip

    def put_policy(self, document: str) -> None:
        """Put a policy of ours in force; see docs/policy.md for its form.

        Raises:
            CardsvcError: it is none.
        """
        book, at = self._installation.policies, self._clock.now()
        draft = life.put_draft(book, PARTNER, document, author=_CLERK, at=at)
        kept = life.require_version(book, PARTNER, draft.service, draft.version)
        life.activate(book, kept, operator=_APPROVER, active_from=at, at=at)

    @contextmanager
    def at(self, instant: datetime) -> Iterator[None]:
        """Let it be another time within a block, for schedules and for what runs out.

        Args:
            instant: with its time zone.
        """
        before, self._clock.ahead = self._clock.ahead, instant - SystemClock().now()
        try:
            yield
        finally:
            self._clock.ahead = before

    def issue(self, card_type: CardType, *, activate: bool = True) -> IssuedCard:
        """Issue a card to a person of his or her own.

        Raises:
            SandboxFailed: it could not be made or activated.
        """
        installation, now = self._installation, self._clock.now
        holder = new_holder(card_type, now().date(), secrets.randbelow)
        application = str(uuid.uuid4())
        request_card(
            installation.store, application_id=application, card_type=card_type, holder=holder,
            operator=_CLERK, at=now(), realm=Realm.SANDBOX,
        )  # fmt: skip
        approve(installation.store, application, operator=_APPROVER, at=now())
        options = CardOptions(short_apdus_only=True, vendor=VendorInstructions.YUBICO)
        card = VirtualCard(CardState.factory(options=options))
        guid = self._personalise(card, application)
        lifecycle.hand_over(installation.store, guid, operator=_ISSUER, at=now())
        if activate:
            self._activate(card, guid)
        return IssuedCard(card, guid, holder.name.value)

    def suspend(self, guid: CardGuid) -> None:
        """Lock a card."""
        lifecycle.suspend(self._installation.store, guid, operator=_CLERK, at=self._clock.now())

    def revoke(self, guid: CardGuid) -> None:
        """Withdraw a card for good."""
        lifecycle.revoke(
            self._installation.store, guid, reason=RevocationReason.KEY_COMPROMISE,
            operator=_APPROVER, at=self._clock.now(),
        )  # fmt: skip

    def close(self) -> None:
        """Drop the kept connections."""
        self._desk.close()
        for client in self._clients:
            client.close()

    def _personalise(self, card: VirtualCard, application: str) -> CardGuid:
        job = self._installation.jobs.open_job(JobOrder(application, agent=_DESK, operator=_ISSUER))
        connection = connect_in_process(card)
        try:
            relayed = relay_job(self._desk, job, connection)
        finally:
            connection.close()
        if relayed.state != "personalised":
            raise SandboxFailed(f"the card ended as {relayed.state}")
        with self._installation.store.transaction() as unit:
            return unit.cards_of_application(application)[-1].guid

    def _activate(self, card: VirtualCard, guid: CardGuid) -> None:
        transport_pin = self._installation.pki.card_secrets.transport_pin(guid)
        connection = connect_in_process(card)
        try:
            set_holder_pin(connection, transport_pin, HOLDER_PIN)
            decision = activate_card(self._desk, connection, agent=_DESK, pin=HOLDER_PIN)
        finally:
            connection.close()
        if not decision.granted:
            raise SandboxFailed(f"the card was not activated: {decision.code}")


@contextmanager
def open_sandbox(folder: Path) -> Iterator[Sandbox]:
    """Open a service in a folder of its own, and serve it until the block ends.

    Args:
        folder: an empty folder.
    """
    clock = SandboxClock()
    port = _free_port()
    settings = Settings(
        data_dir=folder / "sandbox", vault_passphrase=secrets.token_hex(16), stock="off",
        port=port, issuer="cardsvc-sandbox",
    )  # fmt: skip
    installation = open_installation(settings, clock)
    try:
        app = create_app(installation.services)
        with on_loopback(app, port=port) as url:
            sandbox = Sandbox(installation, url, clock)
            try:
                yield sandbox
            finally:
                sandbox.close()
    finally:
        installation.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
