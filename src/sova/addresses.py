"""Which hosts may be connected to: those that a person wrote, and of all others only public addresses."""

from __future__ import annotations

import socket
from collections.abc import Collection
from fnmatch import fnmatchcase
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

from sova.errors import SovaError

__all__ = ["Guard", "RefusedAddressError", "is_public"]

_DEFAULT_PORTS = (80, 443)
_NAT64 = IPv6Network("64:ff9b::/96")


class RefusedAddressError(SovaError):
    """A host that content named is a private one; the message names the setting that allows it."""


class Guard:
    """Resolves host names and lets only allowed addresses through. Threads may share it."""

    def __init__(self, trusted_hosts: Collection[str] = (), allow_hosts: Collection[str] = ()) -> None:
        """`trusted_hosts` are `host` or `host:port`; `allow_hosts` are names, globs and networks."""
        self._trusted: set[tuple[str, int]] = set()
        self._globs: list[str] = []
        self._networks: list[IPv4Network | IPv6Network] = []
        for host in trusted_hosts:
            self._trust(host)
        for entry in allow_hosts:
            try:
                self._networks.append(ip_network(entry, strict=False))
            except ValueError:
                self._globs.append(entry.lower())

    def trust(self, url: str) -> None:
        """Trust the host and port of a URL that a person typed. A text that is no URL changes nothing."""
        try:
            self._trust(urlsplit(url).netloc.rpartition("@")[2])
        except ValueError:
            return  # no valid host or port; connecting to it will say so

    def _trust(self, host_and_port: str) -> None:
        found = urlsplit(f"//{host_and_port}")
        host = (found.hostname or "").rstrip(".")
        self._trusted.update((host, port) for port in ([found.port] if found.port else _DEFAULT_PORTS))

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host that may be connected to, the system's preference first.

        Raises RefusedAddressError when there are only others, socket.gaierror when the name cannot be resolved, and
        UnicodeError when it is no name.
        """
        name = host.strip("[]").rstrip(".").lower()
        rows = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        found = list(dict.fromkeys(str(row[4][0]) for row in rows))
        if (name, port) in self._trusted or any(fnmatchcase(name, glob) for glob in self._globs):
            return found
        allowed = [address for address in found if self._allowed(address)]
        if not allowed:
            raise RefusedAddressError(
                f"{name} is at the private address {', '.join(found)} and was not named by a person; "
                "the setting allow_hosts allows it"
            )
        return allowed

    def _allowed(self, address: str) -> bool:
        ip = ip_address(address)
        return is_public(ip) or any(ip in network for network in self._networks)


def is_public(ip: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public internet, also where IPv6 carries an IPv4 address."""
    carried = _carried(ip) if isinstance(ip, IPv6Address) else None
    if carried is not None:
        return is_public(carried)
    return ip.is_global and not ip.is_multicast


def _carried(ip: IPv6Address) -> IPv4Address | None:
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
