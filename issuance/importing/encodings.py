"""Which encoding a text file is of: said aloud, never guessed in silence.

Spec: Unicode 15 section 3.10 (UTF-8, UTF-16, byte order marks), Windows-1258 (letters and combining
tone marks), TCVN 5712 VN3 and VNI-Windows (fonts, so the octets pass for Latin-1).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique

from issuance.importing.legacy_text import from_tcvn3, from_vni, score
from issuance.importing.refusals import refuse

_SAMPLE_LINES = 2_000
_MIN_SHARE = 0.8
"""Of the words with marks, so many must be Vietnamese before we believe in an encoding."""


@unique
class TextEncoding(StrEnum):
    """How octets are read."""

    UTF_8 = "UTF-8"
    UTF_16_LE = "UTF-16LE"
    UTF_16_BE = "UTF-16BE"
    WINDOWS_1258 = "Windows-1258"
    TCVN3 = "TCVN3 (ABC)"
    VNI = "VNI-Windows"


@dataclass(frozen=True, slots=True)
class DecodedText:
    """A file's lines.

    Args:
        lines: with their ends, as csv wants them.
        encoding: how they were read.
        strays: indices of lines that are of UTF-8 although the others are not.
    """

    lines: Sequence[str]
    encoding: TextEncoding
    strays: frozenset[int] = frozenset()


def _as_1252(octets: bytes) -> str:
    return "".join(
        bytes((one,)).decode("cp1252", "ignore") or chr(one) if one > 0x7F else chr(one)
        for one in octets
    )


_LEGACY: dict[TextEncoding, Callable[[bytes], str]] = {
    TextEncoding.WINDOWS_1258: lambda octets: octets.decode("cp1258", "replace"),
    TextEncoding.TCVN3: lambda octets: from_tcvn3(octets.decode("latin-1")),
    TextEncoding.VNI: lambda octets: from_vni(_as_1252(octets)),
}
_BOMS = (
    (b"\xef\xbb\xbf", TextEncoding.UTF_8),
    (b"\xff\xfe", TextEncoding.UTF_16_LE),
    (b"\xfe\xff", TextEncoding.UTF_16_BE),
)


def parse_text(octets: bytes, expected: TextEncoding | None = None) -> DecodedText:
    """Decode a file.

    Args:
        octets: the file.
        expected: read it so and not otherwise; None to find out.

    Raises:
        Malformed: its encoding can't be told, or it is not of the one expected.
    """
    for mark, encoding in _BOMS:
        if octets.startswith(mark) and expected in {None, encoding}:
            return _strict(octets[len(mark) :], encoding)
    if expected in {TextEncoding.UTF_16_LE, TextEncoding.UTF_16_BE, TextEncoding.UTF_8}:
        return _strict(octets, expected)
    wide = None if expected else _wide_without_mark(octets)
    if wide is not None:
        return _strict(octets, wide)
    if b"\0" in octets:
        refuse(
            "Đây không phải tệp Excel hay CSV: chọn đúng tệp danh sách.",
            "no text file: it holds octets of zero",
        )
    if expected is None:
        try:
            return DecodedText(_lines(octets.decode()), TextEncoding.UTF_8)
        except UnicodeDecodeError:
            pass
    return _legacy(octets, expected)


def _strict(octets: bytes, encoding: TextEncoding) -> DecodedText:
    try:
        return DecodedText(_lines(octets.decode(encoding.value)), encoding)
    except UnicodeDecodeError:
        refuse(
            f"Tệp không hoàn toàn ở bảng mã {encoding.value}: chọn bảng mã khác, hoặc lưu lại dưới "
            "dạng .xlsx.",
            f"the file is not {encoding.value} throughout",
        )


def _lines(text: str) -> list[str]:
    # not splitlines(): it parts at form feeds and at U+2028 too, csv does not
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _wide_without_mark(octets: bytes) -> TextEncoding | None:
    """UTF-16 without a mark: half of what is mostly ASCII is zero."""
    sample = octets[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd * 3 > len(sample) // 2 and odd > 4 * even:
        return TextEncoding.UTF_16_LE
    if even * 3 > len(sample) // 2 and even > 4 * odd:
        return TextEncoding.UTF_16_BE
    return None


def _legacy(octets: bytes, expected: TextEncoding | None) -> DecodedText:
    raw = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
    utf8 = {index: text for index, line in enumerate(raw) if (text := _utf8_line(line)) is not None}
    others = [line for index, line in enumerate(raw) if index not in utf8 and not line.isascii()]
    encoding = expected or _best(others[:_SAMPLE_LINES])
    decode = _LEGACY[encoding]
    lines = []
    for index, line in enumerate(raw):
        text = utf8.get(index)
        if text is None:
            text = line.decode("ascii") if line.isascii() else decode(line)
        lines.append(unicodedata.normalize("NFC", text))
    return DecodedText(lines, encoding, frozenset(utf8))


def _utf8_line(line: bytes) -> str | None:
    if line.isascii():
        return None
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None


def _best(lines: Sequence[bytes]) -> TextEncoding:
    found = []
    for encoding, decode in _LEGACY.items():
        text = unicodedata.normalize("NFC", "\n".join(decode(line) for line in lines))
        good, bad = score(text)
        found.append((good / (good + bad) if good else 0.0, good, encoding))
    found.sort(reverse=True)
    if found[0][0] < _MIN_SHARE:
        refuse(
            "Không nhận ra bảng mã của tệp: lưu lại dạng .xlsx hoặc CSV UTF-8, hoặc chọn bảng mã.",
            "the file's encoding can't be told: save it as CSV UTF-8, or name its encoding",
        )
    return found[0][2]
