"""Objects that nobody signs: Printed Information, Key History, Discovery, retired keys."""

from __future__ import annotations

from datetime import timedelta

import pytest

from cardsvc.card.certificate_object import encode_certificate_object
from cardsvc.card.discovery import Discovery, encode_discovery
from cardsvc.card.key_history import KeyHistory, encode_key_history
from cardsvc.card.piv import CERTIFICATE_OBJECT, PIV_AID, KeySlot, ObjectTag
from cardsvc.card.printed_information import (
    PrintedInformation,
    encode_printed_information,
    format_printed_date,
)
from cardsvc.errors import ReasonCode
from reader_agent.personas import pki
from reader_agent.personas.tampering import change_certificate
from tests.support.personas import content, failures, inspect_state, with_objects


@pytest.mark.reason(ReasonCode.PRINTED_MISMATCH)
def test_a_face_that_promises_more_years_than_the_chip() -> None:
    made = content()
    later = format_printed_date((made.expires + timedelta(days=365)).date())
    printed = encode_printed_information(PrintedInformation("A", expiration_date_text=later))
    state = with_objects(made, {ObjectTag.PRINTED_INFORMATION: printed})
    assert failures(inspect_state(state)) == {"printed.expiry": ReasonCode.PRINTED_MISMATCH}


@pytest.mark.reason(ReasonCode.OBJECT_NOT_COVERED)
def test_printed_information_that_nothing_vouches_for() -> None:
    uncovered = frozenset({ObjectTag.PRINTED_INFORMATION})
    state = with_objects(content(), {}, leave_uncovered=uncovered)
    found = failures(inspect_state(state))
    assert found == {"security_object.coverage": ReasonCode.OBJECT_NOT_COVERED}


@pytest.mark.reason(ReasonCode.KEY_HISTORY_MISMATCH)
@pytest.mark.parametrize("counted", [0, 1, 3])
def test_a_key_history_that_counts_other_certificates(counted: int) -> None:
    history = encode_key_history(KeyHistory(on_card=counted))
    state = with_objects(content(retired_keys=2), {ObjectTag.KEY_HISTORY: history})
    found = failures(inspect_state(state))
    assert found == {"key_history.form": ReasonCode.KEY_HISTORY_MISMATCH}


@pytest.mark.reason(ReasonCode.KEY_HISTORY_MISMATCH)
def test_retired_certificates_without_a_key_history() -> None:
    state = with_objects(content(retired_keys=2), {ObjectTag.KEY_HISTORY: b""})
    found = failures(inspect_state(state))
    assert found == {"key_history.form": ReasonCode.KEY_HISTORY_MISMATCH}


@pytest.mark.reason(ReasonCode.DISCOVERY_MISMATCH)
@pytest.mark.parametrize(
    "discovery", [Discovery(b"\xa0\x00\x00\x03\x97\x43\x49\x44"), Discovery(PIV_AID, policy=0x10)]
)
def test_a_discovery_object_of_another_application_or_without_a_pin(discovery: Discovery) -> None:
    state = with_objects(content(), {ObjectTag.DISCOVERY: encode_discovery(discovery)})
    found = failures(inspect_state(state))
    assert found == {"discovery.form": ReasonCode.DISCOVERY_MISMATCH}


@pytest.mark.reason(ReasonCode.PIN_KEY_PROOF_FAILED)
def test_a_retired_key_that_is_not_in_the_card() -> None:
    state = content(retired_keys=2).state()
    state.put_key(KeySlot.RETIRED_2, pki.new_key())
    found = failures(inspect_state(state))
    assert found == {"retired.key_proofs": ReasonCode.PIN_KEY_PROOF_FAILED}


@pytest.mark.reason(ReasonCode.CERTIFICATE_BAD_SIGNATURE)
def test_a_forged_retired_certificate() -> None:
    made = content(retired_keys=1)
    state = made.state()
    change_certificate(KeySlot.RETIRED_1)(made, state)
    found = failures(inspect_state(state))
    assert found == {"retired.certificates": ReasonCode.CERTIFICATE_BAD_SIGNATURE}


def test_a_retired_certificate_may_have_expired_and_its_issuer_may_be_gone() -> None:
    made = content(retired_keys=2)
    state = made.state()
    for slot, issuing in ((KeySlot.RETIRED_1, "issuing"), (KeySlot.RETIRED_2, "foreign_issuing")):
        old = content(days=(-300, -200), issuing=issuing)
        certificate = old.certificate(slot, made.keys[slot])
        state.put_object(CERTIFICATE_OBJECT[slot], encode_certificate_object(certificate))
    assert failures(inspect_state(state)) == {}
