"""The status list of a million cards: made, its size, and a look-up in it."""

from __future__ import annotations

import random
import tempfile
import zlib
from pathlib import Path

from bench.measure import Measurement, best_of
from bench.parts import repeated
from cardsvc.clock import SystemClock
from cardsvc.status_list import StatusList, TokenStatus, parse_status_list
from cardsvc.status_records import ListedStatuses
from keys.sealed_file import ScryptCost
from keys.software_vault import SoftwareVault
from keys.status_list_token import StatusListSigner
from keys.vault import VaultAlgorithm

_SEED = 20260302
_NOT_VALID = 100
"""One card in so many is revoked or suspended."""


def measure_status_list(*, cards: int = 1_000_000, rounds: int = 3) -> list[Measurement]:
    """Measure packing, compressing and signing beside the compression alone; and a look-up."""
    drawn = random.Random(_SEED).sample(range(cards), cards // _NOT_VALID)
    kinds = (TokenStatus.INVALID, TokenStatus.SUSPENDED)
    listed = ListedStatuses(cards, [(place, kinds[at % 2]) for at, place in enumerate(drawn)])
    statuses = StatusList.of(cards, listed.statuses)
    at = SystemClock().now()
    with tempfile.TemporaryDirectory() as folder:
        vault = SoftwareVault.open(Path(folder) / "vault", "bench", cost=ScryptCost(n=2**4))
        signer = StatusListSigner(vault, vault.generate("list", VaultAlgorithm.ECDSA_P256))

        def sign() -> str:
            return signer.sign("http://a/list/1", "http://a/lists", listed, at)

        token = sign()
        made, bare = best_of(
            rounds,
            repeated(sign, 1),
            repeated(lambda: zlib.compress(statuses.octets, 9), 1),
        )
    read = parse_status_list(statuses.claim())
    found, bare_found = best_of(
        rounds,
        repeated(lambda: read.status(drawn[0]), 500),
        repeated(lambda: read.octets[drawn[0] // 4], 500),
    )
    name = f"status list of {cards:,} cards"
    return [
        Measurement(
            f"{name}, made", made / 1e3, "ms", bare / 1e3,
            "1 % not valid; bare: ZLIB alone; without reading the database",
        ),
        Measurement(f"{name}, token", len(token) / 1e3, "kB", len(statuses.compressed()) / 1e3,
                    "bare: the compressed bits; base64url twice makes the rest"),
        Measurement(f"{name}, look-up", found, "us", bare_found, "bare: one octet of the array"),
    ]  # fmt: skip
