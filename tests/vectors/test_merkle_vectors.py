"""RFC 6962 trees against the reference data of Certificate Transparency (leaves, roots, proofs)."""

from __future__ import annotations

import pytest

from cardsvc.merkle import (
    EMPTY_ROOT,
    Frontier,
    MemoryNodes,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)

ENTRIES = tuple(
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
)
ROOTS = tuple(
    bytes.fromhex(text)
    for text in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
)
NODES = MemoryNodes([leaf_hash(entry) for entry in ENTRIES])

H01 = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
H03 = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
H23 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
H45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
H47 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
H67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
LEAF_1 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
LEAF_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"


def test_the_root_of_each_size() -> None:
    frontier = Frontier()
    assert frontier.root == ROOTS[0] == EMPTY_ROOT
    for entry, root in zip(ENTRIES, ROOTS[1:], strict=True):
        frontier, _ = frontier.append(leaf_hash(entry))
        assert frontier.root == root


@pytest.mark.parametrize(
    ("index", "size", "path"),
    [
        (0, 1, ()),
        (0, 8, (LEAF_1, H23, H47)),
        (5, 8, (LEAF_4, H67, H03)),
        (2, 3, (H01,)),
        (1, 5, (ROOTS[1].hex(), H23, LEAF_4)),
    ],
)
def test_audit_paths(index: int, size: int, path: tuple[str, ...]) -> None:
    proof = inclusion_proof(NODES, index, size)
    assert tuple(one.hex() for one in proof) == path
    assert verify_inclusion(leaf_hash(ENTRIES[index]), index, size, proof, ROOTS[size])


@pytest.mark.parametrize(
    ("first", "second", "path"),
    [(1, 1, ()), (1, 8, (LEAF_1, H23, H47)), (6, 8, (H45, H67, H03)), (2, 5, (H23, LEAF_4))],
)
def test_consistency_proofs(first: int, second: int, path: tuple[str, ...]) -> None:
    proof = consistency_proof(NODES, first, second)
    assert tuple(one.hex() for one in proof) == path
    assert verify_consistency(first, second, ROOTS[first], ROOTS[second], proof)
