"""Name constraints: which names a CA may certify (RFC 5280 sections 4.2.1.10, 6.1.4 g)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, replace
from typing import TypeAlias, cast
from urllib.parse import urlsplit

from cryptography import x509

from cardsvc.errors import ReasonCode, VerificationError
from verification.path.facts import CertificateFacts
from verification.path.names import NameKey, email_addresses, is_within, parse_name

MAX_COMPARISONS = 50_000
"""Names times subtrees of one certificate; more is an attack on the verifier's time."""

Constraint: TypeAlias = tuple[type[x509.GeneralName], object]
"""The form of name and the subtree: a NameKey, a network, or lower-case text."""

_SUPPORTED = (
    x509.DirectoryName,
    x509.DNSName,
    x509.RFC822Name,
    x509.UniformResourceIdentifier,
    x509.IPAddress,
)


@dataclass(frozen=True, slots=True)
class NameSpace:
    """The names still allowed below the certificates of a path processed so far.

    Attributes:
        permitted: one tuple of subtrees per constraining CA; a name must fit each of them
            that speaks of its form (the intersection of RFC 5280 section 6.1.4 g 1).
        excluded: every excluded subtree met.
        unsupported: forms constrained that this implementation can't compare.
    """

    permitted: tuple[tuple[Constraint, ...], ...] = ()
    excluded: tuple[Constraint, ...] = ()
    unsupported: frozenset[type[x509.GeneralName]] = frozenset()

    @property
    def is_open(self) -> bool:
        """True where nothing was constrained yet."""
        return not (self.permitted or self.excluded or self.unsupported)

    def narrowed(self, constraints: x509.NameConstraints) -> NameSpace:
        """Return the name space below a CA with these constraints."""
        permitted, excluded = constraints.permitted_subtrees, constraints.excluded_subtrees
        subtrees = [*(permitted or ()), *(excluded or ())]
        exotic = {type(tree) for tree in subtrees if not isinstance(tree, _SUPPORTED)}
        return replace(
            self,
            permitted=(*self.permitted, _constraints(permitted)) if permitted else self.permitted,
            excluded=(*self.excluded, *_constraints(excluded)),
            unsupported=self.unsupported | exotic,
        )

    def check(self, facts: CertificateFacts) -> None:
        """Check the subject and every subject alternative name (RFC 5280 section 6.1.3 b, c).

        Raises:
            VerificationError: NAME_CONSTRAINT_VIOLATED.
        """
        if self.is_open:
            return
        names = _names_of(facts)
        width = len(self.excluded) + sum(len(trees) for trees in self.permitted)
        if len(names) * width > MAX_COMPARISONS:
            raise _violated("too many names to compare")
        for form, name in names:
            self._check_name(form, name)

    def _check_name(self, form: type[x509.GeneralName], name: object) -> None:
        if form in self.unsupported:
            raise _violated("a form of name is constrained that can't be compared")
        if any(kind is form and _matches(form, name, tree) for kind, tree in self.excluded):
            raise _violated("a name lies in an excluded subtree")
        for constraints in self.permitted:
            trees = [tree for kind, tree in constraints if kind is form]
            if trees and not any(_matches(form, name, tree) for tree in trees):
                raise _violated("a name lies in no permitted subtree")


def _violated(message: str) -> VerificationError:
    return VerificationError(ReasonCode.NAME_CONSTRAINT_VIOLATED, message)


def _constraints(trees: list[x509.GeneralName] | None) -> tuple[Constraint, ...]:
    return tuple((type(tree), _value(tree)) for tree in trees or () if isinstance(tree, _SUPPORTED))


def _value(name: x509.GeneralName) -> object:
    if isinstance(name, x509.DirectoryName):
        return parse_name(name.value.public_bytes())
    if isinstance(name, (x509.DNSName, x509.RFC822Name, x509.UniformResourceIdentifier)):
        return name.value.lower()
    return name.value


def _names_of(facts: CertificateFacts) -> list[Constraint]:
    names: list[Constraint] = []
    if facts.subject:
        names.append((x509.DirectoryName, facts.subject))
    alternative = list(facts.extensions.alternative_names or ())
    names += [(type(name), _value(name)) for name in alternative]
    if not any(isinstance(name, x509.RFC822Name) for name in alternative):
        # RFC 5280 section 4.2.1.10: an emailAddress attribute stands in for a missing SAN.
        names += [(x509.RFC822Name, address) for address in email_addresses(facts.subject)]
    return names


def _matches(form: type[x509.GeneralName], name: object, tree: object) -> bool:
    if form is x509.DirectoryName:
        return is_within(cast("NameKey", name), cast("NameKey", tree))
    if form is x509.DNSName:
        return _dns_matches(str(name), str(tree))
    if form is x509.RFC822Name:
        return _email_matches(str(name), str(tree))
    if form is x509.UniformResourceIdentifier:
        return _uri_matches(str(name), str(tree))
    if isinstance(tree, (ipaddress.IPv4Network, ipaddress.IPv6Network)):
        return isinstance(name, (ipaddress.IPv4Address, ipaddress.IPv6Address)) and name in tree
    return False


def _dns_matches(name: str, tree: str) -> bool:
    bare = tree.lstrip(".")
    return not bare or name == bare or name.endswith("." + bare)


def _host_matches(host: str, tree: str) -> bool:
    """A leading dot covers sub-domains only; without one, exactly that host."""
    return host.endswith(tree) and host != tree if tree.startswith(".") else host == tree


def _email_matches(name: str, tree: str) -> bool:
    if "@" in tree:
        return name == tree
    return not tree or _host_matches(name.rpartition("@")[2], tree)


def _uri_matches(name: str, tree: str) -> bool:
    try:
        host = urlsplit(name).hostname
    except ValueError:
        host = None
    if not host or _is_address(host):
        # RFC 5280 section 4.2.1.10: no authority with a host name, no certificate.
        raise _violated("a URI without a host name where URIs are constrained")
    return _host_matches(host, tree)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
