"""Biometric records outside their validity."""

from __future__ import annotations

import pytest

from cardsvc.errors import ReasonCode
from tests.support.personas import content, failures, inspect_state


@pytest.mark.reason(ReasonCode.BIOMETRIC_NOT_YET_VALID)
def test_a_photo_that_is_not_valid_yet() -> None:
    found = failures(inspect_state(content(biometric_days=(10, 2000)).state()))
    assert found == {"facial_image.dates": ReasonCode.BIOMETRIC_NOT_YET_VALID}


@pytest.mark.reason(ReasonCode.BIOMETRIC_EXPIRED)
def test_fingerprints_that_have_expired() -> None:
    made = content(fingerprints=True, biometric_days=(-300, -1))
    found = failures(inspect_state(made.state()))
    assert found["fingerprints.dates"] is ReasonCode.BIOMETRIC_EXPIRED


@pytest.mark.reason(ReasonCode.BIOMETRIC_ENDS_BEFORE_CARD)
def test_fingerprints_that_end_before_the_card() -> None:
    made = content(fingerprints=True, biometric_days=(-300, 500))
    assert set(failures(inspect_state(made.state())).values()) == {
        ReasonCode.BIOMETRIC_ENDS_BEFORE_CARD
    }
