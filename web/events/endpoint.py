"""Where a webhook may point to: https, and addresses that the installation lets us call.

A partner that could name any address would make our server knock on doors inside the network
(server-side request forgery). So addresses are looked up first, all of them have to be allowed,
and the call goes to the address that was checked, not to the name once more. Public addresses are
allowed; on a closed network the setting ``webhook_networks`` lists those that are, too.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import NoReturn, TypeAlias
from urllib.parse import urlsplit

from cardsvc.errors import Malformed, ReasonCode

_MOST_CHARACTERS = 500
_HTTPS_PORT = 443
Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_CARRIES_IPV4 = (
    ipaddress.IPv6Network("64:ff9b::/96"),
    ipaddress.IPv6Network("64:ff9b:1::/48"),
    ipaddress.IPv6Network("2002::/16"),
    ipaddress.IPv6Network("2001::/32"),
)
"""RFC 6052, RFC 8215, RFC 3056, RFC 4380: behind such an address is an IPv4 one, maybe private."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook's URL, taken apart.

    Args:
        host: a name or an address, without brackets.
        port: 1 to 65535.
        target: path and query, as they are sent.
    """

    host: str
    port: int
    target: str

    @classmethod
    def parse(cls, url: str) -> Endpoint:
        """Parse an absolute https URL (RFC 9110 section 4.2.2).

        Raises:
            Malformed: another scheme, credentials, a fragment, or not printable ASCII.
        """
        if not 0 < len(url) <= _MOST_CHARACTERS or not url.isascii() or not url.isprintable():
            _refuse("an https address of printable ASCII is needed")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            _refuse("not an address")
        if parts.scheme != "https" or not host or " " in url or "\\" in url:
            _refuse("an https address is needed")
        if "@" in parts.netloc or "#" in url:
            _refuse("an address without credentials and fragment is needed")
        if port == 0:
            _refuse("there is no port 0")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        return cls(host, port or _HTTPS_PORT, target)


def _refuse(message: str) -> NoReturn:
    raise Malformed(ReasonCode.MALFORMED_MESSAGE, f"webhook: {message}")


def parse_networks(text: str) -> tuple[Network, ...]:
    """Parse a list of networks such as ``10.0.0.0/8, fd00::/8``; empty for none.

    Raises:
        ValueError: not a network.
    """
    return tuple(ipaddress.ip_network(one.strip()) for one in text.split(",") if one.strip())


@dataclass(frozen=True, slots=True)
class AddressRule:
    """Which addresses may be called.

    Args:
        networks: allowed beside public addresses.
    """

    networks: tuple[Network, ...] = ()

    def allows(self, text: str) -> bool:
        """Tell whether an address may be called; what is no address may not."""
        try:
            address: Address = ipaddress.ip_address(text.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        if any(address.version == one.version and address in one for one in self.networks):
            return True
        carries = isinstance(address, ipaddress.IPv6Address) and any(
            address in one for one in _CARRIES_IPV4
        )
        return address.is_global and not address.is_multicast and not carries
