"""The Merkle tree of the audit log: hashes, an incremental frontier, proofs. Pure functions.

Spec: RFC 6962 section 2.1 and RFC 9162 section 2.1 (the same tree), with SHA-256. A *node*
is the root of a perfect subtree: ``node(level, index)`` covers the leaves
``index * 2**level`` to ``(index + 1) * 2**level - 1``. Hashes are 32 octets throughout.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

HASH_OCTETS = 32
LEAF_PREFIX = b"\x00"
"""RFC 6962 section 2.1: MTH({d0}) = SHA-256(0x00 || d0)."""
NODE_PREFIX = b"\x01"
"""RFC 6962 section 2.1: SHA-256(0x01 || left || right)."""
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""RFC 6962 section 2.1: MTH({}) = SHA-256()."""


class NodeSource(Protocol):
    """Gives the roots of perfect subtrees that are complete."""

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree of ``2**level`` leaves."""
        ...


def leaf_hash(entry: bytes) -> bytes:
    """Hash a log entry (RFC 6962 section 2.1)."""
    return hashlib.sha256(LEAF_PREFIX + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees together (RFC 6962 section 2.1)."""
    return hashlib.sha256(NODE_PREFIX + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The state from which a log grows: its size and its perfect subtrees, largest first.

    Args:
        size: number of leaves.
        hashes: one hash per bit that is set in ``size``.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.hashes) != self.size.bit_count():
            raise ValueError("a frontier has one hash per set bit of its size")
        if any(len(one) != HASH_OCTETS for one in self.hashes):
            raise ValueError("a hash has 32 octets")

    @classmethod
    def from_octets(cls, size: int, octets: bytes) -> Frontier:
        """Return a stored frontier.

        Raises:
            ValueError: the octets do not fit the size.
        """
        if len(octets) % HASH_OCTETS:
            raise ValueError("a hash has 32 octets")
        cut = range(0, len(octets) + 1, HASH_OCTETS)
        return cls(size, tuple(octets[start:end] for start, end in pairwise(cut)))

    @property
    def octets(self) -> bytes:
        """The hashes one after the other, to store beside the size."""
        return b"".join(self.hashes)

    @property
    def root(self) -> bytes:
        """The root of the whole tree (MTH, RFC 6962 section 2.1)."""
        if not self.hashes:
            return EMPTY_ROOT
        *rest, root = self.hashes
        for left in reversed(rest):
            root = node_hash(left, root)
        return root

    def append(self, leaf: bytes) -> tuple[Frontier, tuple[bytes, ...]]:
        """Add a leaf hash.

        Returns:
            The next frontier, and the nodes that this leaf completes: the leaf itself
            (level 0) and then each parent that became perfect, upwards.
        """
        grown, (completed,) = self.extend([leaf])
        return grown, completed

    def extend(self, leaves: Sequence[bytes]) -> tuple[Frontier, list[tuple[bytes, ...]]]:
        """Add leaf hashes one after the other.

        Returns:
            The frontier after the last, and for each leaf what ``append`` returns.
        """
        hashes, size, completed_by = list(self.hashes), self.size, []
        for leaf in leaves:
            completed, node, trailing = [leaf], leaf, size
            while trailing & 1:  # each trailing one-bit is a perfect left neighbour to merge with
                node = node_hash(hashes.pop(), node)
                completed.append(node)
                trailing >>= 1
            hashes.append(node)
            size += 1
            completed_by.append(tuple(completed))
        return Frontier(size, tuple(hashes)), completed_by


class MemoryNodes:
    """All nodes of a tree in memory: for verifying a copied log and for tests."""

    def __init__(self, leaves: Sequence[bytes] = ()) -> None:
        self.frontier = Frontier()
        self._levels: list[list[bytes]] = []
        for leaf in leaves:
            self.append(leaf)

    def append(self, leaf: bytes) -> None:
        """Add a leaf hash."""
        self.frontier, completed = self.frontier.append(leaf)
        for level, node in enumerate(completed):
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(node)

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree."""
        return self._levels[level][index]


def _split(count: int) -> int:
    """Return the largest power of two smaller than ``count`` (RFC 6962 section 2.1)."""
    return 1 << ((count - 1).bit_length() - 1)


def subtree_root(nodes: NodeSource, start: int, end: int) -> bytes:
    """Return MTH(D[start:end]) from complete nodes; ``start`` as the tree's recursion gives it."""
    count = end - start
    if count == 0:
        return EMPTY_ROOT
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return nodes.node(level, start >> level)
    middle = start + _split(count)
    return node_hash(subtree_root(nodes, start, middle), subtree_root(nodes, middle, end))


def inclusion_proof(nodes: NodeSource, index: int, size: int) -> tuple[bytes, ...]:
    """Return the audit path of a leaf in the tree of ``size`` leaves, lowest first.

    Spec: RFC 6962 section 2.1.1 (PATH), RFC 9162 section 2.1.3.1.

    Raises:
        ValueError: there is no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError("no such leaf in a tree of that size")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(subtree_root(nodes, middle, end))
            end = middle
        else:
            path.append(subtree_root(nodes, start, middle))
            start = middle
    return tuple(reversed(path))


def consistency_proof(nodes: NodeSource, first: int, second: int) -> tuple[bytes, ...]:
    """Return the proof that the tree of ``second`` leaves extends that of ``first``.

    Spec: RFC 6962 section 2.1.2 (PROOF), RFC 9162 section 2.1.4.1.

    Raises:
        ValueError: not ``0 < first <= second``.
    """
    if not 0 < first <= second:
        raise ValueError("a consistency proof needs 0 < first <= second")
    proof: list[bytes] = []
    start, end, known = 0, second, True
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            proof.append(subtree_root(nodes, middle, end))
            end = middle
        else:
            proof.append(subtree_root(nodes, start, middle))
            start, known = middle, False
    if not known:
        proof.append(subtree_root(nodes, start, end))
    return tuple(reversed(proof))


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Tell whether a proof shows that a leaf is in the tree.

    Spec: RFC 9162 section 2.1.3.2.
    """
    if not 0 <= index < size or any(len(one) != HASH_OCTETS for one in proof):
        return False
    fn, sn, node = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, sibling)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and hmac.compare_digest(node, root)


def verify_consistency(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Tell whether a proof shows that the second tree extends the first.

    Spec: RFC 9162 section 2.1.4.2; an empty first tree is extended by every tree.
    """
    if not 0 <= first <= second or any(len(one) != HASH_OCTETS for one in proof):
        return False
    if first == 0:
        return not proof and hmac.compare_digest(first_root, EMPTY_ROOT)
    if first == second:
        return not proof and hmac.compare_digest(first_root, second_root)
    path = [first_root, *proof] if first & (first - 1) == 0 else list(proof)
    roots = _roots_by_path(first, second, path)
    return (
        roots is not None
        and hmac.compare_digest(roots[0], first_root)
        and hmac.compare_digest(roots[1], second_root)
    )


def _roots_by_path(first: int, second: int, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """Compute both roots (RFC 9162 section 2.1.4.2 steps 3 to 6), or None for a wrong length."""
    if not path:
        return None
    fn, sn = first - 1, second - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first_node = second_node = path[0]
    for sibling in path[1:]:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            first_node = node_hash(sibling, first_node)
            second_node = node_hash(sibling, second_node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second_node = node_hash(second_node, sibling)
        fn, sn = fn >> 1, sn >> 1
    return (first_node, second_node) if sn == 0 else None
