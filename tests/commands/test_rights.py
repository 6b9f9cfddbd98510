"""Look-ups with a token that may not, or with none, beside a Consul that has ACLs."""

from collections.abc import Iterator

import pytest

from demi_local.consul import ConsulServer, find_or_install_consul
from demi_local.processes import wait_until
from models.command import Demi
from models.place import Place

MASTER = "11111111-2222-3333-4444-555555555555"
LOOK_UPS = 'node_prefix "" { policy = "read" } service_prefix "" { policy = "read" }'


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A Consul that denies by default, with one service."""
    folder = tmp_path_factory.mktemp("guarded")
    # Without a default, whoever has no token seems to be at a Consul without nodes.
    tokens = {"master": MASTER, "agent": MASTER, "default": MASTER}
    acl = {"enabled": True, "default_policy": "deny", "tokens": tokens}
    extra = {"acl": acl, "primary_datacenter": "dc1"}
    binary = find_or_install_consul(print)
    with ConsulServer(binary, folder / "consul", extra=extra, log=folder / "log") as server:
        place = Place(server.http_address, MASTER)
        assert wait_until(lambda: _answers(place), 20, lambda: True)
        place.call("PUT", "acl/policy", {"Name": "look-ups", "Rules": LOOK_UPS})
        place.register("sr1_lls/felix/api", 1)
        yield place


def _answers(place: Place) -> bool:
    try:
        return bool(place.call("GET", "acl/policies"))
    except OSError:
        return False


def token(place: Place, *policies: str) -> str:
    """One that has these policies."""
    body = {"Policies": [{"Name": name} for name in policies]}
    return str(place.call("PUT", "acl/token", body)["SecretID"])


@pytest.mark.parametrize(
    "command", ["url sr1_lls/felix/api", "url api", "ls", "tree", "show api", "health api", "watch"]
)
def test_a_token_that_consul_does_not_know_is_denied(
    demi: Demi, guarded: Place, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    """Exit status 5, and which variable it came from; never the token itself."""
    monkeypatch.setenv("CONSUL_HTTP_ADDR", guarded.address)
    monkeypatch.setenv("CONSUL_HTTP_TOKEN", "99999999-2222-3333-4444-555555555555")
    result = demi(*command.split())
    assert (result.code, result.out) == (5, "")
    assert "CONSUL_HTTP_TOKEN" in result.err
    assert "99999999" not in result.err


def test_a_token_that_may_read_services_reads_no_keys(
    demi: Demi, guarded: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What needs no key works."""
    monkeypatch.setenv("CONSUL_HTTP_ADDR", guarded.address)
    monkeypatch.setenv("CONSUL_HTTP_TOKEN", token(guarded, "look-ups"))
    assert demi("url", "api").out == "http://pc1.cern.ch:8001\n"
    assert demi("ls", "-o", "name").out == "sr1_lls/felix/api\n"
    assert demi("wait", "api").code == 0
    denied = demi("url", "api", "--health")
    assert (denied.code, denied.out) == (5, "")


def test_a_token_without_rights_sees_an_empty_registry(
    demi: Demi, guarded: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Consul leaves out what a token may not read, and does not say so: the hint has to."""
    monkeypatch.setenv("CONSUL_HTTP_ADDR", guarded.address)
    monkeypatch.setenv("CONSUL_HTTP_TOKEN", token(guarded))
    result = demi("ls")
    assert (result.code, len(result.out.splitlines())) == (0, 1)
    assert "may the ACL token read services?" in result.err
