"""Settings that the service did not make, not for us, not now; and what may never be set."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cardsvc.config_section import ConfigError
from cardsvc.errors import ReasonCode, VerificationError
from tests.support.token_keys import TokenKey
from verification.agent_settings.text import parse_agent_settings
from verification.agent_settings.token import SETTINGS_TYPE, SignedSettings, verify_settings

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
KEY = TokenKey(SETTINGS_TYPE)
SIGNED = SignedSettings("ki-ot-1", 7, AT, '[kiosk]\nname_vi = "Sảnh tầng 1"\n')
CLAIMS = SIGNED.claims()


def verify(token: str, agent: str | None = "ki-ot-1", least_seq: int = 0) -> SignedSettings:
    return verify_settings(token, KEY.key_set, expected_agent=agent, least_seq=least_seq)


def test_the_services_own_settings_are_taken_and_an_empty_text_too() -> None:
    assert verify(KEY.sign(CLAIMS), least_seq=7) == SIGNED
    nothing = SignedSettings("ki-ot-1", 8, AT, "")
    assert verify(KEY.sign(nothing.claims()), agent=None) == nothing


FORGERIES = KEY.forgeries(CLAIMS, more={"url": "https://elsewhere.example"}, less="seq") | {
    "a door order's type": KEY.sign(CLAIMS, typ="cardsvc-door-order+jwt"),
    "a bundle's type": KEY.sign(CLAIMS, typ="cardsvc-bundle+jwt"),
    "another agent's": KEY.sign(CLAIMS | {"sub": "ki-ot-2"}),
    "no number": KEY.sign(CLAIMS | {"seq": 0}),
    "octets that are no text": KEY.sign(CLAIMS | {"toml": "_w"}),
    "not a token": "[kiosk]\nsound = false",
    "far too long": KEY.sign(CLAIMS | {"toml": "A" * 60_000}),
}


@pytest.mark.reason(ReasonCode.SETTINGS_REFUSED)
@pytest.mark.parametrize("token", FORGERIES.values(), ids=FORGERIES.keys())
def test_forged_settings_are_not_taken(token: str) -> None:
    with pytest.raises(VerificationError) as caught:
        verify(token)
    assert caught.value.reason is ReasonCode.SETTINGS_REFUSED


@pytest.mark.reason(ReasonCode.SETTINGS_ROLLED_BACK)
def test_older_settings_do_not_come_back() -> None:
    with pytest.raises(VerificationError) as caught:
        verify(KEY.sign(CLAIMS), least_seq=8)
    assert caught.value.reason is ReasonCode.SETTINGS_ROLLED_BACK


FORBIDDEN = {
    "another service": ('[service]\nurl = "https://elsewhere.example"', "service.url"),
    "another authority": ('[service]\nca_file = "/tmp/ca.pem"', "service.ca_file"),
    "another token": ('[service]\ntoken_file = "/tmp/token"', "service.token_file"),
    "another folder": ('[agent]\nstate_dir = "/tmp"', "agent"),
    "another relying party": ('[agent]\nrelying_party = "x"', "agent"),
    "a log anywhere": ('[log]\nfile = "/etc/passwd"', "log.file"),
    "another port": ("[loopback]\nport = 8461", "loopback"),
    "a page that may ask": ('[counter]\norigins = ["https://x.example"]', "counter.origins"),
    "another reader": ('[[readers]]\nname = "a"\nmatch = "b"\nrole = "door"', "readers"),
    "a serial line": ('[osdp]\nport = "/dev/ttyUSB0"', "osdp"),
    "another pin": ('[[doors]]\nname = "a"\nlock = { pin = 4 }', "doors[0].lock"),
    "a door that stands free": ('[[doors]]\nname = "a"\nfree = {}', "doors[0].free"),
    "a laxer service": ('[[doors]]\nname = "a"\nservice = "x"', "doors[0].service"),
    "a laxer level": ('[[doors]]\nname = "a"\nlevel = "X1"', "doors[0].level"),
    "an outbox elsewhere": ('[outbox]\nfile = "x"', "outbox"),
    "no decisions": ("[offline]\nenabled = false", "offline.enabled"),
    "what nobody knows": ('[run]\ncommand = "sh"', "run"),
    "a key at the top": ('url = "https://elsewhere.example"', "url"),
}


@pytest.mark.parametrize(("text", "key"), FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_what_belongs_to_the_machine_can_not_be_set_from_afar(text: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_agent_settings(text)
    assert caught.value.key == key
    assert caught.value.what == "this is set at the machine only"


@settings(max_examples=100)
@given(
    st.text(max_size=80) | st.from_regex(r"[A-Za-z0-9_-]{0,20}\.[A-Za-z0-9_-]{0,20}\.[a-z]{0,9}")
)
def test_junk_is_refused(junk: str) -> None:
    with pytest.raises(VerificationError):
        verify(junk)
