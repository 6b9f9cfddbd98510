"""Look-ups where Consul answers as no healthy one does; `tests/commands` has the others."""

from collections.abc import Iterator

import pytest
import requests
import responses

from models.command import Demi

ROOT = "http://127.0.0.1:8500/v1"
COMMANDS = (
    ("ls",),
    ("tree",),
    ("show", "api"),
    ("url", "s/t/api"),
    ("open", "api"),
    ("health", "api"),
    ("dns", "api"),
)


@pytest.fixture
def consul() -> Iterator[responses.RequestsMock]:
    """Nobody but who is announced here answers."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def fail(consul: responses.RequestsMock, **how: object) -> None:
    """Let every look-up end so."""
    for path in ("health/state/any", "health/service/s-t-api"):
        consul.get(f"{ROOT}/{path}", **how)


def test_an_empty_registry_is_an_empty_list(demi: Demi, consul: responses.RequestsMock) -> None:
    """A program gets JSON in any case, and no words beside it."""
    for path in ("health/state/any", "catalog/nodes"):
        consul.get(f"{ROOT}/{path}", json=[], headers={"X-Consul-Index": "1"})
    result = demi("ls", "-o", "json")
    assert (result.code, result.data, result.err) == (0, [], "")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_an_unreachable_consul_is_4(
    demi: Demi, consul: responses.RequestsMock, command: tuple[str, ...]
) -> None:
    """The message names the address and the variable."""
    fail(consul, body=requests.ConnectionError("refused"))
    result = demi(*command)
    assert (result.code, result.out) == (4, "")
    assert "http://127.0.0.1:8500" in result.err
    assert "CONSUL_HTTP_ADDR" in result.err


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("status", "body", "code"),
    [(403, "Permission denied", 5), (500, "No cluster leader", 4), (400, "bad", 1)],
)
def test_what_consul_refuses_has_its_own_status(
    demi: Demi,
    consul: responses.RequestsMock,
    command: tuple[str, ...],
    status: int,
    body: str,
    code: int,
) -> None:
    """Denied, failing, refused: a script can tell them apart."""
    fail(consul, status=status, body=body)
    result = demi(*command)
    assert (result.code, result.out) == (code, "")
    assert body in result.err


def test_something_else_at_consuls_address_is_4(demi: Demi, consul: responses.RequestsMock) -> None:
    """A web server that answers pages."""
    fail(consul, body="<html>")
    result = demi("ls")
    assert result.code == 4
    assert "does not speak like Consul" in result.err


@pytest.mark.parametrize("name", ["", "a/b/c/d", "a//c", "a/b/", "a/b/c d", "/a/b", "a/é", "$"])
def test_a_name_that_can_be_none_is_a_usage_error(demi: Demi, name: str) -> None:
    """Consul is not even asked."""
    result = demi("url", "--", name)
    assert (result.code, result.out) == (2, "")
    assert "SITE/STACK/SERVICE" in result.err


@pytest.mark.parametrize("address", ["unix:///run/consul.sock", "host:99999", "a b", "ftp://x"])
def test_an_address_that_is_none_is_a_usage_error(
    demi: Demi, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """As option or as variable."""
    result = demi("ls", "--consul-addr", address)
    assert (result.code, result.out) == (2, "")
    assert "CONSUL_HTTP_ADDR" in result.err
    monkeypatch.setenv("CONSUL_HTTP_ADDR", address)
    assert demi("ls") == result


def test_a_token_is_sent_and_never_shown(
    demi: Demi, consul: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not even where Consul refuses it."""
    monkeypatch.setenv("CONSUL_HTTP_TOKEN", "secret-token")
    consul.get(
        f"{ROOT}/health/state/any",
        status=403,
        body="ACL not found",
        match=[responses.matchers.header_matcher({"X-Consul-Token": "secret-token"})],
    )
    result = demi("ls")
    assert result.code == 5
    assert "secret-token" not in result.err
