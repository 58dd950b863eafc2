"""What a virtual card remembers without power, and the state it leaves the factory in.

Personas load objects and keys through ``put_object`` and ``put_key``; the applet changes a
copy and commits it whole, so that a failed write leaves the card as it was.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum, unique

from cardsvc.card import tlv
from cardsvc.card.piv import (
    PIV_AID,
    SYMMETRIC_KEY_OCTETS,
    Algorithm,
    KeySlot,
    ObjectTag,
)
from cardsvc.errors import CardError, ReasonCode

from .stored_key import (
    SUPPORTED,
    CardPrivateKey,
    KeyOrigin,
    PinPolicy,
    StoredKey,
    default_pin_policy,
)

MAX_OBJECT_OCTETS = 0x7F00
"""Largest object content: well past the 16 kB that a photo takes (field notes), short of the
65,535 octets that one vpcd message carries."""
PIN_OCTETS = 8
"""A PIN or PUK travels padded with FF to 8 octets (SP 800-73-5 Part 2 section 2.4.3)."""

FACTORY_PIN = "123456"
FACTORY_PUK = "12345678"
FACTORY_TRIES = 3
_FACTORY_KEY_PATTERN = bytes.fromhex("0102030405060708")
"""The published default management key repeats these octets to the key's size."""

ATR_EXTENDED = bytes.fromhex("3B8501" + "8073C021C0" + "56")
"""T=1; card capabilities: DF by name, chaining and extended length (ISO/IEC 7816-4, 8.1.1.2.7)."""
ATR_SHORT = bytes.fromhex("3B8501" + "8073C02180" + "16")
"""The same, with command chaining only."""
DEFAULT_DISCOVERY = tlv.encode_all([(0x4F, PIV_AID), (0x5F2F, b"\x40\x00")])
"""Discovery Object: the PIV application PIN is the only one (Part 1 section 3.3.2)."""


@unique
class VendorInstructions(StrEnum):
    """Which vendor's additions the card understands."""

    NONE = "none"
    YUBICO = "yubico"
    OPENFIPS201 = "openfips201"


@dataclass(frozen=True, slots=True)
class CardOptions:
    """How this card differs from others of its kind.

    Args:
        short_apdus_only: an extended APDU is refused with 6700.
        vendor: which vendor's instructions are understood.
        reselect_resets_security: selecting PIV again logs out, as several security keys do;
            the specification keeps the state (SP 800-73-5 Part 2 section 3.1.1).
        exact_le: a short Le above what there is to give is refused with 6Cxx, as T=0 cards do.
        management_metadata: GET METADATA answers for 9B too, as security keys of 5.3 on do.
        rsa_only: the card knows no elliptic curves, as the first PIV cards.
    """

    short_apdus_only: bool = False
    vendor: VendorInstructions = VendorInstructions.NONE
    reselect_resets_security: bool = False
    exact_le: bool = False
    management_metadata: bool = True
    rsa_only: bool = False

    @property
    def key_algorithms(self) -> tuple[Algorithm, ...]:
        """The algorithms of the key pairs that the card can make and take."""
        if self.rsa_only:
            return tuple(algorithm for algorithm in SUPPORTED if algorithm.is_rsa)
        return SUPPORTED


@dataclass(frozen=True, slots=True)
class PinState:
    """A PIN or PUK with its retry counter.

    Args:
        octets: 8 octets, padded with FF.
        tries: tries left, 0 is blocked.
        limit: where the counter goes back to, 1 to 15.
    """

    octets: bytes = field(repr=False)
    tries: int = FACTORY_TRIES
    limit: int = FACTORY_TRIES

    @classmethod
    def of(cls, text: str, limit: int = FACTORY_TRIES) -> PinState:
        """Return the state of a PIN of 6 to 8 ASCII characters.

        Raises:
            CardError: of another form; the text is not repeated.
        """
        if not 6 <= len(text) <= PIN_OCTETS or not text.isascii() or not 1 <= limit <= 15:
            raise CardError(ReasonCode.PIN_FORMAT, "a PIN has 6 to 8 ASCII characters")
        return cls(text.encode("ascii").ljust(PIN_OCTETS, b"\xff"), limit, limit)


@dataclass(frozen=True, slots=True)
class ManagementKey:
    """The key of slot 9B: 3DES or AES (SP 800-78-5 table 6-3)."""

    algorithm: Algorithm
    octets: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.octets) != SYMMETRIC_KEY_OCTETS.get(self.algorithm):
            raise CardError(ReasonCode.UNSUPPORTED_ALGORITHM, "not a management key")

    @classmethod
    def default(cls, algorithm: Algorithm) -> ManagementKey:
        """Return the published default, 0102…08 repeated to the algorithm's size."""
        size = SYMMETRIC_KEY_OCTETS[algorithm]
        return cls(algorithm, (_FACTORY_KEY_PATTERN * 4)[:size])


@dataclass(slots=True)
class CardState:
    """All that a card keeps without power.

    Args:
        management_key: slot 9B.
        pin: the PIV application PIN, 80.
        puk: the unblocking key, 81.
        options: how the card behaves.
        serial: the vendor's serial number, 4 octets.
        objects: tag to content without the 53 (or 7E, 7F61) envelope.
        keys: slot to private key.
    """

    management_key: ManagementKey
    pin: PinState
    puk: PinState
    options: CardOptions = field(default_factory=CardOptions)
    serial: int = 1
    objects: dict[int, bytes] = field(default_factory=dict, repr=False)
    keys: dict[KeySlot, StoredKey] = field(default_factory=dict)

    @classmethod
    def factory(
        cls,
        management_algorithm: Algorithm = Algorithm.AES_192,
        options: CardOptions | None = None,
        serial: int = 1,
    ) -> CardState:
        """Return a card as the market delivers it: default key, PIN and PUK, no keys.

        Args:
            management_algorithm: 3DES (03) or AES; the key is the published default.
            options: how the card behaves.
            serial: 0 to 4,294,967,295.
        """
        return cls(
            ManagementKey.default(management_algorithm),
            PinState.of(FACTORY_PIN),
            PinState.of(FACTORY_PUK),
            options or CardOptions(),
            serial,
            {ObjectTag.DISCOVERY: DEFAULT_DISCOVERY},
        )

    @property
    def atr(self) -> bytes:
        """The answer to reset; it tells short-only cards apart and nothing else."""
        return ATR_SHORT if self.options.short_apdus_only else ATR_EXTENDED

    def copy(self) -> CardState:
        """Return a draft whose changes don't touch this state."""
        return replace(self, objects=dict(self.objects), keys=dict(self.keys))

    def put_object(self, tag: int, content: bytes) -> None:
        """Store an object's content (without its envelope); empty content deletes it.

        Raises:
            CardError: larger than ``MAX_OBJECT_OCTETS``.
        """
        if len(content) > MAX_OBJECT_OCTETS:
            raise CardError(ReasonCode.UNEXPECTED_STATUS, "the object does not fit the card")
        if content:
            self.objects[int(tag)] = content
        else:
            self.objects.pop(int(tag), None)

    def put_key(
        self,
        slot: KeySlot,
        private_key: CardPrivateKey,
        *,
        pin_policy: PinPolicy | None = None,
        origin: KeyOrigin = KeyOrigin.IMPORTED,
    ) -> None:
        """Store a private key; without a policy the slot's own holds.

        Raises:
            CardError: not P-256, P-384, RSA-2048 or RSA-3072.
        """
        policy = pin_policy or default_pin_policy(slot)
        self.keys[slot] = StoredKey(private_key, policy, origin)

    def set_pin(self, text: str, limit: int = FACTORY_TRIES) -> None:
        """Set the PIN and fill its counter.

        Raises:
            CardError: not 6 to 8 ASCII characters.
        """
        self.pin = PinState.of(text, limit)

    def set_puk(self, text: str, limit: int = FACTORY_TRIES) -> None:
        """Set the PUK and fill its counter.

        Raises:
            CardError: not 6 to 8 ASCII characters.
        """
        self.puk = PinState.of(text, limit)

    def set_management_key(self, algorithm: Algorithm, octets: bytes) -> None:
        """Set the key of slot 9B.

        Raises:
            CardError: octets of another size than the algorithm's key.
        """
        self.management_key = ManagementKey(algorithm, octets)

    def block_pin(self) -> None:
        """Leave no try on the PIN."""
        self.pin = replace(self.pin, tries=0)

    def block_puk(self) -> None:
        """Leave no try on the PUK."""
        self.puk = replace(self.puk, tries=0)
