"""Under which name or address other machines reach this one."""

import socket
from urllib.parse import urlsplit

from demi_local.ports import LOOPBACK

# Never sent to: connecting a UDP socket only asks the kernel for the route.
# The address is one of those reserved for documentation (RFC 5737).
_ANYWHERE = ("198.51.100.1", 9)


def host_name(docker_host: str) -> str:
    """Return what DEMI_HOST is where the user did not set it.

    The engine's host if it is another machine, else this machine's full name if that leads
    back here, else its address.
    """
    remote = remote_host(docker_host)
    if remote:
        return remote
    name = socket.getfqdn()
    return name if _leads_here(name) else primary_address()


def host_address(docker_host: str) -> str:
    """Return the same as an IP address where it can: DNS has A records only for those."""
    return remote_host(docker_host) or primary_address()


def remote_host(docker_host: str) -> str | None:
    """Return the host of an engine that is reached over the network, None for a local one."""
    parts = urlsplit(docker_host)
    if parts.scheme != "tcp" or parts.hostname in {None, "localhost", LOOPBACK, "::1"}:
        return None
    return parts.hostname


def primary_address() -> str:
    """Return the IPv4 address of the default route, 127.0.0.1 where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ANYWHERE)
        except OSError:
            return LOOPBACK
        address: str = probe.getsockname()[0]
        return address


def _leads_here(name: str) -> bool:
    try:
        addresses = {entry[4][0] for entry in socket.getaddrinfo(name, None, socket.AF_INET)}
    except OSError:
        return False
    return bool(addresses) and all(
        not str(address).startswith("127.") and _is_ours(str(address)) for address in addresses
    )


def _is_ours(address: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
