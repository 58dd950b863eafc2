"""The closed vocabularies that every package shares."""

from __future__ import annotations

from enum import IntEnum, StrEnum, unique


@unique
class CardType(StrEnum):
    """What the card is issued as; each type has its own issuing CA."""

    CIVIL_SERVANT = "civil_servant"
    INDIVIDUAL = "individual"
    BUSINESS = "business"


CARD_TYPE_VI: dict[CardType, str] = {
    CardType.CIVIL_SERVANT: "Thẻ cán bộ, công chức, viên chức điện tử",
    CardType.INDIVIDUAL: "Thẻ điện tử cá nhân",
    CardType.BUSINESS: "Thẻ điện tử doanh nghiệp",
}


@unique
class AssuranceLevel(IntEnum):
    """Our own scale of assurance; never labelled with the State's level names.

    X0 number or QR only, X1 genuine chip, X2 chip and PIN, X3 X2 and an officer's photo match,
    X4 hand-off to the national e-ID.
    """

    X0 = 0
    X1 = 1
    X2 = 2
    X3 = 3
    X4 = 4


@unique
class RevocationReason(StrEnum):
    """RFC 5280 section 5.3.1 CRLReason, those that a card can meet."""

    UNSPECIFIED = "unspecified"
    KEY_COMPROMISE = "keyCompromise"
    AFFILIATION_CHANGED = "affiliationChanged"
    SUPERSEDED = "superseded"
    CESSATION_OF_OPERATION = "cessationOfOperation"
    CERTIFICATE_HOLD = "certificateHold"
    PRIVILEGE_WITHDRAWN = "privilegeWithdrawn"


@unique
class ApplicationKind(StrEnum):
    """Why a card is asked for; all but the first name the card whose place the new one takes."""

    NEW = "new"
    RENEW = "renew"
    REPLACE_LOST = "replace_lost"
    REPLACE_DAMAGED = "replace_damaged"
    REPLACE_CHANGED = "replace_changed"
    REPLACE_FAULTY = "replace_faulty"


@unique
class SuspensionCause(StrEnum):
    """Why a card is locked. Only a leave has a day on which it ends by itself."""

    LEAVE = "leave"
    LOSS = "loss"
    INVESTIGATION = "investigation"
    OTHER = "other"


@unique
class WithdrawalCause(StrEnum):
    """Why a card is withdrawn for good."""

    RETIRED = "retired"
    LEFT = "left"
    TRANSFERRED = "transferred"
    DECEASED = "deceased"
    DISCIPLINE = "discipline"
    LOST = "lost"
    STOLEN = "stolen"
    DAMAGED = "damaged"
    OTHER = "other"


@unique
class Realm(StrEnum):
    """What a card and a partner are for; a card of one realm is no card in the other."""

    PRODUCTION = "production"
    SANDBOX = "sandbox"
