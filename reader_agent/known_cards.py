"""The cards that were granted something here: a card that comes again need not be read again.

A card signs first; from its signature follows which keys may have made it, and so which of the
certificates kept here it would have shown. That certificate goes to the judge as if the card had
given it, and the judge does all that it does for any: a known card is quicker, never trusted.
Only what a judge has granted is kept, so that nobody can put a forged certificate beside
another card's key. In memory alone: which cards were here is on no disk (ADR 0034).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TypeVar

from cardsvc.card.key_recovery import recover_public_keys
from cardsvc.card.piv import Algorithm
from cardsvc.card.public_key import algorithm_of, spki_sha256
from cardsvc.errors import CardsvcError
from verification.card_certificate import read_card_certificate

CARDS_KEPT = 4096
"""Certificates of some 600 octets: less than 5 MB in all."""
KINDS_KEPT = 64

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


class KnownCards:
    """Certificates of card authentication by their keys. Safe to share between threads.

    Args:
        most: how many are kept; the one not seen for longest goes first.
    """

    def __init__(self, most: int = CARDS_KEPT) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._certificates: OrderedDict[bytes, bytes] = OrderedDict()
        self._kinds: OrderedDict[bytes, Algorithm] = OrderedDict()

    def likely_algorithm(self, atr: bytes) -> Algorithm:
        """Return the algorithm of the last card with this answer to reset; P-256 where none was.

        A guess that fails costs one APDU, or the reading of the certificate.
        """
        with self._lock:
            return self._kinds.get(atr, Algorithm.ECC_P256)

    def find(self, algorithm: Algorithm, signature: bytes, message: bytes) -> bytes | None:
        """Return the certificate's object of the known card whose key signed a message.

        Args:
            algorithm: with which the card was asked to sign.
            signature: its answer.
            message: what it was to sign.

        Returns:
            The content as it stood inside tag 53; None where no known card has signed that.
        """
        keys = [spki_sha256(key) for key in recover_public_keys(algorithm, signature, message)]
        with self._lock:
            for key in keys:
                if key in self._certificates:
                    self._certificates.move_to_end(key)
                    return self._certificates[key]
        return None

    def remember(self, atr: bytes, certificate: bytes) -> None:
        """Keep the certificate's object of a card that was granted something just now."""
        read = read_card_certificate(certificate)
        with self._lock:
            _keep(self._certificates, read.key_sha256, certificate, self._most)
            _keep(self._kinds, atr, algorithm_of(read.key), KINDS_KEPT)

    def forget(self, certificate: bytes) -> None:
        """Drop a certificate's object: the card is read anew the next time that it comes."""
        try:
            key = read_card_certificate(certificate).key_sha256
        except CardsvcError:
            return  # it was never kept: nobody was granted anything by it
        with self._lock:
            if self._certificates.get(key) == certificate:
                del self._certificates[key]


def _keep(kept: OrderedDict[_Key, _Value], key: _Key, value: _Value, most: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)
