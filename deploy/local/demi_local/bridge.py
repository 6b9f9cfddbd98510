"""A network bridge for one private engine: a name and a subnet that nobody else has."""

import ipaddress
import subprocess
from collections.abc import Iterable

from demi_local import paths
from demi_local.errors import LocalError

# Rarely used by laboratories and never by Docker's own address pools.
_SUBNETS = ipaddress.IPv4Network("10.213.0.0/16")


class Bridge:
    """A bridge that exists between `create` and `remove`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def create(self) -> None:
        """Make the bridge, or take over the one that a killed run left."""
        if not self.exists():
            _ip("link", "add", "name", self.name, "type", "bridge")
        if not _addresses(_ip("-o", "-4", "addr", "show", "dev", self.name)):
            subnet = choose_subnet(_ip("-4", "route", "show", "table", "all").split(), self.name)
            _ip("addr", "add", f"{subnet[1]}/{subnet.prefixlen}", "dev", self.name)
        _ip("link", "set", self.name, "up")

    def remove(self) -> None:
        """Remove the bridge. No error when it is gone."""
        remove_link(self.name)

    def exists(self) -> bool:
        """Tell whether the bridge is there."""
        return _run("link", "show", "dev", self.name).returncode == 0


def remove_link(name: str) -> None:
    """Remove a network interface. No error when it is gone."""
    if _run("link", "show", "dev", name).returncode == 0:
        _ip("link", "del", name)


def choose_subnet(words: Iterable[str], name: str) -> ipaddress.IPv4Network:
    """Choose a /24 that overlaps none of the addresses and networks among the words.

    The bridge's name decides where the search begins, so that two engines that start at the
    same moment do not both take the first one.
    """
    taken = _addresses(" ".join(words))
    candidates = list(_SUBNETS.subnets(new_prefix=24))
    first = sum(name.encode()) * 7 % len(candidates)
    for candidate in candidates[first:] + candidates[:first]:
        if not any(candidate.overlaps(network) for network in taken):
            return candidate
    raise LocalError(f"no free subnet for a private Docker Engine: all of {_SUBNETS} is in use")


def _addresses(text: str) -> list[ipaddress.IPv4Network]:
    found = []
    for word in text.split():
        try:
            network = ipaddress.IPv4Network(word, strict=False)
        except ValueError:
            continue
        # 0.0.0.0/0 would overlap everything; the default route reserves nothing.
        if network.prefixlen:
            found.append(network)
    return found


def _ip(*words: str) -> str:
    done = _run(*words)
    if done.returncode != 0:
        raise LocalError(f"this failed: ip {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    program = paths.find_program("ip")
    if program is None:
        raise LocalError("`ip` is missing: apt-get install iproute2")
    return subprocess.run([program, *words], capture_output=True, text=True, check=False)
