"""How a card comes from the market, and how to find the way into it, or back into a torn one.

Spec: SP 800-73-5 Part 2 sections 3.1 and 3.2.4. The defaults are those that vendors publish for
PIV security keys and Java Card applets: PIN 123456, PUK 12345678, management key 01 to 08.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from cardsvc.card import commands, tlv
from cardsvc.card.apdu import ResponseApdu
from cardsvc.card.certificate_object import parse_certificate_object
from cardsvc.card.guid import CardGuid
from cardsvc.card.piv import (
    MANAGEMENT_KEY_SLOT,
    SYMMETRIC_KEY_OCTETS,
    Algorithm,
    ObjectTag,
)
from cardsvc.card.piv_identifiers import card_guid
from cardsvc.errors import CardError, Malformed, ReasonCode
from issuance.personalise.administration import Administration
from issuance.personalise.conversation import Conversation, ask
from issuance.personalise.management_key import (
    ManagementKey,
    RandomOctets,
    authenticate,
    challenge_request,
    witness_request,
)
from issuance.personalise.marker import Marker, parse_guid_and_marker
from issuance.ports import CardSecrets

DEFAULT_MANAGEMENT_KEY = bytes.fromhex("0102030405060708") * 3
MANAGEMENT_ALGORITHMS = (
    Algorithm.TDES,
    Algorithm.AES_192,
    Algorithm.AES_256,
    Algorithm.AES_128,
    Algorithm.TDES_DEFAULT,
)
"""Tried in this order: the older factory state, the newer, the rest."""
OWN_ALGORITHMS = (Algorithm.AES_256, Algorithm.AES_192, Algorithm.AES_128)
"""What a card's own management key may be, the best first; 3DES only ever opens a factory card."""

TAG_METADATA_ALGORITHM = 0x01


@dataclass(frozen=True, slots=True)
class FactoryState:
    """The secrets a batch of cards is delivered with.

    Args:
        pin: the application PIN.
        puk: the PUK.
        management_key: 24 octets; AES-128 uses the first 16, AES-256 runs on from the start.
    """

    pin: str = field(default="123456", repr=False)
    puk: str = field(default="12345678", repr=False)
    management_key: bytes = field(default=DEFAULT_MANAGEMENT_KEY, repr=False)

    def key(self, algorithm: Algorithm) -> ManagementKey:
        """Return the management key as a card of that algorithm is delivered with."""
        octets = (self.management_key * 2)[: SYMMETRIC_KEY_OCTETS[algorithm]]
        return ManagementKey(algorithm, octets)


@dataclass(frozen=True, slots=True)
class FoundCard:
    """What a card tells before anything is proved; all of it only guides the search.

    Args:
        guid: whose secrets it may hold, or None.
        marker: the journal of an unfinished personalisation, or None.
        pin_tries: tries left on the PIN, or None where the card does not say.
        algorithms: those under which its management key may stand.
    """

    guid: CardGuid | None
    marker: Marker | None
    pin_tries: int | None
    algorithms: tuple[Algorithm, ...]


def look_at_card() -> Conversation[FoundCard]:
    """SELECT the application and read what guides the search for its secrets.

    Raises:
        RefusedByCard: there is no PIV application.
        CardError: the management key is of no known algorithm.
    """
    selected, chuid, certificate, metadata, pin = yield from ask(
        commands.select_piv(),
        commands.get_data(ObjectTag.CHUID),
        commands.get_data(ObjectTag.CERTIFICATE_CARD_AUTHENTICATION),
        commands.get_metadata(MANAGEMENT_KEY_SLOT),
        commands.pin_status(),
    )
    commands.parse_application_properties(selected)
    guid, marker = parse_guid_and_marker(_content(chuid, ObjectTag.CHUID))
    if guid is None:
        guid = _guid_of_certificate(
            _content(certificate, ObjectTag.CERTIFICATE_CARD_AUTHENTICATION)
        )
    algorithm = _metadata_algorithm(metadata)
    if algorithm is not None:
        algorithms: tuple[Algorithm, ...] = (algorithm,)
    else:
        algorithms = yield from _probe_algorithms()
    return FoundCard(guid, marker, pin.status.tries_left, algorithms)


def _content(response: ResponseApdu, tag: ObjectTag) -> bytes:
    try:
        return commands.parse_object(response, tag)
    except (CardError, Malformed):
        return b""


def _guid_of_certificate(content: bytes) -> CardGuid | None:
    """Return the GUID of a card authentication certificate; the second way to a torn card's."""
    try:
        return card_guid(parse_certificate_object(content))
    except Malformed:
        return None


def _metadata_algorithm(response: ResponseApdu) -> Algorithm | None:
    """Return what the vendors' GET METADATA says; most cards do not know it."""
    if not response.status.ok:
        return None
    try:
        octets = tlv.parse_unique(response.data)[TAG_METADATA_ALGORITHM]
        algorithm = Algorithm(int.from_bytes(octets, "big"))
    except (KeyError, ValueError):
        return None
    return algorithm if algorithm.is_symmetric else None


def _probe_algorithms() -> Conversation[tuple[Algorithm, ...]]:
    for request in (witness_request, challenge_request):
        responses = yield from ask(*(request(algorithm) for algorithm in MANAGEMENT_ALGORITHMS))
        answered = tuple(
            algorithm
            for algorithm, response in zip(MANAGEMENT_ALGORITHMS, responses, strict=True)
            if response.status.ok
        )
        if answered:
            return answered
    raise CardError(ReasonCode.UNSUPPORTED_ALGORITHM, "no management key answers")


def open_card(
    found: FoundCard,
    owner: CardGuid | None,
    *,
    secrets: CardSecrets,
    factory: FactoryState,
    random_octets: RandomOctets,
) -> Conversation[Administration]:
    """Prove the factory's management key to the card, or the one it was given in a torn run.

    Args:
        found: what the card told.
        owner: the record of ours whose secrets it may hold, or None.
        secrets: the diversified secrets.
        factory: the secrets of delivery.
        random_octets: for challenges.

    Raises:
        CardError: neither key opens it (MANAGEMENT_KEY_REFUSED).
    """
    for key in _candidates(found, owner, secrets, factory):
        opened = yield from authenticate(key, random_octets)
        if opened:
            return Administration(key, random_octets)
    raise CardError(ReasonCode.MANAGEMENT_KEY_REFUSED, "neither the factory's key nor ours opens")


def _candidates(
    found: FoundCard, owner: CardGuid | None, secrets: CardSecrets, factory: FactoryState
) -> Iterator[ManagementKey]:
    factory_keys = [factory.key(algorithm) for algorithm in found.algorithms]
    own_keys = [
        ManagementKey(algorithm, secrets.management_key(owner, algorithm))
        for algorithm in found.algorithms
        if owner is not None and algorithm in OWN_ALGORITHMS
    ]
    # the management key is the last secret to change: while the marker stands, it is as delivered
    # unless a finished card was started over; either way a wrong key costs no PIN try
    yield from factory_keys if found.marker else own_keys
    yield from own_keys if found.marker else factory_keys
