"""The testers' realm for tests: founded once, personas read and judged in-process."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

from cardsvc.card.connection import CardConnection
from cardsvc.card.piv import ObjectTag
from cardsvc.card.security_object import sign_security_object
from cardsvc.card.session import PivSession
from cardsvc.errors import ReasonCode
from reader_agent.inspect import PinChoice, read_card
from reader_agent.personas.catalogue import insert_persona
from reader_agent.personas.content import TEST_PIN, CardPlan, PersonaContent
from reader_agent.personas.published import revocation_of
from reader_agent.personas.realm import Realm, found_realm
from reader_agent.virtual.card import VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.state import CardState
from verification.inspection.inspect import inspect_card
from verification.inspection.report import Check, InspectionReport, Mode
from verification.status.revocation import RevocationMaterial

FOUNDED = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SOON = FOUNDED + timedelta(minutes=5)


@cache
def realm() -> Realm:
    return found_realm(FOUNDED)


@cache
def revocation() -> RevocationMaterial:
    return revocation_of(realm())


def inspect_connection(
    connection: CardConnection,
    mode: Mode = Mode.FULL,
    *,
    pin: str | None = TEST_PIN,
    at: datetime = SOON,
    allow_last_try: bool = False,
    status: RevocationMaterial | None = None,
) -> InspectionReport:
    choice = PinChoice(pin, allow_last_try)
    image = read_card(PivSession(connection), mode, choice, os.urandom)
    return inspect_card(image, realm().trust(), status or revocation(), at)


def inspect_persona(name: str, mode: Mode) -> InspectionReport:
    return inspect_connection(insert_persona(realm(), name), mode)


def content(plan: CardPlan | None = None, **changes: object) -> PersonaContent:
    plan = replace(plan or CardPlan("good"), **changes)  # type: ignore[arg-type]  # test convenience
    return PersonaContent(realm(), plan)


def inspect_state(state: CardState, mode: Mode = Mode.FULL, **options: object) -> InspectionReport:
    return inspect_connection(connect_in_process(VirtualCard(state)), mode, **options)  # type: ignore[arg-type]  # test convenience


def with_objects(
    made: PersonaContent,
    changes: Mapping[ObjectTag, bytes],
    *,
    leave_uncovered: frozenset[ObjectTag] = frozenset(),
) -> CardState:
    """A card whose issuer himself put other objects on it: the Security Object fits them."""
    state = made.state()
    for tag, octets in changes.items():
        state.put_object(tag, octets)
    tags = [
        tag
        for tag in (
            ObjectTag.CHUID,
            ObjectTag.CARD_CAPABILITY_CONTAINER,
            ObjectTag.PRINTED_INFORMATION,
            ObjectTag.FACIAL_IMAGE,
            ObjectTag.DISCOVERY,
            ObjectTag.KEY_HISTORY,
        )
        if tag in state.objects and tag not in leave_uncovered
    ]
    covered = {tag: state.objects[tag] for tag in tags}
    settings = made.settings(include_certificate=False)
    state.put_object(ObjectTag.SECURITY_OBJECT, sign_security_object(covered, settings))
    return state


def check(report: InspectionReport, check_id: str) -> Check:
    return next(one for one in report.checks if one.id == check_id)


def failures(report: InspectionReport) -> dict[str, ReasonCode]:
    return {one.id: one.finding.reason for one in report.checks if one.finding.reason}


class CountingConnection:
    """Passes everything on and keeps the commands."""

    def __init__(self, inner: CardConnection, change: Callable[[bytes], bytes] = lambda c: c):
        self._inner = inner
        self._change = change
        self.commands: list[bytes] = []

    @property
    def atr(self) -> bytes:
        return self._inner.atr

    def transmit(self, command: bytes) -> bytes:
        self.commands.append(command)
        return self._inner.transmit(self._change(command))

    def close(self) -> None:
        self._inner.close()
