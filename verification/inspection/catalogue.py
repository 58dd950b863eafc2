"""The one list of checks: identifier, titles, where it is written, and the function.

The order is the order of the report. A mode's checks are numbered from 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from cardsvc.card.piv import KeySlot, ObjectTag
from verification.inspection.checks import (
    biometrics,
    card,
    certificates,
    chuid,
    housekeeping,
    identifiers,
    key_identifier,
    key_proofs,
    printed,
    retired,
    security_object,
    status,
)
from verification.inspection.report import Finding, Mode
from verification.inspection.view import CardView

Run: TypeAlias = Callable[[CardView], Finding]
SlotRun: TypeAlias = Callable[[CardView, KeySlot], Finding]
BiometricRun: TypeAlias = Callable[[CardView, ObjectTag], Finding]

FIPS = "FIPS 201-3"
PIV1 = "SP 800-73-5 Part 1"
PIV2 = "SP 800-73-5 Part 2"


@dataclass(frozen=True, slots=True)
class CheckDefinition:
    """One check as data.

    Args:
        id: stable name, by which programs know it.
        vi: title in Vietnamese.
        en: title in English.
        spec: where it is written.
        run: what finds out; may raise what a failed check is.
    """

    id: str
    vi: str
    en: str
    spec: str
    run: Run


_SLOT_NAMES: dict[KeySlot, tuple[str, str]] = {
    KeySlot.CARD_AUTHENTICATION: ("xác thực thẻ", "card authentication"),
    KeySlot.AUTHENTICATION: ("xác thực", "PIV authentication"),
    KeySlot.SIGNATURE: ("ký số", "digital signature"),
    KeySlot.KEY_MANAGEMENT: ("quản lý khóa", "key management"),
}

_SLOT_CHECKS: tuple[tuple[str, str, str, str, SlotRun], ...] = (
    ("certificate", "Chứng thư {vi} đúng dạng", "{en} certificate is there and well-formed",
     f"{PIV1} table 2", certificates.present),
    ("algorithm", "Thuật toán khóa {vi} được phép", "{en} key is of an allowed algorithm",
     "SP 800-78-5 table 3-1", certificates.algorithm),
    ("key_identifier", "Số định danh khóa {vi} khớp khóa", "{en} key identifier is of the key",
     "RFC 5280 section 4.2.1.2; RFC 7093", key_identifier.key_identifier),
    ("dates", "Chứng thư {vi} còn hiệu lực", "{en} certificate is in its validity",
     "RFC 5280 section 4.1.2.5", certificates.dates),
    ("path", "Chuỗi chứng thực của chứng thư {vi}", "{en} certificate leads to a trust anchor",
     "RFC 5280 section 6.1", certificates.path),
    ("purpose", "Chứng thư {vi} dùng đúng mục đích", "{en} certificate is made for its use",
     f"{FIPS} section 4.2.2", certificates.purpose),
    ("status", "Chứng thư {vi} không bị thu hồi", "{en} certificate is not revoked",
     "RFC 5280 section 6.3; RFC 6960", status.status),
    ("key_proof", "Thẻ giữ khóa {vi}", "{en} private key is in the card",
     f"{PIV2} section 3.2.4", key_proofs.key_proof),
)  # fmt: skip

_FULL_SLOT_CHECKS: tuple[tuple[str, str, str, str, SlotRun], ...] = (
    *_SLOT_CHECKS,
    ("identifiers", "Chứng thư {vi} của chính thẻ này", "{en} certificate names this card",
     f"{PIV1} section 3.4", identifiers.identifiers),
    ("outlives", "Chứng thư {vi} không hết hạn sau thẻ", "{en} certificate ends with the card",
     f"{FIPS} section 5.2.1", identifiers.outlives),
)  # fmt: skip


def _for_slot(run: SlotRun, slot: KeySlot) -> Run:
    return lambda view: run(view, slot)


def _for_object(run: BiometricRun, tag: ObjectTag) -> Run:
    return lambda view: run(view, tag)


def _of_slot(
    slot: KeySlot, rows: tuple[tuple[str, str, str, str, SlotRun], ...]
) -> Iterator[CheckDefinition]:
    vi, en = _SLOT_NAMES[slot]
    for name, title_vi, title_en, spec, run in rows:
        yield CheckDefinition(
            f"{slot:02x}.{name}",
            title_vi.format(vi=vi),
            title_en.format(en=en[0].upper() + en[1:]),
            spec,
            _for_slot(run, slot),
        )


_READ = (
    CheckDefinition("card.application", "Thẻ có ứng dụng PIV", "The card has a PIV application",
                    f"{PIV2} section 3.1.1", card.application),
    CheckDefinition("card.reading", "Đọc thẻ trọn vẹn", "The card was read to the end",
                    "ISO/IEC 7816-4 section 5", card.read_to_the_end),
)  # fmt: skip

_CHUID = (
    CheckDefinition("chuid.form", "CHUID đúng dạng", "CHUID is there and well-formed",
                    f"{PIV1} section 3.1.2, table 9", chuid.present),
    CheckDefinition("chuid.identifier", "CHUID có số định danh", "CHUID names one card",
                    f"{PIV1} section 3.4", chuid.identifier),
    CheckDefinition("chuid.expiry", "Thẻ chưa hết hạn", "The card has not expired",
                    f"{FIPS} section 4.2.1", chuid.expiry),
    CheckDefinition("chuid.signature", "Chữ ký CHUID", "CHUID signature holds",
                    f"{FIPS} section 4.2.1; RFC 5652", chuid.signature),
    CheckDefinition("chuid.signer", "Người ký CHUID được phép ký", "CHUID signer may sign cards",
                    f"{FIPS} section 4.2.1", chuid.signer),
    CheckDefinition("chuid.signer_status", "Chứng thư người ký CHUID không bị thu hồi",
                    "CHUID signer is not revoked", "RFC 5280 section 6.3", chuid.signer_status),
    CheckDefinition("chuid.signed_names", "Chữ ký CHUID của chính thẻ này",
                    "CHUID signature names this card", f"{FIPS} section 4.2.1", chuid.attributes),
)  # fmt: skip

_SECURITY_OBJECT = (
    CheckDefinition("security_object.form", "Đối tượng bảo mật đúng dạng",
                    "Security Object is there and well-formed",
                    f"{PIV1} section 3.1.7", security_object.present),
    CheckDefinition("security_object.signature", "Chữ ký đối tượng bảo mật",
                    "Security Object signature holds",
                    f"{PIV1} section 3.1.7; ICAO 9303-10", security_object.signature),
    CheckDefinition("security_object.signer", "Người ký đối tượng bảo mật được phép ký",
                    "Security Object signer may sign cards",
                    f"{PIV1} section 3.1.7", security_object.signer),
    CheckDefinition("security_object.hashes", "Dữ liệu khớp giá trị băm",
                    "Every object covered has the hash signed",
                    f"{PIV1} section 3.1.7", security_object.hashes),
    CheckDefinition("security_object.coverage", "Dữ liệu không có chữ ký được bảo vệ",
                    "Unsigned objects are covered",
                    f"{PIV1} section 3.1.7", security_object.coverage),
)  # fmt: skip

_PRINTED = (
    CheckDefinition("printed.form", "Thông tin in đúng dạng", "Printed Information is well-formed",
                    f"{PIV1} table 13", printed.present),
    CheckDefinition("printed.expiry", "Ngày hết hạn in khớp CHUID",
                    "Printed expiration date is the CHUID's",
                    f"{FIPS} section 4.1.4.1", printed.expiry),
)  # fmt: skip

_BIOMETRIC_NAMES: dict[ObjectTag, tuple[str, str, str]] = {
    ObjectTag.FACIAL_IMAGE: ("facial_image", "Ảnh khuôn mặt", "Facial image"),
    ObjectTag.FINGERPRINTS: ("fingerprints", "Vân tay", "Fingerprints"),
    ObjectTag.IRIS_IMAGES: ("iris", "Mống mắt", "Iris images"),
}
_BIOMETRIC_CHECKS: tuple[
    tuple[str, str, str, str, BiometricRun], ...
] = (
    ("form", "{vi}: đúng dạng", "{en}: well-formed",
     "SP 800-76-2 section 9", biometrics.present),
    ("signature", "{vi}: chữ ký", "{en}: signature holds",
     "SP 800-76-2 section 9.2", biometrics.signature),
    ("signer", "{vi}: người ký được phép ký", "{en}: signer may sign cards",
     f"{FIPS} section 4.2.3.2", biometrics.signer),
    ("signer_status", "{vi}: chứng thư người ký không bị thu hồi", "{en}: signer is not revoked",
     "RFC 5280 section 6.3", biometrics.signer_status),
    ("identifiers", "{vi}: của chính thẻ này", "{en}: belongs to this card",
     "SP 800-76-2 table 14; FIPS 201-3 section 4.2.1", biometrics.identifiers),
    ("dates", "{vi}: còn hiệu lực", "{en}: in its validity",
     "SP 800-76-2 table 14", biometrics.dates),
    ("covers_card", "{vi}: có hiệu lực đến hết hạn thẻ", "{en}: valid as long as the card",
     "SP 800-76-2 table 14; GSA FRTC 1.3.3", biometrics.covers_card),
)  # fmt: skip


def _of_biometric(tag: ObjectTag) -> Iterator[CheckDefinition]:
    name, vi, en = _BIOMETRIC_NAMES[tag]
    for check, title_vi, title_en, spec, run in _BIOMETRIC_CHECKS:
        yield CheckDefinition(
            f"{name}.{check}",
            title_vi.format(vi=vi),
            title_en.format(en=en),
            spec,
            _for_object(run, tag),
        )


_HOUSEKEEPING = (
    CheckDefinition("ccc.form", "CCC đúng dạng", "Card Capability Container is well-formed",
                    f"{PIV1} section 3.1.1", housekeeping.ccc),
    CheckDefinition("discovery.form", "Đối tượng Discovery nhất quán",
                    "Discovery Object is consistent",
                    f"{PIV1} section 3.3.2", housekeeping.discovery),
    CheckDefinition("key_history.form", "Lịch sử khóa khớp với chứng thư",
                    "Key history fits the certificates",
                    f"{PIV1} section 3.3.3", housekeeping.key_history),
    CheckDefinition("retired.certificates", "Chứng thư khóa đã nghỉ",
                    "Retired certificates are well-formed and genuine",
                    f"{PIV1} section 3.3.3", retired.certificates),
    CheckDefinition("retired.key_proofs", "Thẻ giữ các khóa đã nghỉ",
                    "Retired private keys are in the card",
                    f"{PIV2} section 3.2.4", retired.key_proofs),
)  # fmt: skip

_CAK = KeySlot.CARD_AUTHENTICATION

CHECKS: dict[Mode, tuple[CheckDefinition, ...]] = {
    Mode.CAK: (
        *_READ,
        *_of_slot(_CAK, _SLOT_CHECKS),
        CheckDefinition(
            "9e.identifiers",
            "Chứng thư xác thực thẻ có số định danh",
            "Card authentication certificate names a card",
            f"{FIPS} section 6.2.3.2",
            _for_slot(identifiers.identifiers_present, _CAK),
        ),
    ),
    Mode.FULL: (
        *_READ,
        CheckDefinition(
            "card.pin", "Mã PIN đúng", "The PIN is accepted", f"{PIV2} section 3.2.1", card.pin
        ),
        *_CHUID,
        *(check for slot in _SLOT_NAMES for check in _of_slot(slot, _FULL_SLOT_CHECKS)),
        *_SECURITY_OBJECT,
        *_PRINTED,
        *(check for tag in _BIOMETRIC_NAMES for check in _of_biometric(tag)),
        *_HOUSEKEEPING,
    ),
}
