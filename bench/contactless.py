"""What a tap takes over the air: a model of ISO/IEC 14443 type A at 106 kbit/s.

No contactless reader is at hand, so the time is computed from the octets that went over the wire
to a virtual card, as they would go in blocks:

- an elementary time unit is 128/fc with fc = 13.56 MHz: 9.44 us (ISO/IEC 14443-3 section 6.1);
- an octet takes 9 of them, its parity bit with it; a frame 1 more to start and 2 to end
  (ISO/IEC 14443-3 section 6.2.3; a card's frame ends after 1);
- between frames lie at least 1172/fc, 86 us, in either direction (section 6.2.1);
- a block has a PCB of 1 octet and a CRC of 2, no CID and no NAD; what does not fit one frame is
  chained, each link answered by an R(ACK) of 3 octets (ISO/IEC 14443-4 sections 7.1 and 7.5);
- before the first block come REQA, two levels of anticollision for a UID of 7 octets, RATS and
  an ATS of 20 octets (ISO/IEC 14443-3 section 6.5, ISO/IEC 14443-4 section 5).

Not in it: how often a reader looks for cards, what the card takes to answer SELECT and GET DATA,
waiting-time extensions, higher bit rates, and errors on the air.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

CARD_SIGNATURE_MS = 59.0
"""A P-256 signature on a smart card, the median over many products."""
FRAME_OCTETS = (64, 256)
"""FSC and FSD, the longest frame that card and reader take (ISO/IEC 14443-4 table 1)."""

_FC_HZ = 13_560_000
_ETU_MS = 128 / _FC_HZ * 1e3
_DELAY_MS = 1172 / _FC_HZ * 1e3
_ETUS_PER_OCTET, _ETUS_PER_FRAME = 9, 3
_BLOCK_OCTETS = 3
"""PCB and CRC; an R(ACK) is nothing else."""
_REQA_ETUS = 7 + _ETUS_PER_FRAME
"""A short frame of 7 bits without parity."""
_ACTIVATION_OCTETS = (2, 2, 5, 9, 3, 2, 5, 9, 3, 4, 22)
"""ATQA; per level ANTICOLLISION, UID, SELECT, SAK; RATS and ATS, CRCs with them."""


@dataclass(frozen=True)
class Exchanged:
    """A command and its response.

    Attributes:
        command: octets of the command.
        response: octets of the response, status word and all.
    """

    command: int
    response: int


def activation_ms() -> float:
    """Return what it takes until the first APDU can go out."""
    frames = sum(_frame_ms(octets) for octets in _ACTIVATION_OCTETS)
    return _REQA_ETUS * _ETU_MS + _DELAY_MS + frames


def air_ms(exchanged: Sequence[Exchanged], frame_octets: int) -> float:
    """Return what APDUs take over the air, the card's computing left out.

    Args:
        exchanged: the APDUs of a tap.
        frame_octets: the longest frame in either direction.
    """
    return sum(
        _chain_ms(octets, frame_octets)
        for one in exchanged
        for octets in (one.command, one.response)
    )


def tap_ms(exchanged: Sequence[Exchanged], frame_octets: int) -> float:
    """Return what a tap takes over the air with activation and one signature of the card's."""
    return activation_ms() + air_ms(exchanged, frame_octets) + CARD_SIGNATURE_MS


def _chain_ms(octets: int, frame_octets: int) -> float:
    """Return what one APDU takes in one direction, acknowledgements of its links included."""
    blocks = -(-octets // (frame_octets - _BLOCK_OCTETS))
    links = blocks - 1
    carried = octets + (blocks + links) * _BLOCK_OCTETS
    frames = blocks + links
    etus = carried * _ETUS_PER_OCTET + frames * _ETUS_PER_FRAME
    return etus * _ETU_MS + frames * _DELAY_MS


def _frame_ms(octets: int) -> float:
    return (octets * _ETUS_PER_OCTET + _ETUS_PER_FRAME) * _ETU_MS + _DELAY_MS
