"""The examples and test vectors of draft-ietf-oauth-status-list."""

from __future__ import annotations

import pytest

from cardsvc.status_list import StatusList, parse_status_list

ONE_BIT = [1, 0, 0, 1, 1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 1]
TWO_BITS = [1, 2, 0, 3, 0, 1, 0, 1, 1, 2, 3, 3]
MILLION = 1 << 20
# appendix C: lists of 2^20 entries
LONG_ONE = (
    "eNrt3AENwCAMAEGogklACtKQPg9LugC9k_ACvreiogEAAKkeCQAAAAAAAAAAAAAAAAAAAIBylgQAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAXG9IAAAAAAAAAPwsJAAAAAAAAAAAAAAAvhsSAAAAAAAAAAAA7KpLAAAAAAAAAAAAAAAAAAAA"
    "AJsLCQAAAAAAAAAAADjelAAAAAAAAAAAKjDMAQAAAACAZC8L2AEb"
)
LONG_TWO = (
    "eNrt2zENACEQAEEuoaBABP5VIO01fCjIHTMStt9ovGVIAAAAAABAbiEBAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAEB5"
    "WwIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
    "AAAAAAAAAID0ugQAAAAAAAAAAAAAAAAAQG12SgAAAAAAAAAAAAAAAAAAAAAAAAAAAOCSIQEAAAAAAAAAAAAAAAAAAAAAAAD8ExIA"
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwJEuAQAAAAAAAAAAAAAAAAAAAAAAAMB9SwIAAAAAAAAAAAAAAAAAAACoYUoA"
    "AAAAAAAAAAAAAEBqH81gAQw"
)
LONG_ONE_SET = dict.fromkeys(
    (0, 1993, 25460, 159495, 495669, 554353, 645645, 723232, 854545, 934534, 1000345), 1
)
LONG_TWO_SET = {
    0: 1, 1993: 2, 25460: 1, 159495: 3, 495669: 1, 554353: 1,
    645645: 2, 723232: 1, 854545: 1, 934534: 2, 1000345: 3,
}  # fmt: skip


@pytest.mark.parametrize(
    ("bits", "statuses", "octets", "lst"),
    [
        (1, ONE_BIT, "b9a3", "eNrbuRgAAhcBXQ"),
        (2, TWO_BITS, "c944f9", "eNo76fITAAPfAgc"),
    ],
)
def test_the_examples_of_sections_4_and_10(
    bits: int, statuses: list[int], octets: str, lst: str
) -> None:
    made = StatusList.of(len(statuses), enumerate(statuses), bits)
    assert made.octets.hex() == octets
    assert made.claim() == {"bits": bits, "lst": lst}
    read = parse_status_list({"bits": bits, "lst": lst, "aggregation_uri": "https://example.com"})
    assert read == made
    assert [read.status(index) for index in range(read.size)] == statuses


@pytest.mark.parametrize(
    ("bits", "lst", "statuses"), [(1, LONG_ONE, LONG_ONE_SET), (2, LONG_TWO, LONG_TWO_SET)]
)
def test_the_vectors_of_appendix_c(bits: int, lst: str, statuses: dict[int, int]) -> None:
    read = parse_status_list({"bits": bits, "lst": lst})
    assert read.size == MILLION
    # every other place is zero, for these octets are all there is
    assert read == StatusList.of(MILLION, statuses.items(), bits)
    for index, status in statuses.items():
        assert read.status(index) == status
