"""The Merkle tree against the recursive definitions of RFC 6962, and proofs that must not pass."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.merkle import (
    Frontier,
    MemoryNodes,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    subtree_root,
    verify_consistency,
    verify_inclusion,
)

ENTRIES = [number.to_bytes(2, "big") for number in range(80)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
NODES = MemoryNodes(LEAVES)


def half(count: int) -> int:
    k = 1
    while k * 2 < count:
        k *= 2
    return k


def mth(entries: Sequence[bytes]) -> bytes:
    """RFC 6962 section 2.1, word by word."""
    if not entries:
        return hashlib.sha256().digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = half(len(entries))
    return hashlib.sha256(b"\x01" + mth(entries[:k]) + mth(entries[k:])).digest()


def path(m: int, entries: Sequence[bytes]) -> list[bytes]:
    """RFC 6962 section 2.1.1, word by word."""
    if len(entries) == 1:
        return []
    k = half(len(entries))
    if m < k:
        return [*path(m, entries[:k]), mth(entries[k:])]
    return [*path(m - k, entries[k:]), mth(entries[:k])]


def subproof(m: int, entries: Sequence[bytes], whole: bool) -> list[bytes]:
    """RFC 6962 section 2.1.2, word by word."""
    if m == len(entries):
        return [] if whole else [mth(entries)]
    k = half(len(entries))
    if m <= k:
        return [*subproof(m, entries[:k], whole), mth(entries[k:])]
    return [*subproof(m - k, entries[k:], False), mth(entries[:k])]


sizes = st.integers(1, len(ENTRIES))


@pytest.mark.parametrize("size", [*range(18), 31, 32, 33, 63, 64, 65, 80])
def test_frontier_and_nodes_give_the_root(size: int) -> None:
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier, _ = frontier.append(leaf)
    assert frontier.root == mth(ENTRIES[:size]) == subtree_root(NODES, 0, size)
    assert Frontier.from_octets(size, frontier.octets) == frontier


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_inclusion(data: st.DataObject) -> None:
    size = data.draw(sizes)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(NODES, index, size)
    root = mth(ENTRIES[:size])
    assert list(proof) == path(index, ENTRIES[:size])
    assert verify_inclusion(LEAVES[index], index, size, proof, root)
    other = data.draw(st.integers(0, len(ENTRIES) - 1).filter(lambda one: one != index))
    assert not verify_inclusion(LEAVES[other], index, size, proof, root)
    assert not verify_inclusion(LEAVES[index], other, size, proof, root)
    assert not verify_inclusion(LEAVES[index], index, size, (*proof, root), root)
    assert not verify_inclusion(LEAVES[index], index, size, proof, LEAVES[other])
    if proof:
        assert not verify_inclusion(LEAVES[index], index, size, proof[:-1], root)
        assert not verify_inclusion(LEAVES[index], index, size, (b"", *proof[1:]), root)
        at = data.draw(st.integers(0, len(proof) - 1))
        spoilt = (*proof[:at], LEAVES[other], *proof[at + 1 :])
        if spoilt != proof:
            assert not verify_inclusion(LEAVES[index], index, size, spoilt, root)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_consistency(data: st.DataObject) -> None:
    second = data.draw(sizes)
    first = data.draw(st.integers(1, second))
    proof = consistency_proof(NODES, first, second)
    old, new = mth(ENTRIES[:first]), mth(ENTRIES[:second])
    assert list(proof) == subproof(first, ENTRIES[:second], True)
    assert verify_consistency(first, second, old, new, proof)
    assert verify_consistency(0, second, mth([]), new, ())
    assert not verify_consistency(0, second, old, new, ())
    assert not verify_consistency(first, second, LEAVES[0][::-1], new, proof)
    assert not verify_consistency(first, second, old, LEAVES[0][::-1], proof)
    assert not verify_consistency(first, second, old, new, (*proof, new))
    if first < second:
        assert not verify_consistency(second, first, new, old, proof)
        assert not verify_consistency(first, second, old, new, proof[:-1])
        assert not verify_consistency(first, second, old, new, ())
    # a history that was rewritten: same sizes, one early entry changed
    forged = [b"forged", *ENTRIES[1:second]]
    forged_nodes = MemoryNodes([leaf_hash(entry) for entry in forged])
    forged_proof = consistency_proof(forged_nodes, first, second)
    assert not verify_consistency(first, second, old, mth(forged), forged_proof)


@given(
    st.integers(-2, 70),
    st.integers(-2, 70),
    st.lists(st.binary(min_size=0, max_size=33) | st.binary(min_size=32, max_size=32), max_size=8),
)
@settings(max_examples=200)
def test_junk_proofs_are_refused_without_an_error(a: int, b: int, proof: list[bytes]) -> None:
    assert not verify_inclusion(LEAVES[0], a, b, proof, bytes(32))
    if not (a == b and not proof):
        assert not verify_consistency(a, b, LEAVES[0], bytes(32), proof)


@pytest.mark.parametrize(("size", "octets"), [(1, b""), (0, bytes(32)), (3, bytes(63)), (-1, b"")])
def test_a_frontier_that_does_not_fit_its_size_is_refused(size: int, octets: bytes) -> None:
    with pytest.raises(ValueError):
        Frontier.from_octets(size, octets)


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_no_proof_for_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError):
        inclusion_proof(NODES, index, size)


@pytest.mark.parametrize(("first", "second"), [(0, 3), (4, 3), (-1, 3)])
def test_no_consistency_with_nothing_or_the_future(first: int, second: int) -> None:
    with pytest.raises(ValueError):
        consistency_proof(NODES, first, second)
