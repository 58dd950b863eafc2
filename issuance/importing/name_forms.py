"""What lists write into the column of names that is no part of a name, and letters of wrong case.

A title in front, a post or a bracket behind, words beginning in lower case (as TCVN3's toned
capitals do once they are converted) are asked about, with what the name probably is. Only the
document tells: Ông is a title and a family name.
"""

from __future__ import annotations

import re

from cardsvc.errors import Malformed
from cardsvc.identity.names import PersonName
from issuance.importing.fields import Field
from issuance.importing.findings import Finding, ImportCode

_DEGREE = r"(?:PGS|GS|TSKH|TS|T\.S|ThS|Th\.S|BS|DS|KTS|KS|CN|LS|NCS|Dr|Mrs|Mr|Ms)"
_SPECIALIST = r"(?:(?:BS)?CK\s?(?:II|I|[12]))"
_WORDS = (
    r"(?:ông|bà|đồng chí|đ/c|phó giáo sư|giáo sư|tiến s[iĩỹ]|thạc s[iĩỹ]|bác s[iĩỹ]|kỹ sư|cử nhân"
    r"|luật sư)"
)
_TITLE = re.compile(
    rf"(?:{_DEGREE}|{_SPECIALIST})(?:[.,:]\s?|\s)|{_WORDS}(?:[.:]\s?|\s)", re.IGNORECASE
)
_BEHIND = re.compile(r"\s?[(\[,;].*|\s[-–—].*|[-–—]\s.*")
_MOST_TITLES = 6


def name_findings(text: str) -> list[Finding]:
    """Return what an officer has to look at in a name, the last proposal with all of it mended.

    Args:
        text: the name, runs of spaces made one.
    """
    bare = _without_additions(text)
    capitalised = _capitalised(bare)
    is_plain = capitalised == text and not is_in_capitals(text)
    if is_plain or not _is_name(bare):
        return []  # what else is wrong is told by the name's own rules
    findings = []
    if bare != text:
        findings.append(Finding(ImportCode.NAME_WITH_ADDITION, Field.NAME, bare))
    if capitalised != bare:
        findings.append(Finding(ImportCode.NAME_IN_LOWER_CASE, Field.NAME, capitalised))
    if is_in_capitals(capitalised):
        findings.append(Finding(ImportCode.NAME_IN_CAPITALS, Field.NAME))
    return findings


def is_in_capitals(name: str) -> bool:
    """Tell whether a name is written in capitals throughout; a lone initial tells nothing."""
    return name.isupper() and any(len(word) > 1 for word in name.split())


def _without_additions(text: str) -> str:
    for _ in range(_MOST_TITLES):
        found = _TITLE.match(text)
        if found is None:
            break
        text = text[found.end() :].lstrip()
    before = _BEHIND.sub("", text, count=1).strip()
    return before if " " in before else text  # a family name before a comma is half a name


def _capitalised(text: str) -> str:
    words = text.split(" ")
    others = [word for word in words if not word[:1].islower()]
    is_upper = any(len(word) > 1 for word in others) and all(word.isupper() for word in others)
    return " ".join(
        word if not word[:1].islower() else word.upper() if is_upper else word[0].upper() + word[1:]
        for word in words
    )


def _is_name(text: str) -> bool:
    try:
        PersonName.parse(text)
    except Malformed:
        return False
    return True
