"""The small parts of `demi doctor`: rights, DNS packets, look-ups with a bounded time."""

import socket
import threading
import time
from collections.abc import Iterator

import dns.message
import dns.rrset
import pytest

from demi_adapters.consul_types import AgentDetails, Right
from demi_adapters.errors import ConfigurationError
from demi_adapters.names import ServiceName
from demi_registrator.doctor import consul_facts, network
from demi_registrator.doctor.facts import Missing
from demi_registrator.doctor.host_checks import version_of
from demi_registrator.doctor.rights import as_rule, needed_rights

API = ServiceName("sr1_lls", "felix", "api")


def test_rights_are_asked_for_what_is_really_written() -> None:
    """The services' own names, their site's keys, the record, the session, the template."""
    rights = needed_rights(node="n1", owner="pc1", sites=(), names=[API, API])
    assert rights == [
        Right("agent", "read", "n1"),
        Right("node", "read", "n1"),
        Right("session", "write", "n1"),
        Right("query", "write", ""),
        Right("key", "write", "demi-registrator/pc1"),
        Right("key", "write", "demi/sr1_lls/"),
        Right("service", "write", "sr1-lls-felix-api"),
    ]


def test_without_services_rights_are_asked_for_the_configured_sites() -> None:
    """Or for all of `demi/`; no service right can be named then."""
    known = needed_rights(node=None, owner="pc1", sites=("sr1_lls",), names=())
    assert Right("service", "write", "sr1-lls-") in known
    assert Right("key", "write", "demi/sr1_lls/") in known
    unknown = needed_rights(node="n1", owner="pc1", sites=(), names=())
    assert Right("key", "write", "demi/") in unknown
    assert not any(right.resource == "service" for right in unknown)


def test_never_more_rights_are_asked_than_consul_answers() -> None:
    """It takes 64 questions at once."""
    names = [ServiceName(f"s{n}", "t", "v") for n in range(500)]
    assert len(needed_rights(node="n1", owner="pc1", sites=(), names=names)) <= 64


def test_a_right_is_written_as_a_line_of_a_policy() -> None:
    """To be copied."""
    assert as_rule(Right("key", "write", "demi/")) == 'key_prefix "demi/" { policy = "write" }'
    assert str(Right("query", "write", "")) == "query write"


@pytest.fixture
def name_server() -> Iterator[socket.socket]:
    """A UDP socket that a test answers from."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        yield server


def test_rubbish_before_the_answer_is_passed_over(name_server: socket.socket) -> None:
    """Late answers to others' questions, say."""

    def serve() -> None:
        packet, asker = name_server.recvfrom(512)
        name_server.sendto(b"rubbish", asker)
        answer = dns.message.make_response(dns.message.from_wire(packet))
        answer.answer.append(dns.rrset.from_text("a.consul.", 0, "IN", "A", "1.2.3.4", "1.2.3.5"))
        name_server.sendto(answer.to_wire(), asker)

    thread = threading.Thread(target=serve)
    thread.start()
    host, port = name_server.getsockname()
    found = network.ask_dns(host, port, "a.consul", "A")
    assert found == network.DnsAnswer("NOERROR", ("1.2.3.4", "1.2.3.5"))
    thread.join()


@pytest.mark.parametrize("name", ["a..b", "x" * 64])
def test_a_name_that_dns_can_not_carry_is_refused(name: str) -> None:
    """Before a packet is made of it."""
    with pytest.raises(ValueError, match="no name for DNS"):
        network.ask_dns("127.0.0.1", 1, name, "A")


def test_a_silent_name_server_takes_a_bounded_time(
    name_server: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two packets, then it is given up."""
    monkeypatch.setattr(network, "_DNS_TIMEOUT_S", 0.05)
    host, port = name_server.getsockname()
    with pytest.raises(TimeoutError, match="no answer"):
        network.ask_dns(host, port, "a.consul", "A")


def test_a_slow_resolver_delays_nobody_for_longer_than_promised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What came in time is kept; what did not counts as unresolved."""
    release = threading.Event()

    def getaddrinfo(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        if host == "slow":
            release.wait(10)
        if host == "none":
            raise socket.gaierror(-2, "Name or service not known")
        return [(2, 1, 6, "", ("192.0.2.1", 0))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(network, "_RESOLVE_S", 0.2)
    before = time.monotonic()
    found = network.resolve(["fast", "slow", "none", "fast"])
    assert time.monotonic() - before < 2
    assert found == {"fast": ("192.0.2.1",), "slow": (), "none": ()}
    release.set()


def test_own_addresses_are_those_that_a_socket_can_take() -> None:
    """Without asking for the list of interfaces."""
    assert network.is_own("127.0.0.1")
    assert not network.is_own("192.0.2.1")
    assert not network.is_own("no address")


@pytest.mark.parametrize(
    ("text", "found"),
    [("pc1", ("pc1", 8600)), ("pc1:53", ("pc1", 53)), ("[::1]:53", ("::1", 53))],
)
def test_an_address_of_dns_may_leave_the_port_out(text: str, found: tuple[str, int]) -> None:
    """It is Consul's default then."""
    assert consul_facts.dns_address(text) == found


@pytest.mark.parametrize("text", ["", ":53", "a:b", "a:99999", "udp://a:53", "a/b", "[x"])
def test_what_is_no_address_of_dns_is_refused(text: str) -> None:
    """By the option's name."""
    with pytest.raises(ConfigurationError, match="--dns"):
        consul_facts.dns_address(text)


@pytest.mark.parametrize(
    ("listening", "consul_host", "found"),
    [
        (("tcp://127.0.0.1:1", "udp://127.0.0.1:86"), "127.0.0.1", ("127.0.0.1", 86)),
        (("udp://127.0.0.1:86",), "localhost", ("127.0.0.1", 86)),
        (("udp://0.0.0.0:86",), "pc7", ("pc7", 86)),
        (("udp://[::]:86",), "pc7", ("pc7", 86)),
        (("udp://127.0.0.1:86", "udp://192.0.2.7:86"), "pc7", ("192.0.2.7", 86)),
        (("udp://127.0.0.1:86",), "pc7", "loopback only"),
        ((), "pc7", "switched off"),
    ],
)
def test_dns_is_asked_where_this_machine_can_reach_it(
    listening: tuple[str, ...], consul_host: str, found: object
) -> None:
    """An agent elsewhere may listen on its own loopback."""
    agent = AgentDetails(node="n1", version="1.8.7", dns_addresses=listening, dns_domain="consul")
    server = consul_facts.dns_server(None, consul_host, agent)
    if isinstance(server, Missing):
        assert str(found) in server.why
    else:
        assert server == found


@pytest.mark.parametrize(
    ("text", "version"), [("1.8.7", (1, 8)), ("v20.10.24+dfsg1", (20, 10)), ("dev", None)]
)
def test_versions_are_read_as_far_as_they_are_numbers(
    text: str, version: tuple[int, int] | None
) -> None:
    """Debian and Enterprise add to them."""
    assert version_of(text) == version
