"""PIV's names for slots, objects, algorithms and PINs.

Spec: SP 800-73-5 Part 1 tables 3, 4 and Part 2 section 3; SP 800-78-5 tables 6-2, 6-3;
vendor instructions as the common Java Card applets and security keys share them.
"""

from __future__ import annotations

from enum import IntEnum, unique

PIV_AID = bytes.fromhex("A000000308000010000100")
"""The full application identifier, version 01.00 (SP 800-73-5 Part 1 section 2.2)."""
PIV_AID_TRUNCATED = PIV_AID[:9]
"""Right-truncated AID, by which every edition of the application is selected."""


@unique
class Ins(IntEnum):
    """Instruction octets: SP 800-73-5 Part 2 table 2, and the vendors' additions."""

    VERIFY = 0x20
    CHANGE_REFERENCE_DATA = 0x24
    RESET_RETRY_COUNTER = 0x2C
    GENERATE_ASYMMETRIC = 0x47
    GENERAL_AUTHENTICATE = 0x87
    SELECT = 0xA4
    GET_RESPONSE = 0xC0
    GET_DATA = 0xCB
    PUT_DATA = 0xDB
    # vendors'
    IMPORT_KEY = 0xFE
    SET_MANAGEMENT_KEY = 0xFF
    GET_VERSION = 0xFD
    RESET = 0xFB
    SET_PIN_RETRIES = 0xFA
    ATTEST = 0xF9
    GET_SERIAL = 0xF8
    GET_METADATA = 0xF7


@unique
class PinReference(IntEnum):
    """Key references of PINs (SP 800-73-5 Part 1 table 4)."""

    GLOBAL = 0x00
    APPLICATION = 0x80
    PUK = 0x81
    PAIRING_CODE = 0x98


@unique
class KeySlot(IntEnum):
    """Asymmetric key references and their use (SP 800-73-5 Part 1 table 4)."""

    AUTHENTICATION = 0x9A
    SIGNATURE = 0x9C
    KEY_MANAGEMENT = 0x9D
    CARD_AUTHENTICATION = 0x9E
    RETIRED_1 = 0x82
    RETIRED_2 = 0x83
    RETIRED_3 = 0x84
    RETIRED_4 = 0x85
    RETIRED_5 = 0x86
    RETIRED_6 = 0x87
    RETIRED_7 = 0x88
    RETIRED_8 = 0x89
    RETIRED_9 = 0x8A
    RETIRED_10 = 0x8B
    RETIRED_11 = 0x8C
    RETIRED_12 = 0x8D
    RETIRED_13 = 0x8E
    RETIRED_14 = 0x8F
    RETIRED_15 = 0x90
    RETIRED_16 = 0x91
    RETIRED_17 = 0x92
    RETIRED_18 = 0x93
    RETIRED_19 = 0x94
    RETIRED_20 = 0x95

    @property
    def is_retired(self) -> bool:
        """True for 82 to 95, the retired key management keys."""
        return self < KeySlot.AUTHENTICATION


MANAGEMENT_KEY_SLOT = 0x9B


@unique
class Algorithm(IntEnum):
    """Cryptographic algorithm identifiers (SP 800-78-5 tables 6-2 and 6-3).

    RSA_1024 and RSA_4096 are named only so that a foreign card's answer can be told.
    """

    TDES_DEFAULT = 0x00
    TDES = 0x03
    RSA_3072 = 0x05
    RSA_1024 = 0x06
    RSA_2048 = 0x07
    AES_128 = 0x08
    AES_192 = 0x0A
    AES_256 = 0x0C
    ECC_P256 = 0x11
    ECC_P384 = 0x14
    RSA_4096 = 0x16

    @property
    def is_symmetric(self) -> bool:
        """True for the management key's algorithms."""
        return self in SYMMETRIC_KEY_OCTETS

    @property
    def is_rsa(self) -> bool:
        """True for RSA of any size."""
        return self in RSA_MODULUS_OCTETS


SYMMETRIC_KEY_OCTETS = {
    Algorithm.TDES_DEFAULT: 24,
    Algorithm.TDES: 24,
    Algorithm.AES_128: 16,
    Algorithm.AES_192: 24,
    Algorithm.AES_256: 32,
}
SYMMETRIC_BLOCK_OCTETS = {
    Algorithm.TDES_DEFAULT: 8,
    Algorithm.TDES: 8,
    Algorithm.AES_128: 16,
    Algorithm.AES_192: 16,
    Algorithm.AES_256: 16,
}
RSA_MODULUS_OCTETS = {
    Algorithm.RSA_1024: 128,
    Algorithm.RSA_2048: 256,
    Algorithm.RSA_3072: 384,
    Algorithm.RSA_4096: 512,
}
EC_FIELD_OCTETS = {Algorithm.ECC_P256: 32, Algorithm.ECC_P384: 48}


@unique
class ObjectTag(IntEnum):
    """BER-TLV tags of the data objects (SP 800-73-5 Part 1 table 3)."""

    CARD_CAPABILITY_CONTAINER = 0x5FC107
    CHUID = 0x5FC102
    CERTIFICATE_AUTHENTICATION = 0x5FC105
    FINGERPRINTS = 0x5FC103
    SECURITY_OBJECT = 0x5FC106
    FACIAL_IMAGE = 0x5FC108
    CERTIFICATE_CARD_AUTHENTICATION = 0x5FC101
    CERTIFICATE_SIGNATURE = 0x5FC10A
    CERTIFICATE_KEY_MANAGEMENT = 0x5FC10B
    PRINTED_INFORMATION = 0x5FC109
    DISCOVERY = 0x7E
    KEY_HISTORY = 0x5FC10C
    CERTIFICATE_RETIRED_1 = 0x5FC10D
    CERTIFICATE_RETIRED_2 = 0x5FC10E
    CERTIFICATE_RETIRED_3 = 0x5FC10F
    CERTIFICATE_RETIRED_4 = 0x5FC110
    CERTIFICATE_RETIRED_5 = 0x5FC111
    CERTIFICATE_RETIRED_6 = 0x5FC112
    CERTIFICATE_RETIRED_7 = 0x5FC113
    CERTIFICATE_RETIRED_8 = 0x5FC114
    CERTIFICATE_RETIRED_9 = 0x5FC115
    CERTIFICATE_RETIRED_10 = 0x5FC116
    CERTIFICATE_RETIRED_11 = 0x5FC117
    CERTIFICATE_RETIRED_12 = 0x5FC118
    CERTIFICATE_RETIRED_13 = 0x5FC119
    CERTIFICATE_RETIRED_14 = 0x5FC11A
    CERTIFICATE_RETIRED_15 = 0x5FC11B
    CERTIFICATE_RETIRED_16 = 0x5FC11C
    CERTIFICATE_RETIRED_17 = 0x5FC11D
    CERTIFICATE_RETIRED_18 = 0x5FC11E
    CERTIFICATE_RETIRED_19 = 0x5FC11F
    CERTIFICATE_RETIRED_20 = 0x5FC120
    IRIS_IMAGES = 0x5FC121
    BIOMETRIC_GROUP_TEMPLATE = 0x7F61
    SECURE_MESSAGING_CERTIFICATE = 0x5FC122
    PAIRING_CODE = 0x5FC123


CERTIFICATE_OBJECT: dict[KeySlot, ObjectTag] = {
    KeySlot.AUTHENTICATION: ObjectTag.CERTIFICATE_AUTHENTICATION,
    KeySlot.SIGNATURE: ObjectTag.CERTIFICATE_SIGNATURE,
    KeySlot.KEY_MANAGEMENT: ObjectTag.CERTIFICATE_KEY_MANAGEMENT,
    KeySlot.CARD_AUTHENTICATION: ObjectTag.CERTIFICATE_CARD_AUTHENTICATION,
} | {
    KeySlot(KeySlot.RETIRED_1 + n): ObjectTag(ObjectTag.CERTIFICATE_RETIRED_1 + n)
    for n in range(20)
}

PIN_GATED_OBJECTS = frozenset(
    {
        ObjectTag.FINGERPRINTS,
        ObjectTag.FACIAL_IMAGE,
        ObjectTag.PRINTED_INFORMATION,
        ObjectTag.IRIS_IMAGES,
        ObjectTag.PAIRING_CODE,
    }
)
"""Objects that the card shows only after a PIN (SP 800-73-5 Part 1 table 2, contact)."""

CONTAINER_ID: dict[ObjectTag, int] = {
    ObjectTag.CARD_CAPABILITY_CONTAINER: 0xDB00,
    ObjectTag.CHUID: 0x3000,
    ObjectTag.CERTIFICATE_AUTHENTICATION: 0x0101,
    ObjectTag.FINGERPRINTS: 0x6010,
    ObjectTag.SECURITY_OBJECT: 0x9000,
    ObjectTag.FACIAL_IMAGE: 0x6030,
    ObjectTag.CERTIFICATE_CARD_AUTHENTICATION: 0x0500,
    ObjectTag.CERTIFICATE_SIGNATURE: 0x0100,
    ObjectTag.CERTIFICATE_KEY_MANAGEMENT: 0x0102,
    ObjectTag.PRINTED_INFORMATION: 0x3001,
    ObjectTag.DISCOVERY: 0x6050,
    ObjectTag.KEY_HISTORY: 0x6060,
    ObjectTag.IRIS_IMAGES: 0x1015,
    ObjectTag.BIOMETRIC_GROUP_TEMPLATE: 0x1016,
    ObjectTag.SECURE_MESSAGING_CERTIFICATE: 0x1017,
    ObjectTag.PAIRING_CODE: 0x1018,
} | {ObjectTag(ObjectTag.CERTIFICATE_RETIRED_1 + n): 0x1001 + n for n in range(20)}
"""Container identifiers, which the Security Object's mapping uses (Part 1 table 2)."""
