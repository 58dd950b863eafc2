"""E-mail addresses: those that an office hands out are read, everything else is refused."""

from __future__ import annotations

import pytest

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.identity.email import EmailAddress


@pytest.mark.parametrize(
    ("typed", "value", "masked"),
    [
        ("khue@hue.gov.vn", "khue@hue.gov.vn", "k•••••@hue.gov.vn"),
        (" Nguyen.Van+an@HUE.Gov.VN ", "Nguyen.Van+an@hue.gov.vn", "N•••••@hue.gov.vn"),
        ("a@b.vn", "a@b.vn", "a•••••@b.vn"),
    ],
)
def test_read(typed: str, value: str, masked: str) -> None:
    address = EmailAddress.parse(typed)
    assert address.value == value
    assert address.masked == str(address) == masked
    assert value not in repr(address)


@pytest.mark.reason(ReasonCode.MALFORMED_EMAIL_ADDRESS)
@pytest.mark.parametrize(
    "typed",
    [
        "",
        "@",
        "khue",
        "khue@hue",
        "khue@@hue.vn",
        "khue@hue..vn",
        "khue@-hue.vn",
        ".khue@hue.vn",
        "khuê@hue.vn",
        "khue@huế.vn",
        '"khue"@hue.vn',
        "khue@[10.0.0.1]",
        "khue@hue.vn\r\nBcc: all@hue.vn",
        "khue@hue.vn, hoa@hue.vn",
        "k" * 65 + "@hue.vn",
        "k@" + ".".join(["h" * 60] * 5),
        "k" * 10_000,
    ],
)
def test_refused(typed: str) -> None:
    with pytest.raises(Malformed) as caught:
        EmailAddress.parse(typed)
    assert caught.value.reason is ReasonCode.MALFORMED_EMAIL_ADDRESS
