"""Keys that sign tokens of one type as the service does, and what forgers make without them."""

from __future__ import annotations

from collections.abc import Mapping

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from keys.signers import jwks, key_id


class TokenKey:
    """A key that signs tokens, with claims as they should be or not.

    Args:
        kind: the type of token, as its header says.
    """

    def __init__(self, kind: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._header = {"kid": key_id(self._key.public_key()), "typ": kind}
        self.key_set = jwks([self._key.public_key()])

    def sign(self, claims: Mapping[str, object], **header: str) -> str:
        """Sign claims; ``header`` is what the token's is to say otherwise."""
        headers = self._header | header
        return jwt.encode(dict(claims), self._key, algorithm="ES256", headers=headers)

    def forgeries(
        self, claims: Mapping[str, object], *, more: Mapping[str, object], less: str
    ) -> dict[str, str]:
        """Return tokens that nobody may take, by what is wrong with each.

        Args:
            claims: what a good token says.
            more: a claim that its type has not.
            less: the name of a claim that its type must have.
        """
        said, kind = dict(claims), self._header["typ"]
        return {
            "another's signature": TokenKey(kind).sign(said, **self._header),
            "another key's name": self.sign(said, kid="k-2"),
            "no signature": jwt.encode(said, "", algorithm="none", headers={"typ": kind}),
            "a shared secret": jwt.encode(
                said, "k" * 32, algorithm="HS256", headers=dict(self._header)
            ),
            "a claim more": self.sign(said | dict(more)),
            "a claim less": self.sign({name: one for name, one in said.items() if name != less}),
        }
