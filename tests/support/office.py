"""A whole office: the service in a process of its own, its staff, a desk, a kiosk, blanks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyotp

from cardsvc.access_records import Role
from cardsvc.clock import SettableClock
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.stock_records import StockKeeper
from issuance.registry.agencies import NewAgency, import_agencies
from issuance.stock.keeping import put_keeper, receive
from tests.support.console import PASSWORD, Person
from tests.support.installations import open_cheaply
from tests.support.served import free_port, run_cardsvc, serving_process
from verification.policy.simple import simple_policy
from web.bootstrap import Installation
from web.demo.staff import add_staff
from web.settings import Settings

DESK, KIOSK = "ban-1", "ki-ot-1"
RELYING_PARTY, SERVICE = "trung-tam-hcc", "tra-cuu"
AGENCY = "H57.12"
BLANKS = tuple(f"PHOI-{number:06d}" for number in range(1, 21))
_SOME_TIME_AGO = timedelta(hours=1)


@dataclass(frozen=True)
class Office:
    """What the people of the office have at hand.

    Args:
        url: of the service.
        folder: for files.
        staff: one person a role.
        environment: of the ``cardsvc`` commands.
    """

    url: str
    folder: Path
    staff: Mapping[Role, Person]
    environment: Mapping[str, str]

    @property
    def desk_token(self) -> Path:
        """The file with the desk agent's token."""
        return self.folder / "desk.token"

    @property
    def kiosk_token(self) -> Path:
        """The file with the kiosk agent's token."""
        return self.folder / "kiosk.token"

    def code(self, person: Person) -> str:
        """Return what the app shows now; a code is good once."""
        return pyotp.TOTP(person.secret).now()

    def cardsvc(self, *arguments: str) -> str:
        """Run a command; return what it printed."""
        status, printed = run_cardsvc(dict(self.environment), *arguments)
        assert status == 0, printed
        return printed.strip()


@contextmanager
def open_office(folder: Path) -> Iterator[Office]:
    """Furnish an office in a new folder, and serve it until the block ends."""
    port = free_port()
    settings = Settings(
        data_dir=folder / "data", vault_passphrase="mật khẩu", port=port,
        public_url=f"http://127.0.0.1:{port}",
    )  # fmt: skip
    before = SettableClock(datetime.now(UTC) - _SOME_TIME_AGO)
    installation = open_cheaply(settings, before)
    try:
        added = add_staff(installation.services.console, PASSWORD, before.now())
        staff = {role: Person(one.id, one.secret) for role, one in added.items()}
        _furnish(installation, folder, before.now())
    finally:
        installation.close()
    environment = {
        "CARDSVC_DATA_DIR": str(settings.data_dir),
        "CARDSVC_VAULT_PASSPHRASE": settings.vault_passphrase,
        "CARDSVC_PUBLIC_URL": settings.public_url,
    }
    with serving_process(environment, folder / "service.log", port) as served:
        yield Office(served.url, folder, staff, environment)


def _furnish(it: Installation, folder: Path, at: datetime) -> None:
    administrator, keeper = "quan", "tam"
    for agent, name, file in ((DESK, "Bàn cấp thẻ", "desk"), (KIOSK, "Ki-ốt sảnh", "kiosk")):
        token = it.access.enrol_agent(agent, name, operator=administrator, at=at)
        (folder / f"{file}.token").write_text(token, "ascii")
    it.access.enrol_relying_party(RELYING_PARTY, "Trung tâm", operator=administrator, at=at)
    it.access.put_policy(simple_policy(RELYING_PARTY, SERVICE), operator=administrator, at=at)
    top = NewAgency(AgencyCode("H57"), "Ủy ban nhân dân tỉnh")
    office = NewAgency(AgencyCode(AGENCY), "Sở Nội vụ", "SNV", AgencyCode("H57"))
    listed = [(one, date(2020, 1, 1)) for one in (top, office)]
    import_agencies(it.agencies, listed, operator=administrator, at=at)
    safe = StockKeeper(DESK, "Bàn cấp thẻ", "tru-so")
    put_keeper(it.store, safe, operator=keeper, at=at)
    receive(
        it.store, BLANKS, product="PIV-80K", box="HOP-0001", keeper=DESK,
        delivery_note="PN-0001/2026", operator=keeper, at=at,
    )  # fmt: skip
