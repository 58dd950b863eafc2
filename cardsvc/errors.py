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
    MALFORMED_BIOMETRIC = "malformed_biometric"
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
    MALFORMED_DATE = "malformed_date"
    MALFORMED_INSURANCE_NUMBER = "malformed_insurance_number"
    MALFORMED_PHONE_NUMBER = "malformed_phone_number"
    MALFORMED_EMAIL_ADDRESS = "malformed_email_address"
    MALFORMED_DOSSIER_NUMBER = "malformed_dossier_number"
    MALFORMED_CITIZEN_QR = "malformed_citizen_qr"
    MALFORMED_MESSAGE = "malformed_message"
    MALFORMED_FORM = "malformed_form"
    MALFORMED_RECEIPT = "malformed_receipt"
    MALFORMED_STATUS_LIST = "malformed_status_list"
    MALFORMED_CREDENTIAL = "malformed_credential"
    MALFORMED_SEARCH = "malformed_search"
    MALFORMED_AGENCY_LIST = "malformed_agency_list"
    MALFORMED_LAYOUT = "malformed_layout"
    MALFORMED_POLICY = "malformed_policy"
    MALFORMED_BLANK_SERIAL = "malformed_blank_serial"
    MALFORMED_TABLE = "malformed_table"
    MALFORMED_ARCHIVE = "malformed_archive"
    TABLE_TOO_LARGE = "table_too_large"
    ARCHIVE_TOO_LARGE = "archive_too_large"
    MALFORMED_RETENTION = "malformed_retention"
    MALFORMED_CHECKPOINT = "malformed_checkpoint"
    MALFORMED_ATTENDANCE = "malformed_attendance"
    MALFORMED_CONFIG = "malformed_config"
    MALFORMED_PARTNER_KEY = "malformed_partner_key"
    MALFORMED_ASSERTION = "malformed_assertion"

    # --- talking to a card or a reader
    NO_READER = "no_reader"
    NO_CARD = "no_card"
    CARD_REMOVED = "card_removed"
    CARD_RESET = "card_reset"
    SEVERAL_CARDS = "several_cards"
    WRONG_CARD = "wrong_card"
    CARD_SILENT = "card_silent"
    READER_FAILED = "reader_failed"
    READER_BUSY = "reader_busy"
    SERVICE_UNAVAILABLE = "service_unavailable"
    NETWORK_FAILED = "network_failed"
    NO_PIV_APPLICATION = "no_piv_application"
    OBJECT_MISSING = "object_missing"
    KEY_MISSING = "key_missing"
    UNEXPECTED_STATUS = "unexpected_status"
    UNSUPPORTED_ALGORITHM = "unsupported_algorithm"
    PIN_WRONG = "pin_wrong"
    PIN_BLOCKED = "pin_blocked"
    PIN_REQUIRED = "pin_required"
    PIN_FORMAT = "pin_format"
    PIN_LAST_TRY = "pin_last_try"
    PIN_WEAK = "pin_weak"
    PIN_NOT_TYPED = "pin_not_typed"
    PIN_CANCELLED = "pin_cancelled"
    MANAGEMENT_KEY_REFUSED = "management_key_refused"

    # --- issuance
    ILLEGAL_TRANSITION = "illegal_transition"
    SAME_OPERATOR = "same_operator"
    SAME_UNIT = "same_unit"
    APPLICATION_UNKNOWN = "application_unknown"
    APPLICATION_INCOMPLETE = "application_incomplete"
    APPLICATION_OPEN = "application_open"
    HOLDER_HAS_CARD = "holder_has_card"
    LOSS_OPEN = "loss_open"
    LOSS_CASE_UNKNOWN = "loss_case_unknown"
    BATCH_UNKNOWN = "batch_unknown"
    TOO_MANY_REPORTS = "too_many_reports"
    HOLDER_UNKNOWN = "holder_unknown"
    HOLDER_EXISTS = "holder_exists"
    AGENCY_UNKNOWN = "agency_unknown"
    AGENCY_EXISTS = "agency_exists"
    AGENCY_CHANGE_IMPOSSIBLE = "agency_change_impossible"
    PHOTO_TOO_LARGE = "photo_too_large"
    PHOTO_TOO_SMALL = "photo_too_small"
    CARD_UNKNOWN = "card_unknown"
    IMPORT_UNKNOWN = "import_unknown"
    IMPORT_ROW_UNKNOWN = "import_row_unknown"
    IMPORT_ROW_SETTLED = "import_row_settled"
    IMPORT_FORGOTTEN = "import_forgotten"
    JOB_UNKNOWN = "job_unknown"
    UNBLOCK_UNKNOWN = "unblock_unknown"
    CONCURRENT_CHANGE = "concurrent_change"
    CARD_IN_USE = "card_in_use"
    READ_BACK_MISMATCH = "read_back_mismatch"
    KEY_PROOF_FAILED = "key_proof_failed"
    CERTIFICATE_MISMATCH = "certificate_mismatch"
    FACE_FIELD_MISSING = "face_field_missing"
    FACE_TEXT_TOO_LONG = "face_text_too_long"
    FACE_LETTER_MISSING = "face_letter_missing"
    FACE_OF_ENDED_CARD = "face_of_ended_card"
    QR_TOO_LONG = "qr_too_long"
    BLANK_REQUIRED = "blank_required"
    BLANK_UNKNOWN = "blank_unknown"
    BLANK_KNOWN = "blank_known"
    BLANK_NOT_IN_STOCK = "blank_not_in_stock"
    BLANK_MISMATCH = "blank_mismatch"
    STOCK_KEEPER_UNKNOWN = "stock_keeper_unknown"
    STOCK_NOT_COUNTED = "stock_not_counted"
    STOCK_DIFFERENCES = "stock_differences"
    STOCK_DAY_CLOSED = "stock_day_closed"
    PRIVACY_REQUEST_UNKNOWN = "privacy_request_unknown"
    CORRECTION_UNKNOWN = "correction_unknown"
    ERASURE_HELD = "erasure_held"
    HOLDER_RESTRICTED = "holder_restricted"

    # --- vault and CA
    VAULT_SEALED = "vault_sealed"
    VAULT_CORRUPT = "vault_corrupt"
    VAULT_EXPOSED = "vault_exposed"
    KEY_UNKNOWN = "key_unknown"
    KEY_EXISTS = "key_exists"
    PROFILE_UNKNOWN = "profile_unknown"
    PROFILE_VIOLATED = "profile_violated"
    SIGNER_ENDING = "signer_ending"
    KEY_REUSED = "key_reused"
    WEAK_KEY = "weak_key"
    SERIAL_TAKEN = "serial_taken"
    SERIAL_UNKNOWN = "serial_unknown"
    SIGNING_TOKEN_SPENT = "signing_token_spent"

    # --- certification path (RFC 5280 section 6)
    UNTRUSTED_ISSUER = "untrusted_issuer"
    CERTIFICATE_BAD_SIGNATURE = "certificate_bad_signature"
    CERTIFICATE_EXPIRED = "certificate_expired"
    CERTIFICATE_NOT_YET_VALID = "certificate_not_yet_valid"
    ISSUER_NOT_A_CA = "issuer_not_a_ca"
    PATH_TOO_LONG = "path_too_long"
    KEY_USAGE_FORBIDS = "key_usage_forbids"
    EXTENDED_KEY_USAGE_FORBIDS = "extended_key_usage_forbids"
    NAME_CONSTRAINT_VIOLATED = "name_constraint_violated"
    POLICY_CONSTRAINT_VIOLATED = "policy_constraint_violated"
    UNKNOWN_CRITICAL_EXTENSION = "unknown_critical_extension"
    WEAK_ALGORITHM = "weak_algorithm"

    # --- revocation status
    CERTIFICATE_REVOKED = "certificate_revoked"
    CERTIFICATE_ON_HOLD = "certificate_on_hold"
    STATUS_UNKNOWN = "status_unknown"
    STATUS_STALE = "status_stale"
    CRL_BAD_SIGNATURE = "crl_bad_signature"
    OCSP_BAD_SIGNATURE = "ocsp_bad_signature"
    STATUS_LIST_BAD_SIGNATURE = "status_list_bad_signature"
    OCSP_RESPONDER_UNAUTHORISED = "ocsp_responder_unauthorised"

    # --- challenge and presence
    CHALLENGE_UNKNOWN = "challenge_unknown"
    CHALLENGE_EXPIRED = "challenge_expired"
    CHALLENGE_MISBOUND = "challenge_misbound"
    CARD_KEY_PROOF_FAILED = "card_key_proof_failed"
    PIN_KEY_PROOF_FAILED = "pin_key_proof_failed"

    # --- the card against itself
    GUID_MISMATCH = "guid_mismatch"
    FASCN_MISMATCH = "fascn_mismatch"
    CHUID_EXPIRED = "chuid_expired"
    CHUID_UNSIGNED = "chuid_unsigned"
    CHUID_BAD_SIGNATURE = "chuid_bad_signature"
    SECURITY_OBJECT_BAD_SIGNATURE = "security_object_bad_signature"
    OBJECT_HASH_MISMATCH = "object_hash_mismatch"
    OBJECT_BAD_SIGNATURE = "object_bad_signature"
    CONTENT_SIGNER_UNAUTHORISED = "content_signer_unauthorised"
    CERTIFICATE_OUTLIVES_CARD = "certificate_outlives_card"
    OBJECT_NOT_COVERED = "object_not_covered"
    PRINTED_MISMATCH = "printed_mismatch"
    BIOMETRIC_EXPIRED = "biometric_expired"
    BIOMETRIC_NOT_YET_VALID = "biometric_not_yet_valid"
    BIOMETRIC_ENDS_BEFORE_CARD = "biometric_ends_before_card"
    IDENTIFIER_MISSING = "identifier_missing"
    KEY_HISTORY_MISMATCH = "key_history_mismatch"
    DISCOVERY_MISMATCH = "discovery_mismatch"
    KEY_IDENTIFIER_MISMATCH = "key_identifier_mismatch"

    # --- the card against the record
    KEY_NOT_ON_RECORD = "key_not_on_record"
    CARD_TYPE_MISMATCH = "card_type_mismatch"
    CARD_NOT_ACTIVE = "card_not_active"
    CARD_SUSPENDED = "card_suspended"
    CARD_REVOKED = "card_revoked"
    CARD_REPLACED = "card_replaced"
    CARD_EXPIRED = "card_expired"
    REALM_MISMATCH = "realm_mismatch"

    # --- policy
    RELYING_PARTY_UNKNOWN = "relying_party_unknown"
    SERVICE_UNKNOWN = "service_unknown"
    CARD_TYPE_NOT_ACCEPTED = "card_type_not_accepted"
    LEVEL_TOO_LOW = "level_too_low"
    CATEGORY_NOT_ACCEPTED = "category_not_accepted"
    AGENCY_NOT_ACCEPTED = "agency_not_accepted"
    ZONE_NOT_ACCEPTED = "zone_not_accepted"
    OUTSIDE_SCHEDULE = "outside_schedule"
    POLICY_FORBIDS = "policy_forbids"
    POLICY_NOT_IN_FORCE = "policy_not_in_force"
    DOOR_ORDER_UNKNOWN = "door_order_unknown"
    DOOR_ORDER_OVER = "door_order_over"
    DOOR_ORDER_REFUSED = "door_order_refused"
    IDENTITY_OF_ANOTHER = "identity_of_another"
    SETTINGS_REFUSED = "settings_refused"
    SETTINGS_ROLLED_BACK = "settings_rolled_back"
    SETTINGS_FAILED = "settings_failed"
    SETTINGS_CHANGED = "settings_changed"
    SETTINGS_UNKNOWN = "settings_unknown"
    CONSENT_REQUIRED = "consent_required"
    ATTRIBUTE_NOT_ALLOWED = "attribute_not_allowed"
    POLICY_UNKNOWN = "policy_unknown"
    POLICY_NOT_REHEARSED = "policy_not_rehearsed"
    NOT_AGREED = "not_agreed"
    PORTRAIT_UNKNOWN = "portrait_unknown"
    PORTRAIT_NOT_RELEASED = "portrait_not_released"
    PORTRAIT_EXPIRED = "portrait_expired"

    # --- a session at a counter
    SESSION_UNKNOWN = "session_unknown"
    SESSION_ENDED = "session_ended"
    SESSION_OTHER_CARD = "session_other_card"
    SESSION_LEVEL_MISSING = "session_level_missing"

    # --- business delegation
    DELEGATION_MISSING = "delegation_missing"
    DELEGATION_OTHER_COMPANY = "delegation_other_company"
    DELEGATION_ENDED = "delegation_ended"
    DELEGATION_SCOPE_EXCEEDED = "delegation_scope_exceeded"

    # --- the credential on a card's face
    CREDENTIAL_BAD_SIGNATURE = "credential_bad_signature"
    CREDENTIAL_MISISSUED = "credential_misissued"
    CREDENTIAL_EXPIRED = "credential_expired"
    CREDENTIAL_NOT_YET_VALID = "credential_not_yet_valid"

    # --- deciding without the service
    MALFORMED_BUNDLE = "malformed_bundle"
    BUNDLE_BAD_SIGNATURE = "bundle_bad_signature"
    BUNDLE_ROLLED_BACK = "bundle_rolled_back"
    BUNDLE_OF_THE_FUTURE = "bundle_of_the_future"
    BUNDLE_MISBOUND = "bundle_misbound"
    BUNDLE_PREPARING = "bundle_preparing"
    GUARD_NEEDED = "guard_needed"

    # --- events of agents
    EVENT_CHAIN_GAP = "event_chain_gap"
    EVENT_CHAIN_FORKED = "event_chain_forked"
    OUTBOX_FULL = "outbox_full"

    # --- visitor passes
    PASS_BAD_SIGNATURE = "pass_bad_signature"
    PASS_MISISSUED = "pass_misissued"
    PASS_WRONG_ZONE = "pass_wrong_zone"
    PASS_NOT_YET_VALID = "pass_not_yet_valid"
    PASS_EXPIRED = "pass_expired"
    PASS_REVOKED = "pass_revoked"
    PASS_USED = "pass_used"
    PASS_UNKNOWN = "pass_unknown"

    # --- receipt, audit, access
    RECEIPT_BAD_SIGNATURE = "receipt_bad_signature"
    DECISION_UNKNOWN = "decision_unknown"
    AUDIT_BROKEN = "audit_broken"
    WITNESS_MISSING = "witness_missing"
    WITNESS_REFUSED = "witness_refused"
    RECORD_CORRUPT = "record_corrupt"
    ACCESS_DENIED = "access_denied"
    EVENTS_FORGOTTEN = "events_forgotten"
    SCOPE_MISSING = "scope_missing"
    TOO_MANY_REQUESTS = "too_many_requests"
    REQUEST_RUNNING = "request_running"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    CLIENT_REFUSED = "client_refused"
    PARTNER_KEY_UNKNOWN = "partner_key_unknown"
    PARTNER_KEY_TAKEN = "partner_key_taken"
    ASSERTION_BAD_SIGNATURE = "assertion_bad_signature"
    ASSERTION_EXPIRED = "assertion_expired"
    ASSERTION_MISADDRESSED = "assertion_misaddressed"
    ASSERTION_REPLAYED = "assertion_replayed"


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


class StoreError(CardsvcError):
    """The database can't be reached, or what it holds is not what we wrote."""
