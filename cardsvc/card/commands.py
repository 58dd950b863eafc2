"""PIV commands as values, and what their responses mean.

The session sends these one by one; personalisation sends them in batches through an agent.
Spec: SP 800-73-5 Part 2 section 3, and the vendors' instructions where said so.
"""

from __future__ import annotations

from dataclasses import dataclass

from cardsvc.card import tlv
from cardsvc.card.apdu import SHORT_NE_LIMIT, CommandApdu, ResponseApdu
from cardsvc.card.piv import (
    MANAGEMENT_KEY_SLOT,
    PIV_AID_TRUNCATED,
    Algorithm,
    Ins,
    KeySlot,
    ObjectTag,
    PinReference,
)
from cardsvc.card.status import StatusWord
from cardsvc.errors import CardError, Malformed, ReasonCode

PIN_OCTETS = 8
PIN_PADDING = b"\xff"

TAG_DYNAMIC_AUTHENTICATION = 0x7C
TAG_WITNESS = 0x80
TAG_CHALLENGE = 0x81
TAG_RESPONSE = 0x82
TAG_EXPONENTIATION = 0x85

TAG_APPLICATION_PROPERTY = 0x61
TAG_OBJECT_DATA = 0x53
TAG_OBJECT_TAG_LIST = 0x5C


class WrongPin(CardError):
    """The PIN or PUK did not match; ``tries_left`` says how often it may still be tried."""

    def __init__(self, tries_left: int) -> None:
        reason = ReasonCode.PIN_WRONG if tries_left else ReasonCode.PIN_BLOCKED
        super().__init__(reason, f"{tries_left} tries left")
        self.tries_left = tries_left


class RefusedByCard(CardError):
    """A status word other than 9000."""

    def __init__(self, reason: ReasonCode, status: StatusWord, what: str) -> None:
        super().__init__(reason, f"{what}: {status}")
        self.status = status


_REASONS = {
    StatusWord.NOT_FOUND: ReasonCode.OBJECT_MISSING,
    StatusWord.REFERENCE_NOT_FOUND: ReasonCode.KEY_MISSING,
    StatusWord.SECURITY_NOT_SATISFIED: ReasonCode.PIN_REQUIRED,
    StatusWord.AUTHENTICATION_BLOCKED: ReasonCode.PIN_BLOCKED,
}


def expect_success(response: ResponseApdu, what: str) -> bytes:
    """Return the response's data.

    Raises:
        RefusedByCard: any status word but 9000; the reason tells absent from forbidden.
    """
    if response.status.ok:
        return response.data
    reason = _REASONS.get(response.status, ReasonCode.UNEXPECTED_STATUS)
    raise RefusedByCard(reason, response.status, what)


@dataclass(frozen=True, slots=True)
class ApplicationProperties:
    """The application property template that SELECT answers (Part 2 table 3)."""

    aid: bytes
    label: str = ""


def select_piv(aid: bytes = PIV_AID_TRUNCATED) -> CommandApdu:
    """SELECT the PIV application (Part 2 section 3.1.1)."""
    return CommandApdu(0x00, Ins.SELECT, 0x04, 0x00, aid, SHORT_NE_LIMIT)


def parse_application_properties(response: ResponseApdu) -> ApplicationProperties:
    """Return what SELECT answered.

    Cards in the field leave out or wrap the template differently; only 9000 is insisted on.

    Raises:
        RefusedByCard: there is no PIV application.
    """
    if not response.status.ok:
        raise RefusedByCard(ReasonCode.NO_PIV_APPLICATION, response.status, "SELECT")
    try:
        template = tlv.parse_unique(tlv.parse_one(response.data, TAG_APPLICATION_PROPERTY))
    except Malformed:
        return ApplicationProperties(b"")
    label = template.get(0x50, b"").decode("utf-8", "replace")
    return ApplicationProperties(template.get(0x4F, b""), label)


def get_data(tag: int) -> CommandApdu:
    """GET DATA of one object by tag (Part 2 section 3.1.2)."""
    tag_list = tlv.encode(TAG_OBJECT_TAG_LIST, tlv.encode_tag(tag))
    return CommandApdu(0x00, Ins.GET_DATA, 0x3F, 0xFF, tag_list, SHORT_NE_LIMIT)


def parse_object(response: ResponseApdu, tag: int) -> bytes:
    """Return an object's content, as it stands inside tag 53 (7E and 7F61 are their own).

    Raises:
        RefusedByCard: absent (6A82, or empty), PIN required (6982) or another status.
        Malformed: the envelope is not one data object of the tag due.
    """
    data = expect_success(response, f"GET DATA {tag:X}")
    own_tag = tag in (ObjectTag.DISCOVERY, ObjectTag.BIOMETRIC_GROUP_TEMPLATE)
    content = tlv.parse_one(data, tag if own_tag else TAG_OBJECT_DATA)
    if not content:  # so card makers clear objects, the Discovery Object as well
        raise RefusedByCard(ReasonCode.OBJECT_MISSING, response.status, f"GET DATA {tag:X}: empty")
    return content


def put_data(tag: int, content: bytes) -> CommandApdu:
    """PUT DATA of one object; empty content deletes it (Part 2 section 3.3.1)."""
    if tag in (ObjectTag.DISCOVERY, ObjectTag.BIOMETRIC_GROUP_TEMPLATE):
        data = tlv.encode(tag, content)
    else:
        data = tlv.encode(TAG_OBJECT_TAG_LIST, tlv.encode_tag(tag)) + tlv.encode(
            TAG_OBJECT_DATA, content
        )
    return CommandApdu(0x00, Ins.PUT_DATA, 0x3F, 0xFF, data)


def encode_pin(pin: str) -> bytes:
    """Return a PIN or PUK padded with FF to 8 octets (Part 2 section 2.4.3).

    Raises:
        CardError: not 6 to 8 characters of printable ASCII; the text is not repeated in it.
    """
    if not 6 <= len(pin) <= PIN_OCTETS or not pin.isascii() or not pin.isprintable():
        raise CardError(ReasonCode.PIN_FORMAT, "a PIN has 6 to 8 ASCII characters")
    return pin.encode("ascii").ljust(PIN_OCTETS, PIN_PADDING)


def verify_pin(pin: str, reference: PinReference = PinReference.APPLICATION) -> CommandApdu:
    """VERIFY a PIN (Part 2 section 3.2.1)."""
    return CommandApdu(0x00, Ins.VERIFY, 0x00, reference, encode_pin(pin))


def pin_status(reference: PinReference = PinReference.APPLICATION) -> CommandApdu:
    """VERIFY without data: asks for the tries left and burns none."""
    return CommandApdu(0x00, Ins.VERIFY, 0x00, reference)


def change_pin(old: str, new: str, reference: PinReference) -> CommandApdu:
    """CHANGE REFERENCE DATA of the PIN or the PUK (Part 2 section 3.2.2)."""
    return CommandApdu(
        0x00, Ins.CHANGE_REFERENCE_DATA, 0x00, reference, encode_pin(old) + encode_pin(new)
    )


def unblock_pin(puk: str, new_pin: str) -> CommandApdu:
    """RESET RETRY COUNTER with the PUK (Part 2 section 3.2.3)."""
    data = encode_pin(puk) + encode_pin(new_pin)
    return CommandApdu(0x00, Ins.RESET_RETRY_COUNTER, 0x00, PinReference.APPLICATION, data)


def check_pin_response(response: ResponseApdu) -> None:
    """Accept 9000.

    Raises:
        WrongPin: 63Cx, or 6983 where no try is left.
        RefusedByCard: any other status.
    """
    if response.status.ok:
        return
    tries = response.status.tries_left
    if tries is not None:
        raise WrongPin(tries)
    if response.status == StatusWord.AUTHENTICATION_BLOCKED:
        raise WrongPin(0)
    raise RefusedByCard(ReasonCode.UNEXPECTED_STATUS, response.status, "PIN")


def general_authenticate(
    algorithm: int, key_reference: int, template: list[tuple[int, bytes]]
) -> CommandApdu:
    """GENERAL AUTHENTICATE with a dynamic authentication template (Part 2 section 3.2.4)."""
    data = tlv.encode(TAG_DYNAMIC_AUTHENTICATION, tlv.encode_all(template))
    return CommandApdu(
        0x00, Ins.GENERAL_AUTHENTICATE, algorithm, key_reference, data, SHORT_NE_LIMIT
    )


def sign(algorithm: Algorithm, slot: KeySlot, prepared: bytes) -> CommandApdu:
    """Ask for a signature.

    Args:
        algorithm: the key's algorithm.
        slot: the key.
        prepared: a digest for ECC; a whole padded block of modulus size for RSA.
    """
    return general_authenticate(algorithm, slot, [(TAG_RESPONSE, b""), (TAG_CHALLENGE, prepared)])


def agree(algorithm: Algorithm, slot: KeySlot, peer_point: bytes) -> CommandApdu:
    """Ask for an ECDH shared secret with an uncompressed point (Part 2 appendix A.4)."""
    return general_authenticate(
        algorithm, slot, [(TAG_RESPONSE, b""), (TAG_EXPONENTIATION, peer_point)]
    )


def parse_authentication(response: ResponseApdu, expected_tag: int = TAG_RESPONSE) -> bytes:
    """Return the one value that GENERAL AUTHENTICATE answered under ``expected_tag``.

    Raises:
        RefusedByCard: no such key, PIN required, or another status.
        Malformed: not a dynamic authentication template with that value.
    """
    data = expect_success(response, "GENERAL AUTHENTICATE")
    template = tlv.parse_unique(tlv.parse_one(data, TAG_DYNAMIC_AUTHENTICATION))
    if expected_tag not in template:
        raise Malformed(ReasonCode.MALFORMED_RESPONSE, f"the card left out tag {expected_tag:02X}")
    return template[expected_tag]


def generate_key(slot: KeySlot, algorithm: Algorithm) -> CommandApdu:
    """GENERATE ASYMMETRIC KEY PAIR (Part 2 section 3.3.2)."""
    control = tlv.encode(0xAC, tlv.encode(0x80, bytes([algorithm])))
    return CommandApdu(0x00, Ins.GENERATE_ASYMMETRIC, 0x00, slot, control, SHORT_NE_LIMIT)


def set_management_key(algorithm: Algorithm, key: bytes) -> CommandApdu:
    """SET MANAGEMENT KEY, the instruction that security keys and common applets share.

    Source: Yubico PIV extensions, instruction FF with P1 P2 FF FF (no touch).
    """
    data = bytes([algorithm, MANAGEMENT_KEY_SLOT, len(key)]) + key
    return CommandApdu(0x00, Ins.SET_MANAGEMENT_KEY, 0xFF, 0xFF, data)


def get_metadata(key_reference: int) -> CommandApdu:
    """GET METADATA of a key (vendor instruction F7)."""
    return CommandApdu(0x00, Ins.GET_METADATA, 0x00, key_reference, ne=SHORT_NE_LIMIT)
