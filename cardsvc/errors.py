"""One tree of errors; each carries a typed reason.

Parsers raise only ``Malformed``; what goes wrong while talking to a card is ``CardError``;
rules of issuance, verification and the vault have their own branch. The reason is what the
audit records and what tests assert; the message is for a developer and holds no secrets.
"""

from __future__ import annotations

from enum import StrEnum, unique


@unique
class ReasonCode(StrEnum):
    """Why something was refused or could not be read. Values are stable: they are stored."""

    # --- parsing: the octets or characters do not have the form the specification gives
    MALFORMED_TLV = "malformed_tlv"
    MALFORMED_APDU = "malformed_apdu"
    MALFORMED_RESPONSE = "malformed_response"
    MALFORMED_GUID = "malformed_guid"
    MALFORMED_FASCN = "malformed_fascn"
    MALFORMED_CHUID = "malformed_chuid"
    MALFORMED_CMS = "malformed_cms"
    MALFORMED_CERTIFICATE = "malformed_certificate"
    MALFORMED_SECURITY_OBJECT = "malformed_security_object"
    MALFORMED_FACIAL_IMAGE = "malformed_facial_image"
    MALFORMED_PRINTED_INFORMATION = "malformed_printed_information"
    MALFORMED_CCC = "malformed_ccc"
    MALFORMED_DISCOVERY = "malformed_discovery"
    MALFORMED_KEY_HISTORY = "malformed_key_history"
    MALFORMED_PUBLIC_KEY = "malformed_public_key"
    MALFORMED_CRL = "malformed_crl"
    MALFORMED_OCSP_RESPONSE = "malformed_ocsp_response"
    MALFORMED_PERSONAL_NUMBER = "malformed_personal_number"
    MALFORMED_ENTERPRISE_NUMBER = "malformed_enterprise_number"
    MALFORMED_AGENCY_CODE = "malformed_agency_code"
    MALFORMED_CARD_NUMBER = "malformed_card_number"
    MALFORMED_NAME = "malformed_name"
    MALFORMED_MESSAGE = "malformed_message"
    MALFORMED_RECEIPT = "malformed_receipt"

    # --- talking to a card or a reader
    NO_READER = "no_reader"
    NO_CARD = "no_card"
    CARD_REMOVED = "card_removed"
    CARD_RESET = "card_reset"
    CARD_SILENT = "card_silent"
    READER_FAILED = "reader_failed"
    SERVICE_UNAVAILABLE = "service_unavailable"
    NO_PIV_APPLICATION = "no_piv_application"
    OBJECT_MISSING = "object_missing"
    KEY_MISSING = "key_missing"
    UNEXPECTED_STATUS = "unexpected_status"
    UNSUPPORTED_ALGORITHM = "unsupported_algorithm"
    PIN_WRONG = "pin_wrong"
    PIN_BLOCKED = "pin_blocked"
    PIN_REQUIRED = "pin_required"
    PIN_FORMAT = "pin_format"
    MANAGEMENT_KEY_REFUSED = "management_key_refused"


class CardsvcError(Exception):
    """The root of the tree.

    Args:
        reason: the stable code that is recorded and tested.
        message: for a developer or the log; holds no secret and no full personal number.
    """

    def __init__(self, reason: ReasonCode, message: str = "") -> None:
        super().__init__(message or reason.value)
        self.reason = reason


class Malformed(CardsvcError, ValueError):
    """Octets or text are not of the form that the specification gives."""


class CardError(CardsvcError):
    """The card or the reader did not do what was asked."""


class IssuanceError(CardsvcError):
    """A rule of enrolment, approval, personalisation or lifecycle was broken."""


class VerificationError(CardsvcError):
    """A presented card, credential or status document failed a check."""


class VaultError(CardsvcError):
    """The key vault or the CA refused."""
