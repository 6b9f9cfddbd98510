"""The `ports:` of a service (compose specification, "ports")."""

import ipaddress
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from demi_adapters.problems import shown
from demi_cli.compose.nodes import Budget, Mapping, Node, Place, Scalar, fault

_SHORT = re.compile(
    r"(?:(?:\[(?P<six>[^\]]*)\]|(?P<ip>[^:]*)):(?=[^:]*:))?"  # an address, if two more parts follow
    r"(?:(?P<host>[^:]*):)?(?P<target>[^:/]+)(?:/(?P<transport>[^/]*))?"
)
_RANGE = re.compile(r"([0-9]{1,5})(?:-([0-9]{1,5}))?")
_TRANSPORTS = ("tcp", "udp", "sctp")
_PORT = 64  # characters that a port counts as in the budget: about what it holds in memory


@dataclass(frozen=True, slots=True)
class Published:
    """One published port; `host_port` is None where the engine chooses it when it starts."""

    target: int
    transport: str
    host_ip: str
    host_port: int | None
    place: Place


def read_port(node: Node, text_of: Callable[[Scalar], str], budget: Budget) -> Iterator[Published]:
    """One entry of `ports:`, which may be a range.

    Raises:
        ConfigurationError: compose would refuse it.
    """
    if isinstance(node, Scalar):
        parts = _SHORT.fullmatch(text_of(node))
        if parts is None:
            raise _wrong(text_of(node), node.place)
        target, transport = parts["target"], parts["transport"] or "tcp"
        host, ip = parts["host"] or "", parts["six"] or parts["ip"] or ""
    elif isinstance(node, Mapping):
        given = {key.text: _scalar(value, text_of) for key, value in node.pairs}
        target, host = given.get("target", ""), given.get("published", "")
        ip, transport = given.get("host_ip", ""), given.get("protocol") or "tcp"
        if not target.isdecimal():
            raise _wrong(target, node.place)
    else:
        raise fault(node.place, "a port is a text such as 8080:80, or a map with target.")
    yield from _expanded(node.place, target, transport.lower(), host, ip, budget)


def _scalar(node: Node, text_of: Callable[[Scalar], str]) -> str:
    if not isinstance(node, Scalar):
        raise fault(node.place, "a port's values are texts or numbers.")
    return text_of(node)


def _expanded(
    place: Place, target: str, transport: str, host: str, ip: str, budget: Budget
) -> Iterator[Published]:
    targets = _range(target, place)
    hosts = _range(host, place, lowest=0) if host else None
    if transport not in _TRANSPORTS:
        raise fault(place, f"{shown(transport)} is no protocol: write tcp, udp or sctp.")
    if ip and not _is_address(ip):
        raise fault(place, f"{shown(ip)} is no address. Write e.g. 127.0.0.1:8080:80.")
    if hosts and len(hosts) != len(targets) and len(targets) > 1:
        raise fault(
            place,
            f"the ranges {shown(host)} and {shown(target)} differ in length. Make them equal.",
        )
    budget.spend(_PORT * len(targets), place)
    for index, each in enumerate(targets):
        # Of several for one, the engine takes one that is free; 0 means any.
        is_fixed = hosts is not None and len(hosts) == len(targets)
        number = hosts[index] if hosts and is_fixed else 0
        yield Published(each, transport, ip, number or None, place)


def _range(text: str, place: Place, lowest: int = 1) -> range:
    found = _RANGE.fullmatch(text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, -1)
    if not lowest <= first <= last <= 65535:
        raise _wrong(text, place)
    return range(first, last + 1)


def _wrong(text: str, place: Place) -> Exception:
    return fault(place, f"{shown(text)} is no port. Write e.g. 80, 8080:80 or 127.0.0.1:8080:80.")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return "%" not in text
