"""`demi ls` and `demi url` against answers of Consul."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses
import yaml

from models.command import Demi

ROOT = "http://127.0.0.1:8500/v1"


def service(name: str, number: int = 1) -> dict[str, Any]:
    """An instance as the catalog shows it."""
    site, stack, own = name.split("/")
    id_ = f"{name.replace('/', '-')}-{number}"
    meta = {
        "demi_site": site,
        "demi_stack": stack,
        "demi_service": own,
        "demi_url": f"http://pc{number}:80",
        "demi_container": f"{number:012}",
    }
    return {"ID": id_, "Service": id_, "Address": f"pc{number}", "Port": 80, "Meta": meta}


@pytest.fixture
def consul() -> Iterator[responses.RequestsMock]:
    """Nobody but who is announced here answers."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def answer(consul: responses.RequestsMock, *services: dict[str, Any], **states: str) -> None:
    """Let a Consul of one node have these services; `states` are those of checks by number."""
    checks = [
        {
            "Node": "n1",
            "ServiceID": each["ID"],
            "Status": states.get(f"n{each['ID'].rpartition('-')[2]}", "passing"),
        }
        for each in services
    ]
    node = {"Services": {each["ID"]: each for each in services}}
    for path, said in {
        "health/state/any": checks,
        "catalog/nodes": [{"Node": "n1"}],
        "catalog/node/n1": node,
    }.items():
        consul.get(f"{ROOT}/{path}", json=said, headers={"X-Consul-Index": "1"})


def test_piped_rows_are_tab_separated_and_whole(demi: Demi, consul: responses.RequestsMock) -> None:
    """Never cut to a width, without lines of a box, ready for cut and awk."""
    long = service("sr1_lls/felix/api")
    long["Meta"]["demi_url"] = "http://pc1:80/" + "x" * 300
    answer(consul, long, service("sr1_lls/daq/ui", 2), n2="critical")
    result = demi("ls")
    assert result.out.splitlines() == [
        "SITE\tSTACK\tSERVICE\tSTATUS\tURL\tCONTAINER",
        "sr1_lls\tdaq\tui\tcritical\thttp://pc2:80\t000000000002",
        f"sr1_lls\tfelix\tapi\tpassing\t{long['Meta']['demi_url']}\t000000000001",
    ]
    assert (result.code, result.err) == (0, "")


def test_services_of_others_are_not_listed(demi: Demi, consul: responses.RequestsMock) -> None:
    """Consul's own and the printer are not DeMi's."""
    answer(consul, {"ID": "consul", "Service": "consul", "Port": 8300, "Meta": {}})
    result = demi("ls")
    assert len(result.out.splitlines()) == 1
    assert "No service is registered" in result.err


def test_json_and_yaml_say_the_same(demi: Demi, consul: responses.RequestsMock) -> None:
    """Typed values, null where there is nothing."""
    answer(consul, service("sr1_lls/felix/api"))
    found = demi("ls", "-o", "json").data
    assert (found[0]["port"], found[0]["description"]) == (80, None)
    assert yaml.safe_load(demi("ls", "-o", "yaml").out) == found


def test_an_empty_registry_is_an_empty_list(demi: Demi, consul: responses.RequestsMock) -> None:
    """A program gets JSON in any case, and no words beside it."""
    answer(consul)
    result = demi("ls", "-o", "json")
    assert (result.code, result.data, result.err) == (0, [], "")


def test_a_url_is_all_that_is_printed(demi: Demi, consul: responses.RequestsMock) -> None:
    """Ready for `curl "$(demi url …)"`."""
    answer(consul, service("sr1_lls/felix/api"), n1="passing")
    result = demi("url", "sr1_lls/felix/api")
    assert (result.code, result.out, result.err) == (0, "http://pc1:80\n", "")


def test_a_healthy_instance_is_preferred(demi: Demi, consul: responses.RequestsMock) -> None:
    """Without a word about the other one."""
    two = service("sr1_lls/felix/api"), service("sr1_lls/felix/api", 2)
    answer(consul, *two, n1="critical", n2="passing")
    result = demi("url", "sr1_lls/felix/api")
    assert (result.out, result.err) == ("http://pc2:80\n", "")


def test_an_unhealthy_only_instance_is_named_as_such(
    demi: Demi, consul: responses.RequestsMock
) -> None:
    """On standard error, so that the URL still works in a script."""
    answer(consul, service("sr1_lls/felix/api"), n1="warning")
    result = demi("url", "sr1_lls/felix/api")
    assert (result.code, result.out) == (0, "http://pc1:80\n")
    assert "is warning" in result.err


@pytest.mark.parametrize(
    "name", ["", "felix", "a/b", "a/b/c/d", "a//c", "a/b/", "a/b/c d", "a/b.c/d", "../../x"]
)
def test_a_name_that_can_be_none_is_a_usage_error(demi: Demi, name: str) -> None:
    """Consul is not even asked."""
    result = demi("url", name)
    assert (result.code, result.out) == (2, "")
    assert "SITE/STACK/SERVICE" in result.err


def test_a_site_with_dots_is_a_name(demi: Demi, consul: responses.RequestsMock) -> None:
    """It may be configured so."""
    answer(consul, service("sr1.lls/felix/api"))
    assert demi("url", "sr1.lls/felix/api").code == 0


def test_an_unknown_name_comes_with_near_ones(demi: Demi, consul: responses.RequestsMock) -> None:
    """A slip of the finger, or of the case."""
    answer(consul, service("sr1_lls/felix/api"), service("sr1_lls/daq/run"))
    result = demi("url", "sr1_lls/felx/api")
    assert (result.code, result.out) == (3, "")
    assert "Did you mean sr1_lls/felix/api?" in result.err
    far = demi("url", "x/y/z")
    assert far.code == 3
    assert "See demi ls" in far.err


@pytest.mark.parametrize("command", [("ls",), ("url", "a/b/c")])
def test_an_unreachable_consul_is_4(
    demi: Demi, consul: responses.RequestsMock, command: tuple[str, ...]
) -> None:
    """The message names the address and the variable."""
    consul.get(f"{ROOT}/health/state/any", body=requests.ConnectionError("refused"))
    result = demi(*command)
    assert (result.code, result.out) == (4, "")
    assert "http://127.0.0.1:8500" in result.err
    assert "CONSUL_HTTP_ADDR" in result.err


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [(403, "Permission denied", 5), (500, "No cluster leader", 4), (400, "bad", 1)],
)
def test_what_consul_refuses_has_its_own_status(
    demi: Demi, consul: responses.RequestsMock, status: int, body: str, code: int
) -> None:
    """Denied, failing, refused: a script can tell them apart."""
    consul.get(f"{ROOT}/health/state/any", status=status, body=body)
    result = demi("ls")
    assert (result.code, result.out) == (code, "")
    assert body in result.err


def test_something_else_at_consuls_address_is_4(demi: Demi, consul: responses.RequestsMock) -> None:
    """A web server that answers pages."""
    consul.get(f"{ROOT}/health/state/any", body="<html>")
    result = demi("ls")
    assert result.code == 4
    assert "does not speak like Consul" in result.err


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


def test_the_option_wins_over_the_variable(
    demi: Demi, consul: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For where Consul is, too."""
    monkeypatch.setenv("CONSUL_HTTP_ADDR", "nowhere:1")
    answer(consul)
    assert demi("ls", "--consul-addr", "127.0.0.1:8500", "-o", "json").code == 0


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
