"""Where a private pcscd can't run, one line says why, and nothing is half started."""

from __future__ import annotations

import pytest

from cardsvc.errors import CardError, ReasonCode
from reader_agent.virtual import private_pcscd


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("_tool", lambda name: None, "pcscd"),
        ("vpcd_driver", lambda: None, "vsmartcard-vpcd"),
        ("_unshare_options", lambda: None, "namespaces"),
    ],
)
def test_what_is_missing_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, answer: object, said: str
) -> None:
    for needed, found in (
        ("_tool", lambda name: f"/usr/bin/{name}"),
        ("vpcd_driver", lambda: "/usr/lib/libifdvpcd.so"),
        ("_unshare_options", lambda: ["--mount", "--net"]),
    ):
        monkeypatch.setattr(private_pcscd, needed, found)
    assert private_pcscd.missing_requirement() is None
    monkeypatch.setattr(private_pcscd, name, answer)
    missing = private_pcscd.missing_requirement()
    assert missing is not None
    assert said in missing
    assert "\n" not in missing
    with pytest.raises(CardError) as caught:
        private_pcscd.PrivatePcscd()
    assert caught.value.reason is ReasonCode.SERVICE_UNAVAILABLE
