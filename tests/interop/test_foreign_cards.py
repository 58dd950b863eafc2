"""Cards that other makers would issue, made without any code of ours, must be accepted.

Each variation is one that a specification lets issuers choose or that cards of the field show;
see GSA's ICAM test cards 1, 2, 25 to 28, 37, 39, 46, 47, 53 and 54 for their golden ones.
"""

from __future__ import annotations

import gzip
import hashlib
import uuid
import zlib
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.foreign import content as c
from tests.support.foreign import encoding as e
from tests.support.foreign import issuer, pki
from tests.support.foreign.card import ForeignCard
from tests.support.foreign.issuer import Blueprint, Issuer
from tests.support.foreign.judge import judge, show
from tests.support.foreign.pki import AT, DAY, END, Extension
from tests.support.foreign.signing import CHUID_TYPE, Signer
from verification.inspection.report import Mode, Verdict

Change = Callable[[Blueprint], object]
SLOTS = (0x9A, 0x9C, 0x9D, 0x9E)


def accept(card: ForeignCard, by: Issuer, **options: object) -> None:
    report = judge(card, by, **options)  # type: ignore[arg-type] # judge's own options
    assert report.verdict is Verdict.ACCEPT, show(report)


@pytest.mark.parametrize("make", [issuer.federal, issuer.elliptic, issuer.pivi])
@pytest.mark.parametrize("mode", Mode)
def test_golden_cards_of_three_issuers(make: Callable[[], Issuer], mode: Mode) -> None:
    by = make()
    card = Blueprint(by).fill().seal().card()
    report = judge(card, by, mode=mode)
    assert report.verdict is Verdict.ACCEPT, show(report)
    assert report.level.name == ("X1" if mode is Mode.CAK else "X2")
    assert card.verifications == ([] if mode is Mode.CAK else [(0x80, True)])


def _chuid(change: Callable[[Signer], Signer] = lambda same: same, **how: object) -> Change:
    def put(b: Blueprint) -> None:
        b.objects[c.CHUID] = c.chuid(change(b.signer), b.fascn, b.card_uuid.bytes, **how)  # type: ignore[arg-type]

    return put


def _old_fields(b: Blueprint) -> None:
    old = e.fields((0x30, b.fascn), (0x31, b"3201"), (0x32, b"3201"), (0x33, b"123456789"))
    old += e.fields((0x34, b.card_uuid.bytes), (0x35, f"{END:%Y%m%d}".encode()))
    signature = b.signer.signed_data(CHUID_TYPE, old + c.EMPTY_FE)
    b.objects[c.CHUID] = old + e.tlv(0x3E, signature) + c.EMPTY_FE


def _whole_chain(signer: Signer) -> Signer:
    return signer.but(extra=tuple(one.certificate for one in issuer.federal().chain))


CHUIDS: dict[str, Change] = {
    "signer by key identifier": _chuid(lambda s: s.but(by_key_identifier=True)),
    "rsaEncryption": _chuid(lambda s: s.but(names_digest=False)),
    "RSASSA-PSS": _chuid(lambda s: s.but(pss=True)),
    "SHA-512": _chuid(lambda s: s.but(digest="sha512")),
    "no signer name, no time": _chuid(lambda s: s.but(dn=False, time=False)),
    "the whole chain inside": _chuid(_whole_chain),
    "buffer length": _chuid(before=e.tlv(0xEE, b"\x0c\x00")),
    "cardholder and key map": _chuid(
        extra=e.tlv(0x36, uuid.uuid4().bytes) + e.tlv(0x3D, bytes(64))
    ),
    "withdrawn fields": _old_fields,
    "no error code": _chuid(error_code=b""),
    "error code not signed": _chuid(signs_error_code=False),
    "error code of one octet": _chuid(error_code=b"\xfe\x01\x5a"),
}


@pytest.mark.parametrize("change", CHUIDS.values(), ids=CHUIDS)
def test_chuids_of_the_field(change: Change) -> None:
    by = issuer.federal()
    blueprint = Blueprint(by).fill()
    change(blueprint)
    accept(blueprint.seal().card(), by)


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("guid", [bytes(16), bytes(range(16))], ids=["zero", "an address"])
def test_fips_201_1_cards_know_no_guid(mode: Mode, guid: bytes) -> None:
    by = issuer.federal()
    b = Blueprint(by, serial="111222")
    b.names = lambda *others: (  # type: ignore[method-assign]
        x509.SubjectAlternativeName([*others, pki.fascn_name(b.fascn)]),
        False,
    )
    b.fill()
    b.objects[c.CHUID] = c.chuid(b.signer, b.fascn, guid)
    b.objects[c.FACE] = c.biometric(b.signer, b.fascn, None, c.face_record())
    b.objects[c.FINGERS] = c.biometric(
        b.signer, b.fascn, None, c.finger_record(), kind=8, form=0x0201
    )
    accept(b.seal().card(), by, mode=mode)


def _held(octets: Callable[[bytes], bytes]) -> Change:
    def put(b: Blueprint) -> None:
        for slot in (0x9A, 0x9E):
            der = b.certificates[slot].public_bytes(Encoding.DER)
            b.objects[issuer.SLOTS[slot]] = octets(der)

    return put


def _object(tag: int, octets: bytes | None) -> Change:
    return lambda b: b.objects.pop(tag) if octets is None else b.objects.update({tag: octets})


def _iris_and_group(b: Blueprint) -> None:
    record = b"IIR\x00010\x00" + bytes(200)
    b.objects[c.IRIS] = c.biometric(b.signer, b.fascn, b.card_uuid, record, kind=16, form=9)
    b.objects[c.GROUP] = e.tlv(0x02, b"\x02") + e.tlv(0x7F60, bytes(10))


def _face_by_another_signer(b: Blueprint) -> None:
    other = issuer.content_signer(b.issuer.authority, "Enrolment Signer")
    b.objects[c.FACE] = c.biometric(other, b.fascn, b.card_uuid, c.face_record(), embed=True)


def _retired(history: bytes, *, count: int = 1, **dates: object) -> Change:
    def put(b: Blueprint) -> None:
        for number in range(count):
            b.certify(0x82 + number, **dates)
        b.objects[c.HISTORY] = history

    return put


_DAY = f"{END:%Y%b%d}"
OBJECTS: dict[str, Change] = {
    "gzip": _held(lambda der: c.certificate(der, compress=True)),
    "zlib": _held(lambda der: e.fields((0x70, zlib.compress(der)), (0x71, b"\x01"), (0xFE, b""))),
    "gzip unannounced": _held(
        lambda der: e.fields((0x70, gzip.compress(der)), (0x71, b"\x00"), (0xFE, b""))
    ),
    "MSCUID": _held(
        lambda der: e.fields((0x70, der), (0x71, b"\x00"), (0x72, bytes(38)), (0xFE, b""))
    ),
    "no error code": _held(lambda der: e.fields((0x70, der), (0x71, b"\x00"))),
    "no CCC": _object(c.CCC, None),
    "no Printed Information": _object(c.PRINTED, None),
    "no fingerprints": _object(c.FINGERS, None),
    "no Discovery": _object(c.DISCOVERY, None),
    "Printed Information, line 3": _object(c.PRINTED, c.printed(tag_3=b"CONTRACTOR")),
    "Printed Information, small letters": _object(c.PRINTED, c.printed(tag_4=_DAY.encode())),
    "Printed Information, mandatory fields": _object(
        c.PRINTED,
        e.fields(
            (1, b"DOE"), (2, b"E"), (4, _DAY.upper().encode()), (5, b"1"), (6, b"2"), (0xFE, b"")
        ),
    ),
    "iris and group template": _iris_and_group,
    "Discovery emptied": _object(c.DISCOVERY, b""),
    "a photo of 60 kB": lambda b: b.objects.update(
        {
            c.FACE: c.biometric(
                b.signer, b.fascn, b.card_uuid, c.face_record(b"\xff\xd8\xff\xe0" + bytes(60000))
            )
        }
    ),
    "photo by another signer": _face_by_another_signer,
    "two retired keys": _retired(c.history(2), count=2),
    "retired keys elsewhere": _retired(c.history(1, 2, b"http://example.gov/" + b"a" * 64)),
    "retired and expired": _retired(c.history(1), begin=AT - 900 * DAY, end=AT - 500 * DAY),
    "an empty history": _object(c.HISTORY, c.history(0)),
}


@pytest.mark.parametrize("change", OBJECTS.values(), ids=OBJECTS)
def test_objects_of_the_field(change: Change) -> None:
    by = issuer.federal()
    blueprint = Blueprint(by, serial="222333").fill()
    change(blueprint)
    accept(blueprint.seal().card(), by)


SEALS: dict[str, dict[str, object]] = {
    "backwards": {"order": -1},
    "SHA-384": {"algorithm": "sha384"},
    "ICAO's identifier": {"content_type": "2.23.136.1.1.1"},
    "signer inside": {"embed": True},
}


@pytest.mark.parametrize("how", SEALS.values(), ids=SEALS)
def test_security_objects_of_the_field(how: dict[str, object]) -> None:
    by = issuer.federal()
    accept(Blueprint(by).fill().seal(**how).card(), by)


def test_a_security_object_over_everything_from_group_3_on() -> None:
    by = issuer.federal()
    b = Blueprint(by).fill()
    groups = {tag: number for number, tag in enumerate(b.objects, start=3)}
    b.objects[c.SECURITY] = c.security_object(b.signer, b.objects, groups=groups)
    accept(b.card(), by)


BEHAVIOURS: dict[str, dict[str, object]] = {
    "255 octets a piece": {"piece": 255},
    "200 octets a piece": {"piece": 200},
    "one octet a piece": {"piece": 1},
    "extended length": {"extended": True},
    "the whole AID alone": {"full_aid_only": True},
}


@pytest.mark.parametrize("how", BEHAVIOURS.values(), ids=BEHAVIOURS)
def test_transports_of_the_field(how: dict[str, object]) -> None:
    by = issuer.federal()
    accept(Blueprint(by).fill().seal().card(**how), by)


@pytest.mark.parametrize(
    ("policy", "pin", "reference"),
    [
        ("4000", "123456", 0x80),
        ("6010", "123456", 0x80),
        ("6020", "654321", 0x00),
        ("7010", "123456", 0x80),
        ("4810", "123456", 0x80),
    ],
)
def test_the_primary_pin_alone_is_tried(policy: str, pin: str, reference: int) -> None:
    by = issuer.federal()
    b = Blueprint(by).fill()
    b.objects[c.DISCOVERY] = c.discovery(policy)
    pins = {0x80: "123456"} | ({0x00: "654321"} if policy[0] in "67" else {})
    card = b.seal().card(pins=pins)
    accept(card, by, pin=pin)
    assert card.verifications == [(reference, True)]


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa3072"])
def test_key_kinds_of_sp_800_78(kind: str) -> None:
    by = issuer.federal()
    kinds = dict.fromkeys(SLOTS, kind)
    if kind == "rsa3072":  # takes its time to make
        kinds |= {0x9A: "p256", 0x9C: "p384"}
    accept(Blueprint(by, serial="444555", kinds=kinds).fill().seal().card(), by)


def _without(kind: type) -> Callable[[list[Extension], Blueprint], list[Extension]]:
    return lambda found, _: [one for one in found if not isinstance(one[0], kind)]


def _with(
    new: Extension,
) -> Callable[[list[Extension], Blueprint], list[Extension]]:
    return lambda found, _: [one for one in found if type(one[0]) is not type(new[0])] + [new]


def _names(found: list[Extension], b: Blueprint) -> list[Extension]:
    kept = _without(x509.SubjectAlternativeName)(found, b)
    return [*kept, (x509.SubjectAlternativeName([pki.fascn_name(b.fascn)]), False)]


PROFILES: dict[str, tuple[int, Callable[[list[Extension], Blueprint], list[Extension]]]] = {
    "9E, key purpose not critical": (0x9E, _with(pki.extended(issuer.CARD_AUTH))),
    "9E, FASC-N alone": (0x9E, _names),
    "9E, 1,500 octets more": (0x9E, lambda f, _: [*f, pki.raw("1.2.3.4.5", bytes(1500))]),
    "9E, no policy": (0x9E, _without(x509.CertificatePolicies)),
    "9A, no key purpose": (0x9A, _without(x509.ExtendedKeyUsage)),
    "9A, critical policy": (0x9A, _with(pki.policies(11, critical=True))),
    "9C, no key purpose": (0x9C, _without(x509.ExtendedKeyUsage)),
    "9C, signature alone": (0x9C, _with(pki.usage("digital_signature"))),
    "9D, data as well": (0x9D, _with(pki.usage("key_encipherment", "data_encipherment"))),
}


@pytest.mark.parametrize(("slot", "change"), PROFILES.values(), ids=PROFILES)
def test_profiles_of_the_field(
    slot: int, change: Callable[[list[Extension], Blueprint], list[Extension]]
) -> None:
    by = issuer.federal()
    b = Blueprint(by).fill()
    b.certify(slot, extensions=change(b.profile(slot)[1], b))
    accept(b.seal().card(), by)


def test_names_in_any_order_and_no_subject_at_all() -> None:
    by = issuer.federal()
    b = Blueprint(by, uuid_first=True).fill()
    critical = x509.SubjectAlternativeName([pki.urn_name(b.card_uuid), pki.fascn_name(b.fascn)])
    extensions = [*_without(x509.SubjectAlternativeName)(b.profile(0x9E)[1], b), (critical, True)]
    b.certify(0x9E, extensions=extensions, subject=x509.Name([]))
    accept(b.seal().card(), by)


def test_certificates_signed_with_pss() -> None:
    top = pki.root("PSS Root CA", "rsa2048", pss=True)
    authority = pki.Authority(top.certificate, top.private_key, pss=True)
    by = Issuer(authority, issuer.content_signer(authority, "PSS Content Signer").but(pss=True))
    accept(Blueprint(by).fill().seal().card(), by)


def test_a_federal_card_whose_certificates_carry_the_guid_alone() -> None:
    """GSA's card 39: federally issued, FASC-N in the CHUID only."""
    by = issuer.federal()
    b = Blueprint(by)
    b.names = lambda *others: (  # type: ignore[method-assign]
        x509.SubjectAlternativeName([*others, pki.urn_name(b.card_uuid)]),
        False,
    )
    accept(b.fill().seal().card(), by)


KEY_IDENTIFIERS: dict[str, Callable[[bytes], bytes]] = {
    "RFC 5280 method 2": lambda bits: (
        bytes([0x40 | hashlib.sha1(bits).digest()[-8] & 0x0F]) + hashlib.sha1(bits).digest()[-7:]
    ),
    "RFC 7093 method 1": lambda bits: hashlib.sha256(bits).digest()[:20],
    "RFC 7093 method 3": lambda bits: hashlib.sha512(bits).digest()[:20],
    "a number": lambda _: b"\x00\x01\x02",
}


@pytest.mark.parametrize("make", KEY_IDENTIFIERS.values(), ids=KEY_IDENTIFIERS)
def test_key_identifiers_of_the_field(make: Callable[[bytes], bytes]) -> None:
    by = issuer.federal()
    b = Blueprint(by).fill()
    bits = b.keys[0x9E].public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    b.certify(0x9E, key_identifier=x509.SubjectKeyIdentifier(make(bits)))
    accept(b.seal().card(), by, mode=Mode.CAK)
