"""Signing in: the password, then the second factor; every attempt is counted before it is judged.

What is answered does not tell which names exist: an unknown name costs the same time, is counted
and has to wait like a known one.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256

from cardsvc.access_records import Operator, require_operator_id
from cardsvc.errors import Malformed
from cardsvc.session_records import BackOff, OperatorSession, SecondFactor, SessionStage
from web.operators import totp
from web.operators.passwords import Passwords
from web.operators.ports import Attempts, Operators, SecondFactors, Sessions

OF_ACCOUNT = BackOff(
    free=6, first_seconds=30, longest_seconds=15 * 60, forgotten_after_seconds=24 * 3600
)
"""A day of guessing gives less than the 100 tries of SP 800-63B section 5.2.2."""
OF_ADDRESS = BackOff(
    free=40, first_seconds=30, longest_seconds=15 * 60, forgotten_after_seconds=3600
)
"""An office behind one address shares it."""
_UNKNOWN = "unknown"
"""Stands in the audit log: what was typed as a name may be a password."""
_TOKEN_OCTETS = 32
_LONGEST_SESSION = timedelta(days=2)
_ATTEMPTS_TO_SIGN_IN = 2


@dataclass(frozen=True, slots=True)
class Refused:
    """Signing in did not succeed.

    Args:
        wait_seconds: before it is worth trying again; 0 for at once.
    """

    wait_seconds: int = 0


def new_token(random_octets: Callable[[int], bytes]) -> str:
    """Return a session's token of 256 random bits, in hex."""
    return random_octets(_TOKEN_OCTETS).hex()


def token_sha256(token: str) -> bytes:
    """Return what is stored of a session's token."""
    return sha256(token.encode()).digest()


class SignIn:
    """Lets operators in.

    Args:
        operators: who they are.
        factors: their second factors.
        sessions: their sessions.
        attempts: counts attempts.
        passwords: hashes and checks.
        subject_key: keys the hashes of names and addresses that attempts are counted under.
        random_octets: a cryptographic random source.
    """

    def __init__(
        self,
        operators: Operators,
        factors: SecondFactors,
        sessions: Sessions,
        attempts: Attempts,
        *,
        passwords: Passwords,
        subject_key: bytes,
        random_octets: Callable[[int], bytes],
    ) -> None:
        self._operators = operators
        self._factors = factors
        self._sessions = sessions
        self._attempts = attempts
        self._passwords = passwords
        self._subject_key = subject_key
        self._random_octets = random_octets

    def give_password(self, name: str, password: str, address: str, at: datetime) -> str | Refused:
        """Return the token of a session that still wants the second factor."""
        operator_id = name.strip().casefold()
        refused = self._count(operator_id, address, at)
        if refused is not None:
            return refused
        operator = self._find(operator_id)
        known = operator if operator is not None and operator.enabled else None
        matches = self._passwords.matches(known.password_hash if known else None, password)
        if known is None or not matches:
            self._attempts.refused(_UNKNOWN if operator is None else operator.id, at)
            return Refused()
        self._renew_hash(known, password, at)
        token = new_token(self._random_octets)
        session = OperatorSession(
            token_sha256(token), known.id, SessionStage.PASSWORD_GIVEN, at, at, None
        )
        self._sessions.begin(session, older_than=at - _LONGEST_SESSION)
        return token

    def give_code(
        self, session: OperatorSession, code: str, address: str, at: datetime
    ) -> str | Refused:
        """Return the token of an open session, for a code of the app or a recovery code."""
        refused = self._count(session.operator_id, address, at)
        if refused is not None:
            return refused
        if not self._is_right(session.operator_id, code, at):
            self._attempts.refused(session.operator_id, at)
            return Refused()
        return self._opened(session, address, at)

    def second_factor(self, session: OperatorSession) -> SecondFactor:
        """Return the second factor of whoever gave the password; a new one is begun where none is.

        Raises:
            StoreError: it does not open (RECORD_CORRUPT).
        """
        found = self._factors.find(session.operator_id)
        if found is None:
            self._factors.begin(session.operator_id, totp.new_secret(self._random_octets))
            found = self._factors.find(session.operator_id)
        if found is None:  # the operator was there a moment ago: rows of operators stay
            msg = "an operator without a row"
            raise RuntimeError(msg)
        return found

    def confirm_factor(
        self, session: OperatorSession, code: str, address: str, at: datetime
    ) -> tuple[str, list[str]] | Refused:
        """Take the first code of a new app; return an open session's token and recovery codes."""
        refused = self._count(session.operator_id, address, at)
        if refused is not None:
            return refused
        factor = self._factors.find(session.operator_id)
        step = totp.step_of(factor.secret, _digits(code), at) if factor else None
        codes = totp.new_recovery_codes(self._random_octets)
        hashes = [totp.recovery_code_sha256(one) for one in codes]
        if step is None or not self._factors.confirm(session.operator_id, step, hashes, at):
            self._attempts.refused(session.operator_id, at)
            return Refused()
        opened = self._opened(session, address, at)
        return opened if isinstance(opened, Refused) else (opened, codes)

    def prove_again(
        self, session: OperatorSession, code: str, address: str, at: datetime
    ) -> Refused | None:
        """Take another code before a grave act; None where it was right."""
        refused = self._count(session.operator_id, address, at)
        if refused is not None:
            return refused
        if not self._is_right(session.operator_id, code, at):
            self._attempts.refused(session.operator_id, at)
            return Refused()
        self._attempts.forgive(self._subject("account", session.operator_id))
        self._attempts.forgive(self._subject("address", address), 1)
        self._sessions.proved(session.token_sha256, at)
        return None

    def _find(self, operator_id: str) -> Operator | None:
        try:
            return self._operators.find(require_operator_id(operator_id))
        except Malformed:
            return None

    def _opened(self, session: OperatorSession, address: str, at: datetime) -> str | Refused:
        token = new_token(self._random_octets)
        opened = replace(
            session,
            token_sha256=token_sha256(token),
            stage=SessionStage.OPEN,
            seen_at=at,
            proved_at=at,
        )
        if not self._sessions.promote(session.token_sha256, opened):
            return Refused()
        self._attempts.forgive(self._subject("account", session.operator_id))
        self._attempts.forgive(self._subject("address", address), _ATTEMPTS_TO_SIGN_IN)
        return token

    def _is_right(self, operator_id: str, code: str, at: datetime) -> bool:
        factor = self._factors.find(operator_id)
        if factor is None or not factor.confirmed:
            return False
        step = totp.step_of(factor.secret, _digits(code), at)
        if step is not None:
            return self._factors.take_step(operator_id, step)
        return self._factors.take_code(operator_id, totp.recovery_code_sha256(code), at)

    def _count(self, operator_id: str, address: str, at: datetime) -> Refused | None:
        subjects = {
            self._subject("account", operator_id): OF_ACCOUNT,
            self._subject("address", address): OF_ADDRESS,
        }
        until = self._attempts.begin(subjects, at)
        if until is None:
            return None
        return Refused(max(1, int((until - at).total_seconds())))

    def _subject(self, kind: str, text: str) -> bytes:
        return hmac.digest(self._subject_key, f"{kind}:{text}".encode("utf-8", "replace"), "sha256")

    def _renew_hash(self, operator: Operator, password: str, at: datetime) -> None:
        if self._passwords.is_outdated(operator.password_hash):
            self._operators.set_password(
                operator.id,
                self._passwords.hash(password),
                by="system",
                at=at,
                temporary=operator.must_change_password,
            )


def _digits(code: str) -> str:
    return "".join(one for one in code if one in "0123456789")
