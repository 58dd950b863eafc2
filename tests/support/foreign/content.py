"""The data objects of a foreign card, filled as SP 800-73-4 and SP 800-76-2 say, by hand."""

from __future__ import annotations

import datetime as dt
import gzip
import hashlib
import struct
import uuid

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from tests.support.foreign import encoding as e
from tests.support.foreign.pki import BEGIN, END
from tests.support.foreign.signing import BIOMETRIC_TYPE, CHUID_TYPE, LDS_TYPE, Signer

CHUID, AUTH, SIGN, MANAGE, CARD = 0x5FC102, 0x5FC105, 0x5FC10A, 0x5FC10B, 0x5FC101
FINGERS, FACE, PRINTED, SECURITY, CCC = 0x5FC103, 0x5FC108, 0x5FC109, 0x5FC106, 0x5FC107
DISCOVERY, HISTORY, IRIS, GROUP = 0x7E, 0x5FC10C, 0x5FC121, 0x7F61
CONTAINERS = {
    CCC: 0xDB00, CHUID: 0x3000, AUTH: 0x0101, FINGERS: 0x6010, SECURITY: 0x9000, FACE: 0x6030,
    CARD: 0x0500, SIGN: 0x0100, MANAGE: 0x0102, PRINTED: 0x3001, DISCOVERY: 0x6050,
    HISTORY: 0x6060, IRIS: 0x1015, GROUP: 0x1016,
}  # fmt: skip
EMPTY_FE = b"\xfe\x00"
LAST_DAY = END.date()


def fascn(agency: str = "3201", credential: str = "092446", person: str = "1112223333") -> bytes:
    """Encode a FASC-N by the TIG SCEPACS: 40 characters of 4 bits, low bit first, odd parity."""
    text = f"S{agency}F0001F{credential}F0F1F{person}1{agency}1E"
    values = [{"S": 11, "F": 13, "E": 15}.get(one) or int(one) for one in text]
    check = 0
    for value in values:
        check ^= value
    bits = ""
    for value in (*values, check):
        four = f"{value:04b}"[::-1]
        bits += four + ("0" if four.count("1") % 2 else "1")
    return int(bits, 2).to_bytes(25, "big")


NINES = fascn("9999", "999999")


def chuid(
    signer: Signer | None,
    fasc_n: bytes,
    card: bytes,
    expires: dt.date = LAST_DAY,
    *,
    before: bytes = b"",
    extra: bytes = b"",
    error_code: bytes = EMPTY_FE,
    signs_error_code: bool = True,
    **how: object,
) -> bytes:
    """A CHUID; ``before`` stands in front of the FASC-N, ``extra`` behind the date."""
    head = before + e.tlv(0x30, fasc_n) + e.tlv(0x34, card)
    head += e.tlv(0x35, f"{expires:%Y%m%d}".encode()) + extra
    if signer is None:
        return head + e.tlv(0x3E) + error_code
    covered = head + (error_code if signs_error_code else b"")
    signature = signer.signed_data(CHUID_TYPE, covered, **how)  # type: ignore[arg-type]
    return head + e.tlv(0x3E, signature) + error_code


def certificate(found: x509.Certificate | bytes, *, compress: bool = False) -> bytes:
    der = found if isinstance(found, bytes) else found.public_bytes(Encoding.DER)
    held = gzip.compress(der) if compress else der
    return e.tlv(0x70, held) + e.tlv(0x71, bytes([compress])) + EMPTY_FE


def _moment(at: dt.datetime) -> bytes:
    return bytes([at.year // 100, at.year % 100, at.month, at.day, at.hour, at.minute]) + (
        bytes([at.second]) + b"Z"
    )


def face_record(image: bytes = b"\xff\xd8\xff\xe0" + bytes(3000) + b"\xff\xd9") -> bytes:
    block = struct.pack(">IHBBB3sH3s3s", 20 + 12 + len(image), 0, 0, 0, 0, b"", 1, b"", b"")
    block += struct.pack(">BBHHBBHH", 1, 0, 420, 560, 1, 2, 0, 0) + image
    return b"FAC\x00010\x00" + struct.pack(">IH", 14 + len(block), 1) + block


def finger_record() -> bytes:
    views = b"".join(bytes([finger, 0, 60, 2]) + bytes(12) + b"\0\0" for finger in (2, 7))
    body = b"\x00\x00\x00\x00\x00\x00" + struct.pack(">HHHHBB", 500, 500, 197, 197, 2, 0) + views
    return b"FMR\x00 20\x00" + struct.pack(">H", 10 + len(body)) + body


def biometric(
    signer: Signer,
    fasc_n: bytes,
    card: uuid.UUID | None,
    record: bytes,
    *,
    kind: int = 2,
    form: int = 0x0501,
    begin: dt.datetime = BEGIN,
    end: dt.datetime = END,
    header_fascn: bytes | None = None,
    embed: bool = False,
    signs: bytes | None = None,
) -> bytes:
    """A CBEFF object; its signature's length is found by signing twice (RSA: it is fixed)."""

    def covered(size: int) -> bytes:
        head = struct.pack(">BBIHHH", 3, 0x0D, len(record), size, 0x1B, form)
        head += _moment(begin) + _moment(begin) + _moment(end)
        head += kind.to_bytes(3, "big") + b"\x20\xfe" + b"Foreign maker".ljust(18, b"\0")
        return head + (header_fascn or fasc_n) + bytes(4) + record

    for _ in range(64):
        trial = signer.signed_data(BIOMETRIC_TYPE, b"", fascn=fasc_n, card=card, embed=embed)
        text = covered(len(trial))
        signature = signer.signed_data(
            BIOMETRIC_TYPE, signs or text, fascn=fasc_n, card=card, embed=embed
        )
        if len(signature) == len(trial):
            break
    return e.tlv(0xBC, text, signature) + EMPTY_FE


def printed(expires: dt.date = LAST_DAY, **others: bytes) -> bytes:
    day = f"{expires:%Y%b%d}".upper().encode()
    texts = {1: b"DOE, JOHN Q", 2: b"EMPLOYEE", 4: day, 5: b"0123456789", 6: b"ABCD123456"}
    texts |= {7: b"DEPARTMENT", 8: b"OF TESTING"} | {
        int(tag.removeprefix("tag_")): text for tag, text in others.items()
    }
    return e.fields(*sorted(texts.items())) + EMPTY_FE


def ccc() -> bytes:
    """As NIST's reference cards fill it."""
    identifier = bytes.fromhex("A000000116FF02") + bytes(range(14))
    values = [(0xF0, identifier), (0xF1, b"\x21"), (0xF2, b"\x21"), (0xF3, b""), (0xF4, b"\x00")]
    values += [(0xF5, b"\x10"), *((tag, b"") for tag in (0xF6, 0xF7, 0xFA, 0xFB, 0xFC, 0xFD))]
    return e.fields(*values, (0xFE, b""))


def discovery(policy: str = "4000") -> bytes:
    aid = bytes.fromhex("A000000308000010000100")
    return e.fields((0x4F, aid), (0x5F2F, bytes.fromhex(policy)))


def history(on_card: int, off_card: int = 0, url: bytes = b"") -> bytes:
    return e.fields((0xC1, bytes([on_card])), (0xC2, bytes([off_card])), (0xF3, url), (0xFE, b""))


def security_object(
    signer: Signer,
    objects: dict[int, bytes],
    *,
    algorithm: str = "sha256",
    content_type: str = LDS_TYPE,
    groups: dict[int, int] | None = None,
    wrong: frozenset[int] = frozenset(),
    embed: bool = False,
    order: int = 1,
) -> bytes:
    """Hash ``objects``; ``groups`` gives data group numbers, ``order`` -1 lists them backwards."""
    groups = groups or {tag: number for number, tag in enumerate(sorted(objects), start=1)}
    oid = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1"} | {
        "sha384": "2.16.840.1.101.3.4.2.2"
    }
    pairs = sorted((number, tag) for tag, number in groups.items())[::order]
    hashed = [
        e.sequence(
            e.integer(number),
            e.octets(
                hashlib.new(
                    algorithm,
                    objects[tag] + (b"!" if tag in wrong else b""),
                    usedforsecurity=False,
                ).digest()
            ),
        )
        for number, tag in pairs
    ]
    digest = e.sequence(e.oid(oid[algorithm]), e.NULL)
    content = e.sequence(e.integer(0), digest, e.sequence(*hashed))
    mapping = b"".join(bytes([n]) + CONTAINERS[tag].to_bytes(2, "big") for n, tag in pairs)
    signed = signer.but(dn=False).signed_data(content_type, content, detached=False, embed=embed)
    return e.tlv(0xBA, mapping) + e.tlv(0xBB, signed) + EMPTY_FE
