"""Section 2 of the contract: which port of the host leads to a service."""

from collections.abc import Callable
from typing import Any

import pytest

from demi_adapters.registration import Registrations

Register = Callable[..., Registrations]

ALL = "0.0.0.0"


def at(*places: tuple[str | None, object]) -> list[dict[str, Any]]:
    """Bindings of one port, each an address and a port of the host."""
    return [{"HostIp": ip, "HostPort": port} for ip, port in places]


ONE = {"8000/tcp": at((ALL, "32768"))}
BOTH = {"53/tcp": at((ALL, "1001")), "53/udp": at((ALL, "1002"))}


@pytest.mark.parametrize(
    ("labels", "ports", "network_mode", "hostport"),
    [
        ({"hostport": "5000", "port": "8000"}, ONE, "bridge", 5000),
        ({"hostport": "5000", "port": "8000"}, {}, "host", 5000),
        ({"hostport": "5000"}, {}, "bridge", 5000),
        ({"port": "8000"}, {}, "host", 8000),
        ({"port": "8000"}, ONE, "host", 8000),
        ({"port": "8000"}, ONE, "bridge", 32768),
        ({}, ONE, "bridge", 32768),
        ({}, ONE | {"5353/udp": at((ALL, "1"))}, "bridge", 32768),
        ({}, ONE | {"9000/tcp": None}, "bridge", 32768),
        ({}, ONE | {"9000/tcp": []}, "bridge", 32768),
        ({"port": "53"}, BOTH, "bridge", 1001),
        ({"port": "53", "protocol": "udp"}, BOTH, "bridge", 1002),
        ({"port": "53", "protocol": "UDP"}, BOTH, "bridge", 1002),
        ({"port": "53", "protocol": "udp"}, {}, "host", 53),
        ({"port": "8000"}, ONE | {"9000/tcp": at((ALL, "1"))}, "bridge", 32768),
    ],
)
def test_the_first_rule_that_matches_wins(
    register_api: Register,
    labels: dict[str, str],
    ports: dict[str, Any],
    network_mode: str,
    hostport: int,
) -> None:
    """Label, host network, binding, only published TCP port: in this order."""
    found = register_api(labels, ports=ports, network_mode=network_mode)
    assert [(s.hostport, s.registered) for s in found.services] == [(hostport, True)]
    assert found.problems == ()


@pytest.mark.parametrize(
    ("bindings", "hostport"),
    [
        (at((ALL, "40000"), ("::", "40000")), 40000),
        (at(("::", "1"), (ALL, "40000")), 40000),
        (at((ALL, "40001"), (ALL, "40000")), 40000),
        (at((ALL, "9"), (ALL, "10")), 9),
        (at(("::", "40000")), 40000),
        (at(("::", "40001"), ("2001:db8::1", "40000")), 40000),
        (at(("", "40000")), 40000),
        (at((None, "40000")), 40000),
        (at(("", "40001"), ("::", "40000")), 40001),
        (at((ALL, ""), (ALL, "40000")), 40000),
        (at((ALL, "0"), (ALL, "40000")), 40000),
        (at((ALL, None), (ALL, "40000")), 40000),
        (at((ALL, 40000)), 40000),
    ],
)
def test_ipv4_comes_before_ipv6_and_then_the_lowest_number(
    register_api: Register, bindings: list[dict[str, Any]], hostport: int
) -> None:
    """An empty address means all of them, and an empty port is none."""
    for ports in ({"8000/tcp": bindings}, {"8000/tcp": bindings[::-1]}):
        found = register_api({"port": "8000"}, ports=ports)
        assert [s.hostport for s in found.services] == [hostport]
        assert found.problems == ()


@pytest.mark.parametrize(
    ("labels", "ports", "network_mode", "code"),
    [
        ({"port": "8000"}, {}, "bridge", "no-port"),
        ({"port": "8000"}, {"8000/tcp": None}, "bridge", "no-port"),
        ({"port": "8000"}, {"8000/tcp": []}, "bridge", "no-port"),
        ({"port": "8000"}, {"8000/tcp": at((ALL, ""))}, "bridge", "no-port"),
        ({"port": "8000"}, {"8000/tcp": at((ALL, "0"))}, "bridge", "no-port"),
        ({"port": "8000"}, {"8000/udp": at((ALL, "1"))}, "bridge", "no-port"),
        ({"port": "8000", "protocol": "udp"}, ONE, "bridge", "no-port"),
        ({"port": "9"}, ONE, "bridge", "no-port"),
        ({"port": "8000"}, {}, "none", "no-port"),
        ({}, {}, "bridge", "no-port"),
        ({}, {}, "host", "no-port"),
        ({}, {"5353/udp": at((ALL, "1"))}, "bridge", "no-port"),
        ({}, ONE | {"9000/tcp": at((ALL, "1"))}, "bridge", "ambiguous-port"),
    ],
)
def test_without_a_host_port_there_is_no_registration_and_no_url(
    register_api: Register,
    labels: dict[str, str],
    ports: dict[str, Any],
    network_mode: str,
    code: str,
) -> None:
    """The labels still reach the KV tree, and one problem says why."""
    labels = {**labels, "description": "FELIX"}
    found = register_api(labels, ports=ports, network_mode=network_mode)

    service = found.services[0]
    assert (service.registered, service.hostport, service.url, service.check) == (False,) + (
        None,
    ) * 3
    assert service.kv["demi/sr1_lls/felix/api/description"] == "FELIX"
    assert "demi/sr1_lls/felix/api/url" not in service.kv
    assert [p.code for p in found.problems] == [code]


@pytest.mark.parametrize(
    ("places", "warned"),
    [
        ([("127.0.0.1", "8000")], True),
        ([("127.8.9.1", "8000")], True),
        ([("::1", "8000")], True),
        ([("127.0.0.1", "8000"), ("::1", "8000")], True),
        ([(ALL, "8000")], False),
        ([("192.168.1.5", "8000")], False),
        ([("::", "8000")], False),
        ([("", "8000")], False),
        ([("127.0.0.1", "8000"), ("192.168.1.5", "8000")], False),
        ([("127.0.0.1", "8000"), ("::", "8000")], False),
        ([("::1", "8000"), ("192.168.1.5", "8000")], False),
    ],
)
def test_a_port_on_loopback_addresses_only_is_registered_with_a_warning(
    register_api: Register, places: list[tuple[str, str]], warned: bool
) -> None:
    """Other hosts can't reach it, unless the same port is also published elsewhere."""
    found = register_api({"port": "8000"}, ports={"8000/tcp": at(*places)})
    assert [(s.hostport, s.registered) for s in found.services] == [(8000, True)]
    assert [(p.code, p.severity) for p in found.problems] == (
        [("loopback-only", "warning")] if warned else []
    )


@pytest.mark.parametrize("key", ["port", "hostport"])
@pytest.mark.parametrize("value", ["1", "65535", "08000", " 8000 "])
def test_a_port_is_an_integer_in_1_to_65535(register_api: Register, key: str, value: str) -> None:
    """Leading zeros and white space around it do not matter."""
    found = register_api({key: value}, network_mode="host")
    assert [s.hostport for s in found.services] == [int(value)]


@pytest.mark.parametrize("key", ["port", "hostport"])
@pytest.mark.parametrize(
    "value",
    [
        "0",
        "65536",
        "-1",
        "+80",
        "80.0",
        "8_0",
        "0x50",
        "http",
        "",
        "8000/tcp",
        "\uff18\uff10",
        "\u0663",
        "\u00b2",
        "9" * 5000,
        "0" * 5000 + "x",
    ],
)
def test_anything_else_is_a_bad_port(register_api: Register, key: str, value: str) -> None:
    """Also numbers too long for Python, and digits of other scripts."""
    found = register_api({key: value})
    assert [(p.code, p.severity, p.label) for p in found.problems] == [
        ("bad-port", "error", f"demi.sr1_lls.felix.api.{key}")
    ]
    assert [(s.registered, s.hostport) for s in found.services] == [(False, None)]


def test_a_port_with_thousands_of_leading_zeros_does_no_harm(register_api: Register) -> None:
    """Python refuses to convert texts of more than 4300 digits."""
    found = register_api({"hostport": "0" * 5000 + "80"})
    assert [s.hostport for s in found.services] in ([80], [None])
