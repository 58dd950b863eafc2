"""Checkpoints, cosigning requests and keys: what is read is what was written; junk is refused."""

from __future__ import annotations

import contextlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.checkpoint import (
    Checkpoint,
    CosigningRequest,
    NoteSignature,
    SignedCheckpoint,
    parse_checkpoint,
    parse_cosigning_request,
    parse_signatures,
    parse_size,
)
from cardsvc.errors import Malformed, ReasonCode
from keys.note_keys import NoteKey

NAMES = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=20)
KEY_NAMES = NAMES.filter(lambda name: "+" not in name)
CHECKPOINTS = st.builds(
    Checkpoint, KEY_NAMES, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32)
)
SIGNATURES = st.builds(
    NoteSignature, KEY_NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80)
)
SIGNED = st.builds(
    lambda checkpoint, signatures: SignedCheckpoint(checkpoint, checkpoint.text, tuple(signatures)),
    CHECKPOINTS,
    st.lists(SIGNATURES, min_size=1, max_size=16),
)
PROOFS = st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple)
SPECIFIED = """example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
\u2014 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
""".encode()  # noqa: E501 - the example of C2SP tlog-cosignature, line by line


def test_the_example_of_the_specification_is_read_and_written() -> None:
    signed = parse_checkpoint(SPECIFIED)
    assert (signed.checkpoint.origin, signed.checkpoint.size) == (
        "example.com/behind-the-sofa",
        20852163,
    )
    assert [one.key_hash.hex() for one in signed.signatures] == ["033de0ae", "8d66cf3f"]
    assert int.from_bytes(signed.signatures[1].octets[:8], "big") == 1679315147
    assert signed.note == SPECIFIED
    extended = SPECIFIED.replace(b"q2I=\n", "q2I=\nmở rộng\n".encode())
    assert parse_checkpoint(extended).text.endswith("mở rộng\n".encode())


@settings(max_examples=60)
@given(SIGNED, st.integers(0, 2**63 - 1), PROOFS)
def test_what_is_written_is_read(
    signed: SignedCheckpoint, old_size: int, proof: tuple[bytes, ...]
) -> None:
    assert parse_checkpoint(signed.note) == signed
    request = CosigningRequest(old_size, proof, signed)
    assert parse_cosigning_request(request.encode()) == request


@settings(max_examples=120)
@given(st.binary(max_size=60) | SIGNED.map(lambda one: one.note), st.data())
def test_damaged_octets_are_read_alike_or_refused(octets: bytes, data: st.DataObject) -> None:
    if octets and data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(octets) - 1))
        octets = octets[:at] + data.draw(st.binary(max_size=2)) + octets[at + 1 :]
    for parse in (parse_checkpoint, parse_signatures, parse_cosigning_request):
        with contextlib.suppress(Malformed):
            parse(octets)
    with contextlib.suppress(Malformed):
        assert parse_checkpoint(octets).note == octets


@pytest.mark.reason(ReasonCode.MALFORMED_CHECKPOINT)
@pytest.mark.parametrize(
    "change",
    [
        (b"20852163", b"020852163"), (b"20852163", b"-1"), (b"20852163", b"9" * 19 + b"9"),
        (b"q2I=", b"q2J="), (b"q2I=", b"q2I"), (b"\n\n", b"\n"), (b"\xe2\x80\x94 ", b"- "),
        (b"example.com/behind-the-sofa\n2", b"\n2"), (b"sofa Az", b"so+fa Az"), (b"AYQ8=", b""),
        (b"20852163", b"20852163\r"), (b"20852163", "٣".encode()), (b"qnA==\n", b"qnA=="),
    ],
)  # fmt: skip
def test_other_forms_are_refused(change: tuple[bytes, bytes]) -> None:
    assert change[0] in SPECIFIED
    with pytest.raises(Malformed) as refused:
        parse_checkpoint(SPECIFIED.replace(*change))
    assert refused.value.reason is ReasonCode.MALFORMED_CHECKPOINT


def test_bounds() -> None:
    line = SPECIFIED.split(b"\n\n")[1].split(b"\n")[0] + b"\n"
    assert len(parse_signatures(line * 16)) == 16
    for octets in (b"", line * 17):
        with pytest.raises(Malformed):
            parse_signatures(octets)
    with pytest.raises(Malformed):
        parse_checkpoint(b"a" * 70_000 + SPECIFIED)
    root = b"CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    with pytest.raises(Malformed):
        parse_cosigning_request(b"old 1\n" + root * 64 + b"\n" + SPECIFIED)


@given(st.text(max_size=30) | st.integers().map(str))
def test_sizes(text: str) -> None:
    with contextlib.suppress(Malformed):
        assert str(parse_size(text)) == text


def test_keys_are_one_line() -> None:
    for public_key in (
        ec.generate_private_key(ec.SECP256R1()).public_key(),
        ed25519.Ed25519PrivateKey.generate().public_key(),
    ):
        key = NoteKey("nhan-chung.example/1", public_key)
        assert NoteKey.parse(key.text + "\n") == key
        name, key_hash, encoded = key.text.split("+", 2)
        for wrong in (
            f"other+{key_hash}+{encoded}" if key.is_witness else f"a b+{key_hash}+{encoded}",
            f"{name}+00000000+{encoded}",
            f"{name}+{key_hash}+{encoded[:-4]}",
        ):
            with pytest.raises(Malformed):
                NoteKey.parse(wrong)


@given(st.text(max_size=80) | st.binary(max_size=80).map(lambda junk: f"a+00000000+{junk.hex()}"))
def test_no_key_raises_anything_else(text: str) -> None:
    with contextlib.suppress(Malformed):
        NoteKey.parse(text)


def test_a_key_on_another_curve_is_none() -> None:
    key = NoteKey("log", ec.generate_private_key(ec.SECP384R1()).public_key())
    with pytest.raises(Malformed):
        NoteKey.parse(key.text)
