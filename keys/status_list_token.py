"""Signs Status List Tokens: the status of a million cards in a few kilobytes of JWT.

Spec: draft-ietf-oauth-status-list-17 section 5.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from cardsvc.clock import require_utc
from cardsvc.status_list import CARD_STATUS_BITS, StatusList
from cardsvc.status_records import ListedStatuses, PublishedDocument
from cardsvc.terms import Realm
from cardsvc.wire.signed_claims import SIGNATURE_ALGORITHM
from keys.crl import CRL_LIFETIME
from keys.ports import CardStatusLists
from keys.published import Publisher
from keys.signers import key_id
from keys.vault import KeyHandle, KeyVault
from keys.vault_key import VaultEllipticCurveKey

STATUS_LIST_TYPE = "statuslist+jwt"
"""The ``typ`` of the token."""
STATUS_LIST_LIFETIME = CRL_LIFETIME
"""``exp``: what goes for a door without network and a CRL goes for a list, too."""
STATUS_LIST_TTL = timedelta(seconds=60)
"""``ttl``: after this a consumer with a network asks again."""
STATUS_LIST_REFRESH = timedelta(hours=1)
"""A list that has not changed is signed anew after this."""


class StatusListSigner:
    """Signs Status List Tokens.

    Args:
        vault: keeps the key.
        handle: names an ECDSA_P256 key, which no other kind of token is signed with.
    """

    def __init__(self, vault: KeyVault, handle: KeyHandle) -> None:
        self._key = VaultEllipticCurveKey(vault, handle)
        self._headers = {"kid": key_id(self._key.public_key()), "typ": STATUS_LIST_TYPE}

    @property
    def kid(self) -> str:
        """The JWK thumbprint that tokens name the key by."""
        return self._headers["kid"]

    def sign(self, uri: str, aggregation_uri: str, listed: ListedStatuses, at: datetime) -> str:
        """Return a list as JWT.

        Args:
            uri: where it is published (``sub``).
            aggregation_uri: where all lists are named (section 9).
            listed: what it says.
            at: ``iat``, to the second.
        """
        issued = int(require_utc(at).timestamp())
        made = StatusList.of(listed.size, listed.statuses, CARD_STATUS_BITS)
        claims = {
            "sub": uri,
            "iat": issued,
            "exp": issued + int(STATUS_LIST_LIFETIME.total_seconds()),
            "ttl": int(STATUS_LIST_TTL.total_seconds()),
            "status_list": made.claim(aggregation_uri),
        }
        return jwt.encode(
            claims, self._key, algorithm=SIGNATURE_ALGORITHM, headers=dict(self._headers)
        )


@dataclass(frozen=True, slots=True)
class StatusListSource:
    """Where the lists come from and where they go.

    Args:
        lists: what they say.
        base_url: of the published status documents, without a final slash.
    """

    lists: CardStatusLists
    base_url: str

    def uri(self, list_number: int) -> str:
        """Return a list's address: what a card's ``status`` claim points to."""
        return f"{self.base_url}/list/{list_number}"

    @property
    def aggregation_uri(self) -> str:
        """Where all lists are named."""
        return f"{self.base_url}/lists"


class StatusListPublisher:
    """Gives the token of each list, signed anew when what it says has changed.

    Args:
        source: what the lists say, and their addresses.
        signers: of each realm's lists.
        publisher: keeps editions.
    """

    def __init__(
        self,
        source: StatusListSource,
        signers: Mapping[Realm, StatusListSigner],
        publisher: Publisher,
    ) -> None:
        self._source = source
        self._signers = dict(signers)
        self._publisher = publisher

    def numbers(self) -> Sequence[int]:
        """Return the numbers of all lists."""
        return self._source.lists.numbers()

    def uri(self, list_number: int) -> str:
        """Return a list's address."""
        return self._source.uri(list_number)

    def token(self, list_number: int, at: datetime) -> PublishedDocument | None:
        """Return a list's token, None where there is no such list."""
        changes = self._source.lists.changes(list_number)
        uri, all_lists = self._source.uri(list_number), self._source.aggregation_uri

        def sign(last: int) -> PublishedDocument | None:
            listed = self._source.lists.read(list_number)
            if listed is None:
                return None
            token = self._signers[listed.realm].sign(uri, all_lists, listed, at)
            return PublishedDocument(token.encode("ascii"), require_utc(at), last + 1, changes)

        # the address is in the token: after a change of address there is no edition yet
        return self._publisher.current(uri, changes, at, STATUS_LIST_REFRESH, sign)
