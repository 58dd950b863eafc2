"""What PC/SC reports becomes a reason that tells card, reader and service apart."""

from __future__ import annotations

import pytest

from cardsvc.errors import CardError, ReasonCode
from reader_agent.sources import open_source

scard = pytest.importorskip("smartcard.scard", reason="pyscard is not installed")
pcsc = pytest.importorskip("reader_agent.pcsc", reason="pyscard is not installed")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        pytest.param(
            "SCARD_E_SHARING_VIOLATION",
            ReasonCode.READER_BUSY,
            marks=pytest.mark.reason(ReasonCode.READER_BUSY),
        ),
        pytest.param(
            "SCARD_E_UNKNOWN_READER",
            ReasonCode.NO_READER,
            marks=pytest.mark.reason(ReasonCode.NO_READER),
        ),
        pytest.param(
            "SCARD_E_NO_SMARTCARD", ReasonCode.NO_CARD, marks=pytest.mark.reason(ReasonCode.NO_CARD)
        ),
        pytest.param(
            "SCARD_W_REMOVED_CARD",
            ReasonCode.CARD_REMOVED,
            marks=pytest.mark.reason(ReasonCode.CARD_REMOVED),
        ),
        pytest.param(
            "SCARD_W_RESET_CARD",
            ReasonCode.CARD_RESET,
            marks=pytest.mark.reason(ReasonCode.CARD_RESET),
        ),
        pytest.param(
            "SCARD_W_UNRESPONSIVE_CARD",
            ReasonCode.CARD_SILENT,
            marks=pytest.mark.reason(ReasonCode.CARD_SILENT),
        ),
        pytest.param(
            "SCARD_E_NO_SERVICE",
            ReasonCode.SERVICE_UNAVAILABLE,
            marks=pytest.mark.reason(ReasonCode.SERVICE_UNAVAILABLE),
        ),
        pytest.param(
            "SCARD_F_INTERNAL_ERROR",
            ReasonCode.READER_FAILED,
            marks=pytest.mark.reason(ReasonCode.READER_FAILED),
        ),
    ],
)
def test_a_pcsc_code_has_its_reason(name: str, reason: ReasonCode) -> None:
    assert pcsc.PcscError(getattr(scard, name), "SCardConnect").reason is reason


@pytest.mark.reason(ReasonCode.NO_READER)
def test_a_persona_or_file_that_is_not_there_is_no_reader() -> None:
    for name in ("virtual:nobody", "virtual:/no/such/card.json"):
        with pytest.raises(CardError) as caught:
            open_source(name)
        assert caught.value.reason is ReasonCode.NO_READER
