"""The personas as data: who they are, how they are made, and what an inspection must find."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from cardsvc.card.connection import CardConnection
from cardsvc.card.discovery import Discovery
from cardsvc.card.fascn import FascnFields, encode_fascn
from cardsvc.card.piv import KeySlot, ObjectTag
from cardsvc.errors import ReasonCode
from reader_agent.personas import realm as names
from reader_agent.personas import tampering
from reader_agent.personas.content import CardPlan, PersonaContent
from reader_agent.personas.realm import Realm
from reader_agent.personas.tampering import Tamper
from reader_agent.virtual.card import PoweredCard, VirtualCard
from reader_agent.virtual.connection import connect_in_process
from reader_agent.virtual.faults import (
    EndlessCard,
    GarbageCard,
    RemovedCard,
    SlowCard,
    Tear,
    TornCard,
)
from reader_agent.virtual.state import CardState
from verification.inspection.report import Verdict

FEDERAL_FASCN = encode_fascn(FascnFields("0032", "0001", "092446"))
"""A made-up card of agency 0032."""
SLOW_SECONDS = 0.02
TORN_AT = 4
_R = ReasonCode
FaultAt: TypeAlias = Callable[[int, PoweredCard], PoweredCard]
"""Makes a card misbehave from its n-th APDU on, counted from 1."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an inspection must come to.

    Args:
        verdict: the verdict.
        reason: a reason that must be among those found; None where nothing may fail.
    """

    verdict: Verdict
    reason: ReasonCode | None = None


ACCEPT = Expected(Verdict.ACCEPT)


def _reject(reason: ReasonCode) -> Expected:
    return Expected(Verdict.REJECT, reason)


def _unreadable(reason: ReasonCode) -> Expected:
    return Expected(Verdict.UNREADABLE, reason)


@dataclass(frozen=True, slots=True)
class Persona:
    """One card of the testers.

    Args:
        plan: how it is made.
        cak: what inspection in mode cak must find.
        full: what inspection in mode full with ``TEST_PIN`` must find.
        tamper: what is done to it afterwards.
        fault: how the card misbehaves as a whole.
        fault_at: the fault, where a tester may choose the APDU at which it happens.
        blank: as it left the factory, nothing of the plan on it.
    """

    plan: CardPlan
    cak: Expected = ACCEPT
    full: Expected = ACCEPT
    tamper: Tamper | None = None
    fault: Callable[[PoweredCard], PoweredCard] | None = None
    fault_at: FaultAt | None = None
    blank: bool = False

    @property
    def name(self) -> str:
        """The name behind ``virtual:``."""
        return self.plan.name


def _bad(plan: CardPlan, both: Expected) -> Persona:
    return Persona(plan, both, both)


def _tampered(name: str, reason: ReasonCode, tamper: Tamper, *, door: bool = False) -> Persona:
    """Return a persona that full mode refuses; the door, too, where ``door`` is set."""
    plan = CardPlan(name, fingerprints=name.endswith("fingerprints"))
    return Persona(plan, _reject(reason) if door else ACCEPT, _reject(reason), tamper)


def _broken(name: str, expected: Expected, fault_at: FaultAt, at: int) -> Persona:
    fault = partial(fault_at, at)
    return Persona(CardPlan(name), expected, expected, fault=fault, fault_at=fault_at)


_GOOD = (
    Persona(CardPlan("good")),
    Persona(CardPlan("good_rsa", rsa=True)),
    Persona(
        CardPlan(
            "golden_piv", fascn=FEDERAL_FASCN, fingerprints=True, retired_keys=2, compress=True
        )
    ),
    Persona(CardPlan("golden_piv_i", signer=names.PIV_I_SIGNER, rsa=True, fingerprints=True)),
    Persona(CardPlan("legacy_piv", fascn=FEDERAL_FASCN, rsa=True, legacy=True, discovery=None)),
    Persona(CardPlan("no_discovery", discovery=None)),
    Persona(CardPlan("two_pins", discovery=Discovery(policy=0x60, preference=0x10))),
    Persona(CardPlan("large_certificate", large=True)),
    Persona(CardPlan("ocsp_good", names.OCSP_ISSUING)),
    Persona(CardPlan("ocsp_revoked_responder_no_check", names.OCSP_ISSUING)),
    Persona(CardPlan("slow"), fault=lambda card: SlowCard(card, SLOW_SECONDS)),
)

_DATES_AND_STATUS = (
    _bad(CardPlan("revoked"), _reject(_R.CERTIFICATE_REVOKED)),
    _bad(CardPlan("suspended"), _reject(_R.CERTIFICATE_ON_HOLD)),
    _bad(CardPlan("expired", days=(-360, -30)), _reject(_R.CERTIFICATE_EXPIRED)),
    _bad(CardPlan("not_yet_valid", days=(365, 1095)), _reject(_R.CERTIFICATE_NOT_YET_VALID)),
    Persona(CardPlan("expired_chuid", expires_day=-5), full=_reject(_R.CHUID_EXPIRED)),
    Persona(
        CardPlan("certificates_outlive_chuid", expires_day=365),
        full=_reject(_R.CERTIFICATE_OUTLIVES_CARD),
    ),
    Persona(
        CardPlan("expired_content_signer", signer=names.EXPIRED_SIGNER),
        full=_reject(_R.CERTIFICATE_EXPIRED),
    ),
    Persona(
        CardPlan("revoked_content_signer", signer=names.REVOKED_SIGNER),
        full=_reject(_R.CERTIFICATE_REVOKED),
    ),
    Persona(
        CardPlan("wrong_content_signer", signer=names.WRONG_SIGNER),
        full=_reject(_R.CONTENT_SIGNER_UNAUTHORISED),
    ),
    _bad(CardPlan("expired_issuer", names.EXPIRED_ISSUING), _reject(_R.CERTIFICATE_EXPIRED)),
    _bad(
        CardPlan("foreign_issuer", names.FOREIGN_ISSUING, names.FOREIGN_SIGNER),
        _reject(_R.UNTRUSTED_ISSUER),
    ),
    Persona(
        CardPlan("expired_photo", biometric_days=(-300, -2)), full=_reject(_R.BIOMETRIC_EXPIRED)
    ),
    Persona(
        CardPlan("photo_ends_early", biometric_days=(-30, 100)),
        full=_reject(_R.BIOMETRIC_ENDS_BEFORE_CARD),
    ),
    _bad(CardPlan("ocsp_revoked", names.OCSP_ISSUING), _reject(_R.CERTIFICATE_REVOKED)),
    _bad(CardPlan("ocsp_none", names.OCSP_ISSUING), _reject(_R.STATUS_UNKNOWN)),
    _bad(
        CardPlan("ocsp_expired_responder", names.OCSP_ISSUING),
        _reject(_R.OCSP_RESPONDER_UNAUTHORISED),
    ),
    _bad(
        CardPlan("ocsp_revoked_responder", names.OCSP_ISSUING),
        _reject(_R.OCSP_RESPONDER_UNAUTHORISED),
    ),
    _bad(CardPlan("ocsp_bad_signature", names.OCSP_ISSUING), _reject(_R.OCSP_BAD_SIGNATURE)),
)

_SLOT_9A, _SLOT_9E = KeySlot.AUTHENTICATION, KeySlot.CARD_AUTHENTICATION
_OBJECT_9E = ObjectTag.CERTIFICATE_CARD_AUTHENTICATION

_MANIPULATED = (
    _tampered("cloned", _R.CARD_KEY_PROOF_FAILED, tampering.replace_keys(*KeySlot), door=True),
    _tampered("key_mismatch", _R.PIN_KEY_PROOF_FAILED, tampering.replace_keys(_SLOT_9A)),
    _tampered("substituted_key", _R.CERTIFICATE_BAD_SIGNATURE, tampering.substitute_key_pair),
    _tampered("tampered_chuid", _R.CHUID_BAD_SIGNATURE, tampering.change_chuid),
    _tampered(
        "tampered_certificate",
        _R.CERTIFICATE_BAD_SIGNATURE,
        tampering.change_certificate(_SLOT_9E),
        door=True,
    ),
    _tampered(
        "tampered_photo",
        _R.OBJECT_BAD_SIGNATURE,
        tampering.change_last_octet_of_record(ObjectTag.FACIAL_IMAGE),
    ),
    _tampered(
        "tampered_fingerprints",
        _R.OBJECT_BAD_SIGNATURE,
        tampering.change_last_octet_of_record(ObjectTag.FINGERPRINTS),
    ),
    _tampered(
        "tampered_security_object",
        _R.SECURITY_OBJECT_BAD_SIGNATURE,
        tampering.change_security_object,
    ),
    _tampered("tampered_printed", _R.OBJECT_HASH_MISMATCH, tampering.change_printed),
    _tampered("bad_hash", _R.OBJECT_HASH_MISMATCH, tampering.sign_wrong_hash),
    _tampered(
        "missing_security_object", _R.OBJECT_MISSING, tampering.remove(ObjectTag.SECURITY_OBJECT)
    ),
    _tampered("missing_photo", _R.OBJECT_MISSING, tampering.remove(ObjectTag.FACIAL_IMAGE)),
    _tampered("copied_chuid", _R.GUID_MISMATCH, tampering.copy_objects(ObjectTag.CHUID)),
    _tampered(
        "copied_certificate",
        _R.CARD_KEY_PROOF_FAILED,
        tampering.copy_objects(_OBJECT_9E),
        door=True,
    ),
    _tampered("copied_photo", _R.GUID_MISMATCH, tampering.copy_objects(ObjectTag.FACIAL_IMAGE)),
    _tampered(
        "copied_fingerprints",
        _R.GUID_MISMATCH,
        tampering.copy_objects(ObjectTag.FINGERPRINTS, fingerprints=True),
    ),
)

_PINS = (
    _tampered("wrong_pin", _R.PIN_WRONG, tampering.another_pin),
    _tampered("blocked_pin", _R.PIN_BLOCKED, tampering.block_pin),
    _tampered("last_try", _R.PIN_LAST_TRY, tampering.one_try_left),
)

_BROKEN = (
    _broken(
        "torn",
        _unreadable(_R.CARD_REMOVED),
        lambda at, card: TornCard(card, at, Tear.AFTER),
        at=TORN_AT,
    ),
    _broken("removed", _unreadable(_R.CARD_REMOVED), lambda at, card: RemovedCard(card, at), at=2),
    _broken("endless", _unreadable(_R.CARD_SILENT), lambda at, card: EndlessCard(card, at), at=2),
    Persona(
        CardPlan("garbage"),
        Expected(Verdict.UNREADABLE),
        Expected(Verdict.UNREADABLE),
        fault=lambda card: GarbageCard(card, seed=7),
    ),
    Persona(
        CardPlan("factory"), _reject(_R.OBJECT_MISSING), _reject(_R.OBJECT_MISSING), blank=True
    ),
)

PERSONAS: dict[str, Persona] = {
    persona.name: persona
    for persona in (*_GOOD, *_DATES_AND_STATUS, *_MANIPULATED, *_PINS, *_BROKEN)
}


def find_persona(name: str) -> Persona | None:
    """Return a persona, or None; ``torn@7`` is the torn one, dying at its seventh APDU."""
    base, chosen, number = name.partition("@")
    persona = PERSONAS.get(base)
    if persona is None or not chosen:
        return persona
    if persona.fault_at is None or not re.fullmatch("[1-9][0-9]{0,3}", number):
        return None
    return replace(persona, fault=partial(persona.fault_at, int(number)))


def persona_card(realm: Realm, name: str) -> PoweredCard:
    """Return a persona's card, ready to be put into a reader.

    Raises:
        KeyError: there is no such persona.
    """
    persona = find_persona(name)
    if persona is None:
        raise KeyError(name)
    content = PersonaContent(realm, persona.plan)
    state = CardState.factory() if persona.blank else content.state()
    if persona.tamper is not None:
        persona.tamper(content, state)
    card: PoweredCard = VirtualCard(state)
    return persona.fault(card) if persona.fault is not None else card


def insert_persona(realm: Realm, name: str) -> CardConnection:
    """Return a connection to a persona's card in a reader of its own."""
    return connect_in_process(persona_card(realm, name), f"virtual:{name}")
