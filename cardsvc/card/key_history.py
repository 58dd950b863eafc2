"""The Key History Object: how many retired key management keys a card holds.

Spec: SP 800-73-5 Part 1 section 3.3.3 and table 19.
"""

from __future__ import annotations

from dataclasses import dataclass

from cardsvc.card import tlv
from cardsvc.card.piv import KeySlot
from cardsvc.card.template import (
    TAG_ERROR_DETECTION_CODE,
    parse_template,
    refuse_overlong,
    require,
)
from cardsvc.errors import Malformed, ReasonCode

TAG_ON_CARD = 0xC1
TAG_OFF_CARD = 0xC2
TAG_URL = 0xF3
MAX_RETIRED_KEYS = 20
MAX_URL_OCTETS = 118


@dataclass(frozen=True, slots=True)
class KeyHistory:
    """Retired keys with a certificate on the card (82 upwards) and off it (95 downwards).

    Args:
        on_card: keys whose certificate the card holds, 0 to 20.
        off_card: keys whose certificate stands at ``url``, together at most 20.
        url: where those are found; empty where there are none.
    """

    on_card: int = 0
    off_card: int = 0
    url: str = ""

    @property
    def slots_with_certificate(self) -> tuple[KeySlot, ...]:
        """The slots whose certificate objects have to be on the card."""
        return tuple(KeySlot(KeySlot.RETIRED_1 + n) for n in range(self.on_card))


def parse_key_history(octets: bytes) -> KeyHistory:
    """Parse the object's contents.

    Raises:
        Malformed: MALFORMED_KEY_HISTORY, a count missing, repeated or too high, a URL that
            is overlong or not ASCII.
    """
    reason = ReasonCode.MALFORMED_KEY_HISTORY
    found = parse_template(octets, reason)
    counts = require(found, TAG_ON_CARD, reason), require(found, TAG_OFF_CARD, reason)
    if any(len(count) != 1 for count in counts):
        raise Malformed(reason, "a count has one octet")
    on_card, off_card = counts[0][0], counts[1][0]
    url = refuse_overlong(found.get(TAG_URL, b""), MAX_URL_OCTETS, TAG_URL, reason)
    if on_card + off_card > MAX_RETIRED_KEYS:
        raise Malformed(reason, "more than twenty retired keys")
    if not url.isascii():
        raise Malformed(reason, "the URL is not ASCII")
    return KeyHistory(on_card, off_card, url.decode("ascii"))


def encode_key_history(history: KeyHistory) -> bytes:
    """Return the object's contents.

    Raises:
        Malformed: counts or URL that ``parse_key_history`` would refuse, or a URL missing
            where certificates are off the card.
    """
    reason = ReasonCode.MALFORMED_KEY_HISTORY
    counts_fit = min(history.on_card, history.off_card) >= 0 and (
        history.on_card + history.off_card <= MAX_RETIRED_KEYS
    )
    if not counts_fit or not history.url.isascii() or bool(history.url) != bool(history.off_card):
        raise Malformed(reason, "counts and URL do not fit each other")
    url = refuse_overlong(history.url.encode("ascii"), MAX_URL_OCTETS, TAG_URL, reason)
    return tlv.encode_all(
        [
            (TAG_ON_CARD, bytes([history.on_card])),
            (TAG_OFF_CARD, bytes([history.off_card])),
            (TAG_URL, url),
            (TAG_ERROR_DETECTION_CODE, b""),
        ]
    )
