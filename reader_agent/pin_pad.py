"""A reader's own PIN pad: the holder types there, and the PIN never comes to this program.

Spec: PC/SC Workgroup part 10, "IFDs with Secure PIN Entry Capabilities", v2.02.09: sections 2.2
(features), 2.3 (FEATURE_GET_TLV_PROPERTIES), 2.5.2 (FEATURE_VERIFY_PIN_DIRECT).
"""

from __future__ import annotations

import logging
import struct
from dataclasses import dataclass
from enum import IntEnum, unique
from typing import Protocol, runtime_checkable

from cardsvc.card.apdu import ResponseApdu
from cardsvc.card.commands import PIN_OCTETS, PIN_PADDING, check_pin_response
from cardsvc.card.piv import Ins, PinReference
from cardsvc.errors import CardError, Malformed, ReasonCode

ENTRY_SECONDS = 60
"""How long the reader waits for the first key; people look for the card's PIN first."""
TYPING_SECONDS = 30
"""And from the first key on."""
PAD_TIMEOUT_SECONDS = float(ENTRY_SECONDS + TYPING_SECONDS + 10)
"""Our own bound, for a reader that forgets its own."""
_ASK_SECONDS = 5.0
_LEAST_DIGITS, _MOST_DIGITS = 6, PIN_OCTETS
_VIETNAMESE = 0x042A
"""Windows language identifier; a reader that does not know it shows its own prompt."""
_ASCII_IN_OCTETS = 0x82
"""bmFormatString: whole octets (80), no offset, left-justified (00), ASCII (02)."""
_ON_ENTER = 0x02
"""bEntryValidationCondition: the enter key ends the PIN. A full one (01) would end at six."""
_DEFAULT_PROMPT = 0xFF

_log = logging.getLogger(__name__)


@unique
class Feature(IntEnum):
    """What a reader may be able to do (part 10 section 2.2), as far as it is used here."""

    VERIFY_PIN_DIRECT = 0x06
    GET_TLV_PROPERTIES = 0x12


@unique
class Property(IntEnum):
    """What a reader tells of itself (part 10 section 2.3), as far as it is used here."""

    ENTRY_VALIDATION_CONDITION = 0x02
    LEAST_PIN_DIGITS = 0x06
    MOST_PIN_DIGITS = 0x07


_FROM_PAD = {
    0x6400: ReasonCode.PIN_NOT_TYPED,
    0x6401: ReasonCode.PIN_CANCELLED,
    0x6403: ReasonCode.PIN_FORMAT,
    0x6B80: ReasonCode.READER_FAILED,
}
"""Status words of the pad itself (part 10 section 2.5.2); any other is the card's. 6402 stands for
two new PINs that differ, and no new PIN is typed here."""


@runtime_checkable
class ReaderControl(Protocol):
    """A connection that reaches the reader itself, too (``reader_agent.pcsc.PcscConnection``)."""

    @property
    def feature_request(self) -> int:
        """CM_IOCTL_GET_FEATURE_REQUEST on this platform."""
        ...

    def control(self, code: int, octets: bytes, seconds: float) -> bytes:
        """Send the reader a control code and return its answer.

        Raises:
            CardError: it does not know the code, does not answer in time, or the card is gone.
        """
        ...


@dataclass(frozen=True, slots=True)
class PinPad:
    """A pad that PIV's PINs can be typed on.

    Args:
        reader: the connection that it belongs to.
        verify_code: the reader's control code for FEATURE_VERIFY_PIN_DIRECT.
    """

    reader: ReaderControl
    verify_code: int

    def verify_pin(self, reference: PinReference = PinReference.APPLICATION) -> None:
        """Let the holder type the PIN, and the card judge it.

        Raises:
            WrongPin: it does not match, or it is blocked.
            CardError: PIN_NOT_TYPED in time, PIN_CANCELLED, PIN_FORMAT (too short or too long),
                the card is gone, or the reader fails.
            Malformed: the answer is no status word.
        """
        block = encode_verify_block(reference)
        answer = self.reader.control(self.verify_code, block, PAD_TIMEOUT_SECONDS)
        response = ResponseApdu.parse(answer)
        reason = _FROM_PAD.get(response.status)
        if reason is not None:
            raise CardError(reason, f"PIN pad: {response.status}")
        check_pin_response(response)


def find_pin_pad(connection: object) -> PinPad | None:
    """Return the PIN pad of the reader that a card is in, or None.

    A reader that tells nothing, or nonsense, or whose pad takes fewer digits than a PIN may have
    or has no enter key, counts as one without.

    Raises:
        CardError: the card is gone, or the service.
    """
    if not isinstance(connection, ReaderControl):
        return None
    try:
        features = parse_features(connection.control(connection.feature_request, b"", _ASK_SECONDS))
        verify_code = features.get(Feature.VERIFY_PIN_DIRECT)
        if verify_code is None:
            return None
        properties_code = features.get(Feature.GET_TLV_PROPERTIES)
        if properties_code is not None:
            told = parse_properties(connection.control(properties_code, b"", _ASK_SECONDS))
            if not _takes_every_pin(told):
                _log.warning("the PIN pad takes no 6 to 8 digits, or has no enter key: not used")
                return None
    except Malformed as error:
        _log.warning("the reader's features can't be read: %s", error.reason.value)
        return None
    except CardError as error:
        if error.reason is not ReasonCode.READER_FAILED:
            raise
        return None  # it knows no features
    return PinPad(connection, verify_code)


def parse_features(octets: bytes) -> dict[int, int]:
    """Return feature to control code (part 10 section 2.2).

    Args:
        octets: entries of six octets: the feature, 4, and the code, big-endian on all platforms.

    Raises:
        Malformed: an entry is cut short, has another length, or stands twice.
    """
    if len(octets) % 6:
        raise Malformed(ReasonCode.MALFORMED_RESPONSE, "a feature is cut short")
    found: dict[int, int] = {}
    for feature, length, code in struct.iter_unpack(">BBI", octets):
        if length != 4 or feature in found:
            raise Malformed(ReasonCode.MALFORMED_RESPONSE, "a feature is overlong or stands twice")
        found[feature] = code
    return found


def parse_properties(octets: bytes) -> dict[int, bytes]:
    """Return property to value (part 10 section 2.3); numbers in it are little-endian.

    Args:
        octets: entries of one octet tag, one octet length, and the value.

    Raises:
        Malformed: an entry is cut short or stands twice.
    """
    found: dict[int, bytes] = {}
    rest = octets
    while rest:
        tag, length = rest[0], int.from_bytes(rest[1:2])
        value = rest[2 : 2 + length]
        if len(rest) < 2 + length or tag in found:
            raise Malformed(ReasonCode.MALFORMED_RESPONSE, "a property is cut short or repeated")
        found[tag] = value
        rest = rest[2 + length :]
    return found


def encode_verify_block(reference: PinReference) -> bytes:
    """Return the PIN_VERIFY structure for a PIV PIN (part 10 section 2.5.2).

    The command within is VERIFY with eight octets of padding; the pad puts 6 to 8 ASCII digits
    over their beginning (SP 800-73-5 Part 2 sections 2.4.3 and 3.2.1).
    """
    command = bytes([0x00, Ins.VERIFY, 0x00, reference, PIN_OCTETS]) + PIN_PADDING * PIN_OCTETS
    header = struct.pack(
        "<BBBBBHBBHB3sI",
        ENTRY_SECONDS,
        TYPING_SECONDS,
        _ASCII_IN_OCTETS,
        PIN_OCTETS,  # bmPINBlockString: a block of eight octets, no length before it
        0,  # bmPINLengthFormat: no length to put anywhere
        _LEAST_DIGITS << 8 | _MOST_DIGITS,
        _ON_ENTER,
        _DEFAULT_PROMPT,
        _VIETNAMESE,
        0,  # bMsgIndex
        bytes(3),  # bTeoPrologue: the driver's own
        len(command),
    )
    return header + command


def _takes_every_pin(properties: dict[int, bytes]) -> bool:
    ends = properties.get(Property.ENTRY_VALIDATION_CONDITION)
    if ends is not None and not int.from_bytes(ends, "little") & _ON_ENTER:
        return False  # without an enter key a PIN of six digits can't be told from one of eight
    least = int.from_bytes(properties.get(Property.LEAST_PIN_DIGITS, b""), "little")
    most = int.from_bytes(properties.get(Property.MOST_PIN_DIGITS, b""), "little")
    return least <= _LEAST_DIGITS and (most == 0 or most >= _MOST_DIGITS)
