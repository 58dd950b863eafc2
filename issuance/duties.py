"""Separation of duties: requester, approver and issuer of one card are three people.

The issuer is whoever personalises the card or hands it over. Where an agency sets it, the approver
is not of the requester's unit either. The database checks the three people once more.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from cardsvc.clock import VIETNAM_TIME, require_utc
from cardsvc.errors import IssuanceError, ReasonCode
from cardsvc.identity.agency_code import AgencyCode
from cardsvc.operator_key import is_same_operator, operator_key
from cardsvc.records import Application


class UnitRules(Protocol):
    """Tells where operators work, and what agencies decided for themselves."""

    def unit_of(self, operator_id: str) -> str | None:
        """Return the operator's unit; None or nothing where it is not known."""
        ...

    def approver_outside_unit(self, agency: AgencyCode, day: date) -> bool:
        """Tell whether the approver must be of another unit than the requester."""
        ...


def require_second_person(application: Application, approver: str) -> None:
    """Accept an approver who is not the requester.

    Raises:
        IssuanceError: SAME_OPERATOR.
    """
    if is_same_operator(approver, application.requested_by):
        raise IssuanceError(ReasonCode.SAME_OPERATOR, "the requester can't approve")


def require_other_unit(
    application: Application, approver: str, at: datetime, rules: UnitRules
) -> None:
    """Accept an approver of another unit, where the holder's agency asks for that.

    Raises:
        IssuanceError: SAME_UNIT; also where either unit is not known.
    """
    post = application.holder.employment
    today = require_utc(at).astimezone(VIETNAM_TIME).date()
    if post is None or not rules.approver_outside_unit(post.agency_code, today):
        return
    unit = _unit(rules, approver)
    if not unit or unit == _unit(rules, application.requested_by):
        raise IssuanceError(
            ReasonCode.SAME_UNIT, "the agency wants an approver of another unit than the requester"
        )


def _unit(rules: UnitRules, operator: str) -> str:
    unit = rules.unit_of(operator_key(operator))
    # typed by people, too: the same folding as for sign-in names
    return operator_key(unit) if unit and unit.strip() else ""


def require_third_person(application: Application, issuer: str) -> None:
    """Accept an issuer who neither asked for the card nor approved it.

    Raises:
        IssuanceError: SAME_OPERATOR.
    """
    others = (application.requested_by, application.approved_by)
    if operator_key(issuer) in {operator_key(one) for one in others if one}:
        raise IssuanceError(
            ReasonCode.SAME_OPERATOR, "the requester or approver can't issue the card"
        )
