"""A served console: operators of every role with known second factors, and who drives them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pyotp
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cardsvc.access_records import Operator, Role
from cardsvc.partner_records import PartnerProfile
from cardsvc.terms import Realm
from tests.support.console_people import HELD_ROW, IMPORT, KHUE, put_people
from tests.support.console_records import (
    EXAMPLES_OF_RECORDS,
    NO_PAGES_OF_RECORDS,
    add_records,
)
from tests.support.field_examples import EXAMPLES_OF_THE_FIELD, add_field_records
from tests.support.installations import RELYING_PARTY, ServiceUnderTest, serve
from tests.support.integration_examples import EXAMPLES_OF_INTEGRATION, add_policies, add_webhook
from tests.support.oversight_examples import (
    ACCESS_REQUEST,
    ERASURE_REQUEST,
    NEW_REQUEST,
    add_examples,
)
from tests.support.partner_keys import SigningKey
from web.console.services import ConsoleServices
from web.operators.register import OperatorEntry
from web.partners.register import KeyTerm

AGENCY = "H57.12"
KEYED_PARTNER = "benh-vien-tinh"
PASSWORD = "một câu dài dễ nhớ"
NAMES = {
    Role.CLERK: "Lê Thị Lan",
    Role.APPROVER: "Trần Quốc Hùng",
    Role.ISSUER: "Phạm Tuyết Mai",
    Role.STOCK_KEEPER: "Vũ Minh Tâm",
    Role.AUDITOR: "Đặng Hữu Phước",
    Role.ADMINISTRATOR: "Nguyễn Đình Quân",
}
_CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
_ONCE = re.compile(r'name="submit_token" value="([^"]+)"')


@dataclass(frozen=True)
class Person:
    """An operator who signs in.

    Args:
        id: the sign-in name.
        secret: of the authenticator app.
    """

    id: str
    secret: str


class ConsoleUnderTest:
    """A service with a console, and one operator for every role besides ``everything``.

    Args:
        service: the service.
        people: operators who are there already, in a copy of another console's folder.
    """

    def __init__(self, service: ServiceUnderTest, people: dict[str, Person] | None = None) -> None:
        self.service = service
        self.url = service.url
        self.clock = service.clock
        self.services: ConsoleServices = service.installation.services.console
        self.app: Flask = service.app
        self.people: dict[str, Person] = dict(people or {})
        # past the codes and the sessions of the console that this is a copy of
        self.clock.advance(timedelta(days=1))
        if not self.people:
            add_examples(service)
            for role in Role:
                self.add(f"ca-{role.value.replace('_', '-')}", frozenset({role}))
            self.add("ca-moi-viec", frozenset(Role))
            add_records(service)
            add_policies(service)
            add_webhook(service)
            add_field_records(service)
            put_people(self.services.registry)
            self._add_partner()

    def _add_partner(self) -> None:
        register, at = self.services.partners, self.clock.now()
        profile = PartnerProfile("Bệnh viện đa khoa tỉnh", Realm.SANDBOX)
        register.enrol(KEYED_PARTNER, profile, operator="admin", at=at)
        register.add_key_set(
            KEYED_PARTNER, SigningKey().key_set, KeyTerm(), operator="admin", at=at
        )

    def add(
        self, operator_id: str, roles: frozenset[Role], agencies: frozenset[str] | None = None
    ) -> Person:
        """Add an operator with a confirmed second factor."""
        name = NAMES[next(iter(roles))] if len(roles) == 1 else "Hoàng Thị Ngọc Ánh"
        scope = frozenset({"*"}) if agencies is None else agencies
        entry = OperatorEntry(name, roles, scope, "Sở Nội vụ")
        at = self.clock.now()
        register = self.services.register
        register.add_with_password(operator_id, entry, PASSWORD, by="cli", at=at)
        uri = register.factor_uri(operator_id, "cardsvc")
        person = Person(operator_id, pyotp.parse_uri(uri).secret)
        browser = Browser(self)
        browser.give_password(person)
        browser.send("/console/sign-in/enrol", code=self.code(person))
        self.people[operator_id] = person
        return person

    def who(self, role: Role) -> Person:
        """Return the operator who has this role alone."""
        return self.people[f"ca-{role.value.replace('_', '-')}"]

    @property
    def everything(self) -> Person:
        """The operator who has every role."""
        return self.people["ca-moi-viec"]

    def operator(self, person: Person) -> Operator:
        """Return a person's record."""
        found = self.services.register.find(person.id)
        assert found is not None
        return found

    def code(self, person: Person) -> str:
        """Return the app's next code: the clock moves on, as no code is taken twice."""
        self.clock.advance(timedelta(seconds=30))
        return pyotp.TOTP(person.secret).at(self.clock.now())

    def pages(self) -> Iterator[str]:
        """Yield the address of every page that can be opened with nothing but a role."""
        for rule in self.app.url_map.iter_rules():
            if not rule.endpoint.startswith("console.") or "GET" not in (rule.methods or ()):
                continue
            is_file = rule.endpoint.endswith((".export_csv", ".export_xlsx"))
            if rule.endpoint not in NO_PAGES and not is_file:
                values = EXAMPLES.get(rule.endpoint, [{}])
                for one in values:
                    with self.app.test_request_context():
                        yield self.app.url_for(rule.endpoint, **one)


NO_PAGES = {
    "console.static",
    "console.font",
    "console.language",
    "console.unknown",
    "console.sign_in.code",
    "console.sign_in.enrol",
    "console.sign_in.password",
    *NO_PAGES_OF_RECORDS,
    "console.holders.as_csv",
    "console.holders.as_xlsx",
    "console.holders.photo",
    "console.holders.photo_preview",
    "console.holders.look_at_photo",
    "console.agencies.look_at_new",
    "console.imports.download_template",
    "console.imports.look",
    "console.imports.rows_file",
    "console.audit.csv",
    "console.operations.lead_there",
    "console.audit.xlsx",
    "console.attendance.workbook",
}
"""Files, redirects, and pages that nobody sees who is signed in; tests of their own open them."""

EXAMPLES: dict[str, list[dict[str, str]]] = {
    "console.operators.show": [{"operator_id": "ca-clerk"}],
    "console.operators.edit": [{"operator_id": "ca-clerk"}],
    "console.operators.ask": [
        {"operator_id": "ca-clerk", "deed": deed}
        for deed in ("disable", "enable", "password", "second_factor")
    ],
    "console.agents.ask": [{"agent_id": "ki-ot-1"}],
    **{
        f"console.partners.{page}": [{"partner_id": RELYING_PARTY}]
        for page in ("show", "edit", "new_key")
    },
    "console.partners.ask": [
        {"partner_id": RELYING_PARTY, "deed": deed} for deed in ("disable", "enable")
    ],
    "console.partners.ask_to_revoke": [{"partner_id": KEYED_PARTNER, "kid": "khoa-1"}],
    "console.agents.show": [{"agent_id": "ki-ot-1"}],
    "console.agent_settings.edit": [{"agent_id": "ki-ot-1"}],
    "console.agent_settings.version": [{"agent_id": "ki-ot-1", "seq": "1"}],
    **EXAMPLES_OF_RECORDS,
    **EXAMPLES_OF_INTEGRATION,
    **EXAMPLES_OF_THE_FIELD,
    **{
        f"console.holders.{page}": [{"holder_id": KHUE}]
        for page in (
            "show",
            "edit",
            "ask_to_disclose",
            "ask_to_end",
            "ask_to_lift",
            "choose_photo",
        )
    },
    **{
        f"console.imports.{page}": [{"import_id": IMPORT}]
        for page in ("show", "rows", "ask_for_cards", "choose_photos")
    },
    **{f"console.agencies.{page}": [{"agency": AGENCY}] for page in ("show", "settings")},
    "console.agencies.ask": [
        {"agency": AGENCY, "deed": deed} for deed in ("rename", "merge", "split", "dissolve")
    ],
    "console.agencies.preview": [
        {"agency": AGENCY, "deed": "dissolve", "on": "01/03/2027"},
    ],
    "console.imports.row": [{"import_id": IMPORT, "number": str(HELD_ROW)}],
    "console.audit.show": [{"seq": "0"}],
    "console.privacy.show": [{"request_id": ACCESS_REQUEST}, {"request_id": ERASURE_REQUEST}],
    "console.privacy.copy": [{"request_id": ACCESS_REQUEST}],
    "console.privacy.ask": [
        {"request_id": NEW_REQUEST, "deed": deed} for deed in ("acknowledge", "close")
    ],
    "console.privacy.weigh": [
        {"request_id": ERASURE_REQUEST, "deed": deed} for deed in ("extend", "grant", "refuse")
    ],
}
"""For a page whose address has parts: what to put there, so that something is to be seen."""


class Browser:
    """A browser without a screen: keeps cookies, fills in the hidden fields of forms."""

    def __init__(self, console: ConsoleUnderTest) -> None:
        self.console = console
        self.client: FlaskClient = console.app.test_client()

    def get(self, path: str) -> TestResponse:
        return self.client.get(path)

    def send(self, path: str, *, form_at: str | None = None, **fields: object) -> TestResponse:
        """Open the form of a page and send it."""
        return self.post(path, self.client.get(form_at or path), **fields)

    def post(self, path: str, form: TestResponse, **fields: object) -> TestResponse:
        """Send a form that was opened before."""
        return self.client.post(path, data={**hidden_fields(form), **fields})

    def give_password(self, person: Person, password: str = PASSWORD) -> TestResponse:
        return self.send("/console/sign-in", name=person.id, password=password)

    def sign_in(self, person: Person) -> Browser:
        answer = self.give_password(person)
        assert answer.status_code == 303, answer.text
        answer = self.send("/console/sign-in/code", code=self.console.code(person))
        assert answer.status_code == 303, answer.text
        return self


def hidden_fields(page: TestResponse) -> dict[str, str]:
    """Return the tokens in the last form of a page: the header's sign-out form comes first."""
    fields = {}
    for name, pattern in (("csrf_token", _CSRF), ("submit_token", _ONCE)):
        if found := pattern.findall(page.text):
            fields[name] = found[-1]
    return fields


@contextmanager
def serve_console(folder: Path) -> Iterator[ConsoleUnderTest]:
    """Open a service with a console and serve it on a free port of loopback."""
    with serve(folder) as service:
        yield ConsoleUnderTest(service)


class ConsoleTemplate:
    """Hands out consoles, each in a copy of a folder whose operators were made once.

    Its people, records, policies and first sign-ins take seconds to make.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "template"
        with serve_console(self._folder) as console:
            self._people = console.people

    @contextmanager
    def serve(self, folder: Path) -> Iterator[ConsoleUnderTest]:
        """Serve a console that nobody used yet."""
        copied = shutil.copytree(self._folder, folder / "console")
        with serve(copied) as service:
            service.clock.advance(timedelta(days=1))
            yield ConsoleUnderTest(service, self._people)
