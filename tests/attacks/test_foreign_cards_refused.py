"""Bad cards that other makers' tools make: after GSA's ICAM test cards 3 to 24, 38 and 49 to 58.

Each must be refused by a check that names what is wrong. The cards share no code with ours.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cardsvc.errors import ReasonCode
from tests.support.foreign import content as c
from tests.support.foreign import encoding as e
from tests.support.foreign import issuer, pki
from tests.support.foreign.issuer import Blueprint
from tests.support.foreign.judge import failed, judge, show
from tests.support.foreign.keys import key
from tests.support.foreign.pki import AT, BEGIN, DAY, END
from tests.support.foreign.signing import CHUID_TYPE, Signer
from verification.inspection.report import Mode, Verdict

Attack = Callable[[Blueprint], object]
TODAY = AT.date()


def refuse(b: Blueprint, *checks: str, mode: Mode = Mode.FULL, **options: object) -> None:
    """Require a rejection in which each of these checks failed."""
    report = judge(b.card(), b.issuer, mode=mode, **options)  # type: ignore[arg-type]
    assert report.verdict is Verdict.REJECT, show(report)
    assert set(checks) <= set(failed(report)), show(report)


def chuid(b: Blueprint, signer: Signer, day: dt.date = c.LAST_DAY, **how: object) -> None:
    b.objects[c.CHUID] = c.chuid(signer, b.fascn, b.card_uuid.bytes, day, **how)  # type: ignore[arg-type]


def test_3_substituted_key_pair() -> None:
    b = Blueprint(issuer.federal()).fill()
    evil = key("rsa2048", "evil")

    def spki(private: object) -> bytes:
        return private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)  # type: ignore[attr-defined]

    der = b.certificates[0x9A].public_bytes(Encoding.DER).replace(spki(b.keys[0x9A]), spki(evil))
    b.objects[c.AUTH], b.keys[0x9A] = c.certificate(der), evil
    refuse(b.seal(), "9a.path")


@pytest.mark.reason(ReasonCode.KEY_IDENTIFIER_MISMATCH)
@pytest.mark.parametrize("mode", Mode)
def test_3_a_substituted_key_that_the_ca_was_made_to_sign(mode: Mode) -> None:
    """GSA's own card: the signature holds, but the key identifier is the old key's."""
    b = Blueprint(issuer.federal()).fill()
    for slot in (0x9A, 0x9E):
        der = b.certificates[slot].public_bytes(Encoding.DER)
        evil = key("rsa2048", f"evil {slot}")
        old = x509.SubjectKeyIdentifier.from_public_key(b.keys[slot].public_key())
        stale = b.issuer.authority.issue(
            b.certificates[slot].subject, evil.public_key(),
            [*b.profile(slot)[1]], key_identifier=old,
        )  # fmt: skip
        assert old.digest in der
        b.objects[issuer.SLOTS[slot]], b.keys[slot] = c.certificate(stale), evil
    b.seal()
    refuse(b, "9e.key_identifier", mode=mode)
    report = judge(b.card(), b.issuer)
    assert failed(report) == dict.fromkeys(
        ("9a.key_identifier", "9e.key_identifier"), "key_identifier_mismatch"
    )


@pytest.mark.parametrize(
    "tag", [c.CHUID, c.AUTH, c.CARD, c.FACE, c.FINGERS, c.PRINTED, c.SECURITY, c.DISCOVERY, c.CCC]
)
def test_4_to_8_one_octet_changed_anywhere_that_counts(tag: int) -> None:
    by = issuer.elliptic()
    b = Blueprint(by, kinds=dict.fromkeys((0x9A, 0x9C, 0x9D, 0x9E), "p256")).fill().seal()
    good = b.objects[tag]
    # CertInfo and the digest algorithms that CMS lists for one-pass readers decide nothing
    is_certificate = tag in (c.AUTH, c.CARD)
    end = len(good) - 5 if is_certificate else len(good)
    parameters = [at for at in range(end) if good[at : at + 2] == b"\x05\x00"]
    chosen = random.Random(tag).sample(range(4 if is_certificate else 0, end), min(20, end - 4))
    for at in chosen:
        if any(at in (found, found + 1) for found in parameters):
            continue
        b.objects[tag] = good[:at] + bytes([good[at] ^ 0x01]) + good[at + 1 :]
        report = judge(b.card(), by, status=False)
        assert report.verdict is Verdict.REJECT, (at, show(report))


def test_8_a_mapping_pointed_away_from_what_was_hashed() -> None:
    b = Blueprint(issuer.federal()).fill().seal()
    away = c.CONTAINERS[c.DISCOVERY].to_bytes(2, "big")
    seal = b.objects[c.SECURITY]
    b.objects[c.DISCOVERY] = c.discovery("6020")
    b.objects[c.SECURITY] = seal.replace(away, b"\x7f\x50", 1)
    refuse(b, "security_object.hashes")


SIGNERS: dict[str, tuple[Callable[[], Signer], str]] = {
    "9 expired": (
        lambda: issuer.content_signer(
            issuer.federal().authority, "Expired", begin=BEGIN, end=AT - DAY
        ),
        "chuid.signer",
    ),
    "not yet valid": (
        lambda: issuer.content_signer(issuer.federal().authority, "Future", begin=AT + DAY),
        "chuid.signer",
    ),
    "not for content": (
        lambda: issuer.content_signer(issuer.federal().authority, "Web", usage=issuer.CLIENT_AUTH),
        "chuid.signer",
    ),
    "of nobody": (
        lambda: issuer.content_signer(pki.root("Evil Root", "p256"), "Evil", "p256"),
        "chuid.signer",
    ),
    "with its own root along": (
        lambda: issuer.content_signer(pki.root("Evil Root", "p256"), "Evil", "p256").but(
            extra=(pki.root("Evil Root", "p256").certificate,)
        ),
        "chuid.signer",
    ),
    "by SHA-1": (
        lambda: issuer.federal().signer.but(digest="sha1", names_digest=False),
        "chuid.signature",
    ),
}


@pytest.mark.parametrize(("make", "check"), SIGNERS.values(), ids=SIGNERS)
def test_9_signers_who_may_not(make: Callable[[], Signer], check: str) -> None:
    b = Blueprint(issuer.federal()).fill()
    chuid(b, make())
    refuse(b.seal(), check)


def test_the_holder_signs_a_chuid_with_9c() -> None:
    b = Blueprint(issuer.federal()).fill()
    chuid(b, Signer(b.certificates[0x9C], b.keys[0x9C]))
    refuse(b.seal(), "chuid.signer")


def test_unsigned_chuid_and_digest_of_something_else() -> None:
    b = Blueprint(issuer.federal()).fill()
    b.objects[c.CHUID] = c.chuid(None, b.fascn, b.card_uuid.bytes)
    refuse(b.seal(), "chuid.signature")
    chuid(b, b.signer, claimed=b"something else")
    refuse(b.seal(), "chuid.signature")


@pytest.mark.parametrize("tag", [c.FACE, c.SECURITY])
def test_objects_signed_by_nobody_s_signer(tag: int) -> None:
    b = Blueprint(issuer.federal()).fill().seal()
    evil = issuer.content_signer(pki.root("Evil Root", "p256"), "Evil", "p256")
    if tag == c.FACE:
        b.objects[c.FACE] = c.biometric(evil, b.fascn, b.card_uuid, c.face_record(), embed=True)
        refuse(b.seal(), "facial_image.signer")
        return
    covered = {one: b.objects[one] for one in (c.CHUID, c.PRINTED)}
    b.objects[c.SECURITY] = c.security_object(evil, covered, embed=True)
    refuse(b, "security_object.signer")


@pytest.mark.parametrize("mode", Mode)
def test_10_expired_issuing_ca(mode: Mode) -> None:
    top = issuer.federal().authority.above
    assert top is not None
    expired = top.below("Expired CA", "rsa2048", begin=AT - 900 * DAY, end=AT - DAY)
    by = issuer.Issuer(expired, issuer.content_signer(expired, "Signer of the expired"))
    refuse(Blueprint(by).fill().seal(), "9e.path", mode=mode)


def test_11_and_14_the_chuid_ends_first() -> None:
    for day in (END.date() - 30 * DAY, TODAY - DAY):
        b = Blueprint(issuer.federal()).fill()
        chuid(b, b.signer, day)
        b.objects[c.PRINTED] = c.printed(day)
        refuse(b.seal(), "9a.outlives", *(["chuid.expiry"] if day < TODAY else []))


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize(
    "dates", [{"begin": AT + DAY}, {"expires": AT - DAY}], ids=["12 future", "13 expired"]
)
def test_certificates_outside_their_validity(mode: Mode, dates: dict[str, dt.datetime]) -> None:
    b = Blueprint(issuer.federal(), **dates).fill().seal()  # type: ignore[arg-type] # two of its fields
    refuse(b, "9e.dates", mode=mode)


COPIES = {
    c.CHUID: "9a.identifiers",
    c.CARD: "9e.identifiers",
    c.FACE: "facial_image.identifiers",
    c.FINGERS: "fingerprints.identifiers",
}


@pytest.mark.parametrize("make", [issuer.federal, issuer.pivi], ids=["15-18 PIV", "19-22 PIV-I"])
@pytest.mark.parametrize(("tag", "check"), COPIES.items(), ids=["chuid", "9e", "photo", "fingers"])
def test_copies_from_another_card_even_if_the_issuer_seals_them(
    make: Callable[[], issuer.Issuer], tag: int, check: str
) -> None:
    by = make()
    other = Blueprint(by, serial="777777").fill()
    b = Blueprint(by).fill()
    b.objects[tag] = other.objects[tag]
    if tag == c.CARD:
        b.keys[0x9E] = other.keys[0x9E]
    refuse(b.seal(), check)


@pytest.mark.parametrize("slot", [0x9A, 0x9C, 0x9D, 0x9E])
@pytest.mark.parametrize("is_there", [True, False], ids=["another key", "no key"])
def test_23_private_keys_that_are_not_the_certificates(slot: int, is_there: bool) -> None:
    b = Blueprint(issuer.federal()).fill().seal()
    b.keys.pop(slot)
    if is_there:
        b.keys[slot] = key("rsa2048", "evil")
    refuse(b, f"{slot:02x}.key_proof")
    if slot == 0x9E:
        refuse(b, "9e.key_proof", mode=Mode.CAK)


@pytest.mark.parametrize(
    "tag", [c.CHUID, c.FACE, c.FINGERS, c.PRINTED, c.DISCOVERY, c.CCC], ids="{:X}".format
)
def test_38_wrong_hash_under_a_good_signature(tag: int) -> None:
    b = Blueprint(issuer.federal()).fill().seal(wrong=frozenset({tag}))
    refuse(b, "security_object.hashes")


BIOMETRIC_DATES = {
    "expired": ({"end": AT - DAY}, "dates"),
    "ends before the card": ({"end": END - 100 * DAY}, "covers_card"),
    "not yet valid": ({"begin": AT + DAY}, "dates"),
    "another header": ({"header_fascn": c.fascn("3201", "000001")}, "identifiers"),
}


@pytest.mark.parametrize(("how", "check"), BIOMETRIC_DATES.values(), ids=BIOMETRIC_DATES)
@pytest.mark.parametrize("tag", [c.FACE, c.FINGERS], ids=["49 photo", "51 fingers"])
def test_biometrics_that_do_not_fit_the_card(tag: int, how: dict[str, object], check: str) -> None:
    b = Blueprint(issuer.federal()).fill()
    record, kind = (c.face_record(), {}) if tag == c.FACE else (c.finger_record(), FINGERS)
    b.objects[tag] = c.biometric(b.signer, b.fascn, b.card_uuid, record, **kind, **how)  # type: ignore[arg-type]
    name = "facial_image" if tag == c.FACE else "fingerprints"
    refuse(b.seal(), f"{name}.{check}")


FINGERS = {"kind": 8, "form": 0x0201}


@pytest.mark.parametrize(
    ("tag", "check"),
    [(c.CHUID, "chuid.form"), (c.AUTH, "9a.certificate"), (c.CARD, "9e.certificate")],
    ids=["chuid", "9a", "9e"],
)
def test_mandatory_objects_missing(tag: int, check: str) -> None:
    b = Blueprint(issuer.federal()).fill()
    del b.objects[tag]
    refuse(b.seal(), check)


def test_55_no_security_object_or_one_that_leaves_the_printed_text_out() -> None:
    b = Blueprint(issuer.federal()).fill()
    refuse(b, "security_object.form")
    b.objects[c.SECURITY] = c.security_object(b.signer, {c.CHUID: b.objects[c.CHUID]})
    refuse(b, "security_object.coverage")
    b.seal(algorithm="sha1")
    refuse(b, "security_object.signature")


def test_security_object_and_text_of_another_card() -> None:
    by = issuer.federal()
    other = Blueprint(by, serial="777777").fill().seal()
    b = Blueprint(by).fill()
    b.objects |= {tag: other.objects[tag] for tag in (c.PRINTED, c.SECURITY)}
    refuse(b, "security_object.hashes")


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("kind", ["rsa1024", "p521"])
def test_keys_that_sp_800_78_does_not_have(kind: str, mode: Mode) -> None:
    kinds = {0x9A: "p256", 0x9C: "p256", 0x9D: "p256", 0x9E: kind}
    b = Blueprint(issuer.federal(), serial="444666", kinds=kinds).fill().seal()
    refuse(b, "9e.algorithm", mode=mode)


PROFILES: dict[str, tuple[int, pki.Extension | None, str]] = {
    "9E without a purpose": (0x9E, None, "purpose"),
    "9E for clients": (0x9E, pki.extended(issuer.CLIENT_AUTH), "purpose"),
    "9E for anything": (0x9E, pki.extended(issuer.ANY), "purpose"),
    "9A for doors": (0x9A, pki.extended(issuer.CARD_AUTH, critical=True), "purpose"),
    "9A to encipher": (0x9A, pki.usage("key_encipherment"), "purpose"),
    "9E with an unknown critical extension": (
        0x9E, pki.raw("1.2.3.4.5", e.NULL, critical=True), "path",
    ),
    "9E as a CA": (0x9E, (x509.BasicConstraints(True, None), True), "purpose"),
    "9E of another card": (
        0x9E, (x509.SubjectAlternativeName([pki.urn_name(uuid.uuid4())]), False), "identifiers",
    ),
    "9A of no card": (
        0x9A, (x509.SubjectAlternativeName([pki.upn_name("a@b.gov")]), False), "identifiers",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("slot", "new", "check"), PROFILES.values(), ids=PROFILES)
def test_certificates_made_for_something_else(
    slot: int, new: pki.Extension | None, check: str
) -> None:
    b = Blueprint(issuer.federal()).fill()
    replaced = type(new[0]) if new else x509.ExtendedKeyUsage
    kept = [one for one in b.profile(slot)[1] if type(one[0]) is not replaced or new is None]
    if new is None:
        kept = [one for one in kept if type(one[0]) is not replaced]
    elif isinstance(new[0], x509.UnrecognizedExtension):
        kept = b.profile(slot)[1]
    b.certify(slot, extensions=[*kept, *([new] if new else [])])
    refuse(b.seal(), f"{slot:02x}.{check}")


def test_other_anchors_and_an_issuing_ca_alone() -> None:
    by = issuer.federal()
    b = Blueprint(by).fill().seal()
    refuse(b, "9e.path", trust=issuer.elliptic().trust(), mode=Mode.CAK)
    refuse(b, "9e.path", trust=by.trust()[:1], mode=Mode.CAK)


PINS = {
    "wrong": ("000000", 3, [(0x80, False)]),
    "none": (None, 3, []),
    "empty": ("", 3, []),
    "short": ("12", 3, []),
    "last try": ("123456", 1, []),
    "blocked": ("123456", 0, []),
}


@pytest.mark.parametrize(("pin", "left", "spent"), PINS.values(), ids=PINS)
def test_at_most_one_try_is_spent(
    pin: str | None, left: int, spent: list[tuple[int, bool]]
) -> None:
    by = issuer.federal()
    card = Blueprint(by).fill().seal().card(tries={0x80: left})
    report = judge(card, by, pin=pin)
    assert report.verdict is Verdict.REJECT
    assert list(failed(report)) == ["card.pin"]
    assert card.verifications == spent


def test_every_octet_of_a_chuid_signature_type_counts() -> None:
    """The content type is signed, too: a biometric's signature is no CHUID's."""
    b = Blueprint(issuer.federal()).fill()
    head = e.fields((0x30, b.fascn), (0x34, b.card_uuid.bytes), (0x35, f"{END:%Y%m%d}".encode()))
    for kind in ("2.16.840.1.101.3.6.2", "1.2.840.113549.1.7.1"):
        signature = b.signer.signed_data(kind, head + c.EMPTY_FE)
        assert kind != CHUID_TYPE
        b.objects[c.CHUID] = head + e.tlv(0x3E, signature) + c.EMPTY_FE
        refuse(b.seal(), "chuid.signature")
