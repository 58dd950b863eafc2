"""The Discovery Object: which PINs open the card, and which one is asked for.

Spec: SP 800-73-5 Part 1 section 3.3.2 and table 18.
"""

from __future__ import annotations

from dataclasses import dataclass

from cardsvc.card import tlv
from cardsvc.card.piv import PIV_AID, ObjectTag, PinReference
from cardsvc.card.template import parse_template, require
from cardsvc.errors import Malformed, ReasonCode

TAG_AID = 0x4F
TAG_PIN_USAGE_POLICY = 0x5F2F

_APPLICATION_PIN = 0x40
_GLOBAL_PIN = 0x20
_ON_CARD_COMPARISON = 0x10
_VIRTUAL_CONTACT = 0x08
_NO_PAIRING_CODE = 0x04
_GLOBAL_IS_PRIMARY = 0x20


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the card says of its PINs.

    Args:
        aid: the application's identifier, 5 to 16 octets.
        policy: first octet of the PIN usage policy: what satisfies the access rules.
        preference: second octet: which PIN the holder is used to; 00 where there is one.
    """

    aid: bytes = PIV_AID
    policy: int = _APPLICATION_PIN
    preference: int = 0

    @property
    def takes_application_pin(self) -> bool:
        """True where the PIV card application PIN opens the card."""
        return bool(self.policy & _APPLICATION_PIN)

    @property
    def takes_global_pin(self) -> bool:
        """True where the global PIN opens it as well."""
        return bool(self.policy & _GLOBAL_PIN)

    @property
    def takes_on_card_comparison(self) -> bool:
        """True where a fingerprint compared on the card opens it as well."""
        return bool(self.policy & _ON_CARD_COMPARISON)

    @property
    def has_virtual_contact_interface(self) -> bool:
        """True where the card offers the virtual contact interface."""
        return bool(self.policy & _VIRTUAL_CONTACT)

    @property
    def needs_pairing_code(self) -> bool:
        """True where that interface opens only with the pairing code."""
        return self.has_virtual_contact_interface and not self.policy & _NO_PAIRING_CODE

    @property
    def primary_pin(self) -> PinReference:
        """The PIN to ask for: the global one only where the card takes and prefers it."""
        if self.takes_global_pin and (
            self.preference == _GLOBAL_IS_PRIMARY or not self.takes_application_pin
        ):
            return PinReference.GLOBAL
        return PinReference.APPLICATION


def parse_discovery(octets: bytes) -> Discovery:
    """Parse what stands inside tag 7E; a 7E around it is taken off.

    Raises:
        Malformed: MALFORMED_DISCOVERY, a field missing, repeated or of another length.
    """
    reason = ReasonCode.MALFORMED_DISCOVERY
    found = parse_template(octets, reason)
    if set(found) == {int(ObjectTag.DISCOVERY)}:
        found = parse_template(found[ObjectTag.DISCOVERY], reason)
    aid = require(found, TAG_AID, reason)
    policy = require(found, TAG_PIN_USAGE_POLICY, reason)
    if not 5 <= len(aid) <= 16 or len(policy) != 2:
        raise Malformed(reason, "the AID or the PIN usage policy has another length")
    return Discovery(aid, policy[0], policy[1])


def encode_discovery(discovery: Discovery) -> bytes:
    """Return what stands inside tag 7E."""
    policy = bytes([discovery.policy, discovery.preference])
    return tlv.encode_all([(TAG_AID, discovery.aid), (TAG_PIN_USAGE_POLICY, policy)])
