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
        provokes(
            "SCARD_E_SHARING_VIOLATION",
            ReasonCode.READER_BUSY,
            pytest.mark.reason(ReasonCode.READER_BUSY),
        ),
        provokes(
            "SCARD_E_UNKNOWN_READER", ReasonCode.NO_READER, pytest.mark.reason(ReasonCode.NO_READER)
        ),
        provokes(
            "SCARD_E_NO_SMARTCARD", ReasonCode.NO_CARD, pytest.mark.reason(ReasonCode.NO_CARD)
        ),
        provokes(
            "SCARD_W_REMOVED_CARD",
            ReasonCode.CARD_REMOVED,
            pytest.mark.reason(ReasonCode.CARD_REMOVED),
        ),
        provokes(
            "SCARD_W_RESET_CARD", ReasonCode.CARD_RESET, pytest.mark.reason(ReasonCode.CARD_RESET)
        ),
        provokes(
            "SCARD_W_UNRESPONSIVE_CARD",
            ReasonCode.CARD_SILENT,
            pytest.mark.reason(ReasonCode.CARD_SILENT),
        ),
        provokes(
            "SCARD_E_NO_SERVICE",
            ReasonCode.SERVICE_UNAVAILABLE,
            pytest.mark.reason(ReasonCode.SERVICE_UNAVAILABLE),
        ),
        provokes(
            "SCARD_F_INTERNAL_ERROR",
            ReasonCode.READER_FAILED,
            pytest.mark.reason(ReasonCode.READER_FAILED),
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
