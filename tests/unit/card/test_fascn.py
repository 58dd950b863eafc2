from __future__ import annotations

from dataclasses import replace

import pytest

from cardsvc.card.fascn import NON_FEDERAL_FASCN, Fascn, FascnFields, encode_fascn
from cardsvc.errors import Malformed, ReasonCode

# The worked example of TIG SCEPACS 2.3, and the number that a common security key writes.
EXAMPLE = bytes.fromhex("D0439458210C2C19A0846D83685A1082108CE73984108CA3FC")
SECURITY_KEY = bytes.fromhex("D4E739DA739CED39CE739D836858210842108421C84210C3EB")
EXAMPLE_FIELDS = FascnFields("0032", "0001", "092446", "0", "1", "1112223333", "1", "1223", "2")


def test_the_example_both_ways() -> None:
    assert Fascn(EXAMPLE).decode() == EXAMPLE_FIELDS
    assert encode_fascn(EXAMPLE_FIELDS).octets == EXAMPLE
    assert not Fascn(EXAMPLE).is_non_federal


@pytest.mark.parametrize("fascn", [Fascn(SECURITY_KEY), NON_FEDERAL_FASCN])
def test_non_federal(fascn: Fascn) -> None:
    fields = fascn.decode()
    assert fascn.is_non_federal
    assert (fields.agency_code, fields.system_code) == ("9999", "9999")
    assert fields.credential_number == "999999"
    assert encode_fascn(fields) == fascn


@pytest.mark.reason(ReasonCode.MALFORMED_FASCN)
@pytest.mark.parametrize("bit", range(200))
def test_any_flipped_bit_is_seen(bit: int) -> None:
    number = int.from_bytes(EXAMPLE, "big") ^ (1 << bit)
    flipped = Fascn(number.to_bytes(25, "big"))
    with pytest.raises(Malformed):
        flipped.decode()
    assert flipped != Fascn(EXAMPLE)
    assert not flipped.is_non_federal


@pytest.mark.parametrize(
    "change",
    [{"agency_code": "99"}, {"agency_code": "99A9"}, {"person_identifier": "١" * 10}],
)
def test_ill_formed_fields_are_refused(change: dict[str, str]) -> None:
    with pytest.raises(Malformed):
        encode_fascn(replace(EXAMPLE_FIELDS, **change))


@pytest.mark.parametrize("size", [0, 24, 26])
def test_length(size: int) -> None:
    with pytest.raises(Malformed):
        Fascn(bytes(size))
