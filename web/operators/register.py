"""The register of operators: administrators add, change and shut out; everyone minds a password."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from cardsvc.access_records import Operator, Role, require_operator_id, require_scope
from cardsvc.errors import CardsvcError, ReasonCode
from cardsvc.session_records import OperatorSession
from web.operators import totp
from web.operators.passwords import PasswordFault, Passwords, password_fault
from web.operators.ports import Operators, SecondFactors, Sessions

_TEMPORARY_OCTETS = 10


class OperatorRefused(CardsvcError):
    """The register does not do that; the message says why."""


@dataclass(frozen=True, slots=True)
class OperatorEntry:
    """What an administrator says about an operator.

    Args:
        name: of the person.
        roles: what the operator may do.
        agencies: agency codes, or ``*``.
        unit: the operator's own unit.
    """

    name: str
    roles: frozenset[Role]
    agencies: frozenset[str]
    unit: str = ""


class OperatorRegister:
    """Changes operators; sessions end where rights are taken away."""

    def __init__(
        self,
        operators: Operators,
        factors: SecondFactors,
        sessions: Sessions,
        passwords: Passwords,
        random_octets: Callable[[int], bytes],
    ) -> None:
        self._operators = operators
        self._factors = factors
        self._sessions = sessions
        self._passwords = passwords
        self._random_octets = random_octets

    def all(self) -> Sequence[Operator]:
        """Return all operators by sign-in name."""
        return self._operators.all()

    def find(self, operator_id: str) -> Operator | None:
        """Return an operator, or None."""
        return self._operators.find(operator_id)

    def add(self, operator_id: str, entry: OperatorEntry, *, by: str, at: datetime) -> str:
        """Add an operator; return a temporary password, shown once.

        Raises:
            Malformed: MALFORMED_MESSAGE, MALFORMED_AGENCY_CODE.
            OperatorRefused: CONCURRENT_CHANGE, the sign-in name is taken.
        """
        password = self._temporary_password()
        self.add_with_password(operator_id, entry, password, by=by, at=at, temporary=True)
        return password

    def add_with_password(
        self,
        operator_id: str,
        entry: OperatorEntry,
        password: str,
        *,
        by: str,
        at: datetime,
        temporary: bool = False,
    ) -> None:
        """Add an operator with a password that was checked.

        Raises:
            Malformed: MALFORMED_MESSAGE, MALFORMED_AGENCY_CODE.
            OperatorRefused: CONCURRENT_CHANGE, the sign-in name is taken.
        """
        operator = Operator(
            id=require_operator_id(operator_id),
            name=entry.name,
            roles=entry.roles,
            password_hash=self._passwords.hash(password),
            agencies=require_scope(entry.agencies),
            unit=entry.unit,
            must_change_password=temporary,
        )
        if not self._operators.add(operator, by=by, at=at):
            raise OperatorRefused(ReasonCode.CONCURRENT_CHANGE, "the sign-in name is taken")

    def change(self, operator_id: str, entry: OperatorEntry, *, by: str, at: datetime) -> None:
        """Change name, roles, scope and unit.

        Raises:
            Malformed: MALFORMED_AGENCY_CODE.
            OperatorRefused: ACCESS_DENIED, nobody would be left to administer.
        """
        operator = self._require(operator_id)
        changed = replace(
            operator,
            name=entry.name,
            roles=entry.roles,
            agencies=require_scope(entry.agencies),
            unit=entry.unit,
        )
        self._save(changed, by=by, at=at)

    def set_enabled(self, operator_id: str, *, enabled: bool, by: str, at: datetime) -> None:
        """Shut an operator out at once, or let one in again.

        Raises:
            OperatorRefused: ACCESS_DENIED, nobody would be left to administer.
        """
        changed = replace(self._require(operator_id), enabled=enabled)
        self._save(changed, by=by, at=at)
        if not enabled:
            self._sessions.end_all(operator_id, by=by, at=at)

    def reset_password(self, operator_id: str, *, by: str, at: datetime) -> str:
        """Give a temporary password, shown once; all sessions end."""
        password = self._temporary_password()
        self._set_password(self._require(operator_id), password, by=by, at=at, temporary=True)
        self._sessions.end_all(operator_id, by=by, at=at)
        return password

    def reset_second_factor(self, operator_id: str, *, by: str, at: datetime) -> None:
        """Forget the authenticator app of somebody who lost it; all sessions end."""
        self._require(operator_id)
        self._factors.reset(operator_id, by=by, at=at)
        self._sessions.end_all(operator_id, by=by, at=at)

    def factor_uri(self, operator_id: str, issuer: str) -> str:
        """Return what the app of an operator without a second factor scans; it begins there.

        Args:
            operator_id: whose; the first sign-in asks for a code of it.
            issuer: our name in the app.

        Raises:
            OperatorRefused: ACCESS_DENIED, no such operator, or one whose app is set up.
        """
        self._require(operator_id)
        self._factors.begin(operator_id, totp.new_secret(self._random_octets))
        factor = self._factors.find(operator_id)
        if factor is None or factor.confirmed:
            raise OperatorRefused(ReasonCode.ACCESS_DENIED, "the second factor is set up")
        return totp.provisioning_uri(factor.secret, operator_id, issuer)

    def change_password(
        self, session: OperatorSession, present: str, new: str, repeated: str, at: datetime
    ) -> PasswordFault | None:
        """Change one's own password; all other sessions end.

        Returns:
            What is wrong with the new one, or None.

        Raises:
            OperatorRefused: ACCESS_DENIED, the present password is another.
        """
        operator = self._require(session.operator_id)
        if not self._passwords.matches(operator.password_hash, present):
            raise OperatorRefused(ReasonCode.ACCESS_DENIED, "the present password is another")
        if new != repeated:
            return PasswordFault.MISREPEATED
        if new == present:
            return PasswordFault.NOT_NEW
        fault = password_fault(new, operator.id, operator.name, *operator.name.split())
        if fault is None:
            self._set_password(operator, new, by=operator.id, at=at, temporary=False)
            self._sessions.end_all(operator.id, by=operator.id, at=at, but=session.token_sha256)
        return fault

    def recovery_codes_left(self, operator_id: str) -> int:
        """Return how many recovery codes an operator has left."""
        factor = self._factors.find(operator_id)
        return factor.recovery_codes if factor else 0

    def renew_recovery_codes(self, operator_id: str, at: datetime) -> list[str]:
        """Return ten new recovery codes, shown once; those left are good no more."""
        codes = totp.new_recovery_codes(self._random_octets)
        hashes = [totp.recovery_code_sha256(one) for one in codes]
        self._factors.renew_codes(operator_id, hashes, at)
        return codes

    def _set_password(
        self, operator: Operator, password: str, *, by: str, at: datetime, temporary: bool
    ) -> None:
        hashed = self._passwords.hash(password)
        self._operators.set_password(operator.id, hashed, by=by, at=at, temporary=temporary)

    def _save(self, changed: Operator, *, by: str, at: datetime) -> None:
        if not self._operators.save(changed, by=by, at=at):
            raise OperatorRefused(ReasonCode.ACCESS_DENIED, "nobody would be left to administer")

    def _require(self, operator_id: str) -> Operator:
        operator = self._operators.find(operator_id)
        if operator is None:
            raise OperatorRefused(ReasonCode.ACCESS_DENIED, "no such operator")
        return operator

    def _temporary_password(self) -> str:
        text = base64.b32encode(self._random_octets(_TEMPORARY_OCTETS)).decode("ascii").lower()
        return "-".join(text[start : start + 4] for start in range(0, len(text), 4))


def roles_of(names: Iterable[str]) -> frozenset[Role]:
    """Return the roles of these names, leaving out what is none."""
    known = {role.value: role for role in Role}
    return frozenset(known[name] for name in names if name in known)
