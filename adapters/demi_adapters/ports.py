"""Which port of the host leads to a service (the contract's section 2)."""

import ipaddress
import re
from collections.abc import Sequence

from demi_adapters.container import Binding, Container
from demi_adapters.problems import Code, LabelError, shown

UDP = "udp"


def parse_port(text: str) -> int:
    """A port number in a label's value.

    Raises:
        LabelError: it is no integer in 1..65535.
    """
    # Python refuses to convert very long texts, so leading zeros go first.
    digits = text.lstrip("0")
    if not re.fullmatch(r"[0-9]{1,5}", digits) or int(digits) > 65535:
        raise LabelError(Code.BAD_PORT, f"{shown(text)} is no port. Write a number in 1..65535.")
    return int(digits)


def find_host_port(
    container: Container, *, hostport: int | None, port: int | None, protocol: str
) -> tuple[int, bool]:
    """The host's port, and whether it is published on a loopback address only.

    Args:
        container: where the published ports are read from.
        hostport: the label of that name; it wins.
        port: the label of that name, the container's internal port.
        protocol: `udp` looks among the UDP ports, anything else among the TCP ports.

    Raises:
        LabelError: `no-port` or `ambiguous-port`.
    """
    if hostport is not None:
        return hostport, False
    if container.network_mode == "host" and port is not None:
        return port, False
    transport = UDP if protocol == UDP else "tcp"
    published = [b for b in container.bindings if b.transport == transport]
    if port is None:
        port = _only_port(published, transport, host_network=container.network_mode == "host")
    bindings = [b for b in published if b.private_port == port]
    if not bindings:
        raise LabelError(
            Code.NO_PORT,
            f"port {port}/{transport} is not published. Publish it (ports: in the compose file), "
            "or set the hostport label.",
        )
    chosen = min(bindings, key=_preference)
    same_port = (b.host_ip for b in bindings if b.host_port == chosen.host_port)
    return chosen.host_port, all(map(_is_loopback, same_port))


def _only_port(published: Sequence[Binding], transport: str, *, host_network: bool) -> int:
    ports = sorted({b.private_port for b in published})
    if host_network:
        raise LabelError(
            Code.NO_PORT, "the container uses the host's network: say its port in the port label."
        )
    if not ports:
        raise LabelError(
            Code.NO_PORT,
            f"the container publishes no {transport.upper()} port. Publish one (ports: in the "
            "compose file), or set the hostport or url label.",
        )
    if len(ports) > 1:
        raise LabelError(
            Code.AMBIGUOUS_PORT,
            f"the container publishes several {transport.upper()} ports "
            f"({', '.join(map(str, ports[:10]))}): say which one in the port label.",
        )
    return ports[0]


def _preference(binding: Binding) -> tuple[bool, int]:
    return ":" in binding.host_ip, binding.host_port


def _is_loopback(host_ip: str) -> bool:
    try:
        return ipaddress.ip_address(host_ip).is_loopback
    except ValueError:  # empty: all addresses
        return False
