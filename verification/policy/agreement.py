"""What was agreed with a partner: bounds within which its policies stay.

A policy says what a service does; the agreement says what the partner may do at all. A policy that
goes further is no error: it is cut to the agreement, or nothing is granted.

Kept as one line of JSON with the partner; a bound that is left out is none.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from cardsvc.errors import Malformed, ReasonCode
from cardsvc.service_records import PolicyInputs
from cardsvc.terms import AssuranceLevel
from cardsvc.wire.fields import Fields, parse_object
from verification.policy.document import PolicyDocument
from verification.policy.evaluate import compiled
from verification.release.attributes import is_allowable

_FIELDS = ("services", "purposes", "attributes", "minimum_level", "fresh_for_seconds")
_MAX_OCTETS = 16 * 1024
_MOST_ITEMS = 200
_MAX_NAME = 64
_MAX_AGE_SECONDS = 366 * 86_400


@dataclass(frozen=True, slots=True)
class Agreement:
    """The bounds; None where there is none.

    Args:
        services: names of services that the partner may offer.
        purposes: codes of purposes for which it may ask.
        attributes: names of attributes that it may learn.
        minimum_level: below which nothing is granted to it.
        fresh_for_seconds: how old a card's status may be for it.
    """

    services: frozenset[str] | None = None
    purposes: frozenset[str] | None = None
    attributes: frozenset[str] | None = None
    minimum_level: AssuranceLevel | None = None
    fresh_for_seconds: int | None = None

    def encode(self) -> str:
        """Return the line that is kept."""
        said: dict[str, Any] = {
            name: sorted(names)
            for name in _FIELDS[:3]
            if (names := getattr(self, name)) is not None
        }
        if self.minimum_level is not None:
            said["minimum_level"] = self.minimum_level.name
        if self.fresh_for_seconds is not None:
            said["fresh_for_seconds"] = self.fresh_for_seconds
        return json.dumps(said, ensure_ascii=False)

    def refuses(self, service: str, purpose: str, inputs: PolicyInputs) -> ReasonCode | None:
        """Return why a card is not to be served; None where nothing stands against it."""
        if self.services is not None and service not in self.services:
            return ReasonCode.NOT_AGREED
        if self.purposes is not None and purpose not in self.purposes:
            return ReasonCode.NOT_AGREED
        if self.minimum_level is not None and inputs.level < self.minimum_level:
            return ReasonCode.LEVEL_TOO_LOW
        age = inputs.status_age_seconds
        stale = self.fresh_for_seconds is not None and age > self.fresh_for_seconds
        return ReasonCode.STATUS_STALE if stale else None


@lru_cache(maxsize=256)
def parse_agreement(text: str) -> Agreement:
    """Parse the line that is kept.

    Raises:
        Malformed: MALFORMED_POLICY.
    """
    try:
        fields = Fields(parse_object(text.encode(), most=_MAX_OCTETS), _FIELDS)
        found = Agreement(
            _names(fields, "services"),
            _names(fields, "purposes"),
            _names(fields, "attributes"),
            _level(fields.text("minimum_level")) if fields.has("minimum_level") else None,
            fields.number("fresh_for_seconds", most=_MAX_AGE_SECONDS)
            if fields.has("fresh_for_seconds")
            else None,
        )
    except (Malformed, UnicodeEncodeError) as error:
        raise Malformed(ReasonCode.MALFORMED_POLICY, f"the agreement: {error}") from error
    if not all(is_allowable(one) for one in found.attributes or ()):
        raise Malformed(ReasonCode.MALFORMED_POLICY, "the agreement: no such attribute")
    return found


def _names(fields: Fields, name: str) -> frozenset[str] | None:
    if not fields.has(name):
        return None
    items: Collection[Any] = fields.items(name, most=_MOST_ITEMS)
    if not all(isinstance(one, str) and 0 < len(one) <= _MAX_NAME for one in items):
        raise Malformed(ReasonCode.MALFORMED_POLICY, f"{name} is a list of names")
    return frozenset(items)


def _level(text: str) -> AssuranceLevel:
    try:
        return AssuranceLevel[text]
    except KeyError:
        raise Malformed(ReasonCode.MALFORMED_POLICY, "minimum_level is X0 to X4") from None


@lru_cache(maxsize=1024)
def agreed_document(document: str, agreement: str) -> PolicyDocument:
    """Return a policy's document that releases no more than was agreed.

    Raises:
        Malformed: MALFORMED_POLICY.
    """
    whole, allowed = compiled(document), parse_agreement(agreement).attributes
    if allowed is None:
        return whole
    kept = tuple(one for one in whole.release.attributes if one in allowed)
    return replace(whole, release=replace(whole.release, attributes=kept))
