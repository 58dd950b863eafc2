"""A signed status list without a database: the real signer, places given by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cardsvc.status_list import TokenStatus
from cardsvc.status_records import ListedStatuses
from keys.ceremony_plan import CeremonyPlan
from keys.pki import Pki, open_pki
from keys.software_vault import SoftwareVault
from keys.status_list_token import StatusListSource
from tests.support.memory_ledger import MemoryCertificateLedger
from tests.support.rehearsal_pki import AT, CHEAP, PASSPHRASE

BASE_URL = "http://the.example.gov.vn/status"


@dataclass
class HandmadeLists:
    """One list. Implements ``keys.ports.CardStatusLists``."""

    size: int = 64
    statuses: dict[int, int] = field(default_factory=dict)
    changed: int = 0

    def numbers(self) -> Sequence[int]:
        return [1]

    def changes(self, list_number: int) -> int:
        return self.changed if list_number == 1 else 0

    def read(self, list_number: int) -> ListedStatuses | None:
        if list_number != 1:
            return None
        return ListedStatuses(
            self.size, [(index, TokenStatus(one)) for index, one in self.statuses.items()]
        )


@dataclass(frozen=True)
class SignedLists:
    """A token, and what a relying party checks it with."""

    pki: Pki
    lists: HandmadeLists
    token: str
    key_set: Mapping[str, Any]
    uri: str = f"{BASE_URL}/list/1"


def sign_lists(folder: Path, statuses: dict[int, int]) -> SignedLists:
    """Hold a ceremony in a folder and publish one list."""
    vault = SoftwareVault.open(folder, PASSPHRASE, cost=CHEAP)
    lists = HandmadeLists(statuses=statuses)
    pki = open_pki(
        CeremonyPlan(),
        vault,
        MemoryCertificateLedger(),
        AT,
        root_vault=vault,
        status_lists=StatusListSource(lists, BASE_URL),
    )
    document = pki.status.list_token(1, AT)
    assert document is not None
    return SignedLists(pki, lists, document.octets.decode(), pki.status.jwks())
