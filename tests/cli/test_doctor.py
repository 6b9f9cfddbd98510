"""`demi doctor` as a user runs it; its checks have tests of their own."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import responses

from demi_registrator.doctor import consul_facts, host_facts, network
from demi_registrator.doctor.facts import EngineFacts, Missing
from demi_registrator.doctor.network import DnsAnswer
from demi_registrator.template import DEFINITION
from models.command import Demi
from models.diagnosis import ENGINE

ROOT = "http://127.0.0.1:8500/v1"
INDEX = {"X-Consul-Index": "1"}


@pytest.fixture
def consul() -> Iterator[responses.RequestsMock]:
    """Nobody but who is announced here answers."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture(autouse=True)
def _surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine, a resolver and a name server that are well."""
    monkeypatch.setattr(host_facts, "engine_facts", lambda *_: ENGINE)
    monkeypatch.setattr(host_facts, "is_own", lambda _: True)
    monkeypatch.setattr(consul_facts, "ask_dns", lambda *_: DnsAnswer("NOERROR", ("pc1.",)))

    def resolve(hosts: Any) -> dict[str, tuple[str, ...]]:
        return {host: () if host == "lost" else ("192.0.2.1",) for host in hosts}

    monkeypatch.setattr(host_facts, "resolve", resolve)
    monkeypatch.setattr(network, "resolve", resolve)


def service(**fields: Any) -> dict[str, Any]:
    """An instance as the catalog shows it."""
    names = {"demi_site": "sr1_lls", "demi_stack": "felix", "demi_service": "api"}
    service = {"ID": "api-1", "Service": "x", "Address": "pc1", "Port": 1, "Meta": names}
    return service | fields


def answer(consul: responses.RequestsMock, *services: dict[str, Any], **changes: Any) -> None:
    """Let a Consul without ACLs answer; `changes` are answers by the end of their path."""
    agent = {
        "Config": {"NodeName": "n1", "Version": "1.8.7", "Datacenter": "dc1"},
        "DebugConfig": {"DNSAddrs": ["udp://127.0.0.1:8600"], "DNSDomain": "consul."},
    }
    for path, said in {
        "status/leader": "127.0.0.1:8300",
        "agent/self": agent,
        "kv/demi-registrator/": [],
        "kv/demi/": [],
        "health/state/any": [],
        "catalog/nodes": [{"Node": "n1"}],
        "catalog/node/n1": {"Services": {each["ID"]: each for each in services}},
        "session/node/n1": [],
        "query": [{**DEFINITION, "ID": "q1"}],
        "health/service/sr1-lls-felix-api": [
            {"Node": {"Node": "n1"}, "Service": each, "Checks": []} for each in services
        ],
    }.items():
        changed = changes.get(path.rstrip("/").rpartition("/")[2], {"json": said})
        consul.get(f"{ROOT}/{path}", headers=INDEX, **changed)
    consul.put(f"{ROOT}/txn", json={"Results": [], "Errors": None})
    consul.post(
        f"{ROOT}/internal/acl/authorize",
        **changes.get("authorize", {"status": 401, "body": "ACL support disabled"}),
    )


def verdicts(result: Any) -> dict[str, str]:
    """The verdict of each check."""
    return {finding["name"]: finding["verdict"] for finding in result.data["findings"]}


def test_warnings_do_not_change_the_status(demi: Demi, consul: responses.RequestsMock) -> None:
    """Here no registrator has run yet, and the answers hold no time."""
    answer(consul)
    result = demi("doctor", "-o", "json")
    assert result.code == 0
    bad = {name for name, verdict in verdicts(result).items() if verdict != "pass"}
    assert bad - {"installed"} == {"clock", "registrator", "session"}


def test_piped_each_check_is_a_line_with_symbol_and_word(
    demi: Demi, consul: responses.RequestsMock
) -> None:
    """Not told apart by colour; the sums are on standard error."""
    answer(consul)
    result = demi("doctor")
    header, *lines = result.out.splitlines()
    assert header == "VERDICT\tCHECK\tMESSAGE\tREMEDY"
    assert {line.split("\t")[0] for line in lines} == {"✓ pass", "! warn"}
    assert {line.count("\t") for line in lines} == {3}
    assert "0 failed" in result.err


def test_a_failed_check_is_1(demi: Demi, consul: responses.RequestsMock) -> None:
    """Whatever the others say."""
    answer(consul, leader={"json": ""})
    result = demi("doctor", "-o", "json")
    assert result.code == 1
    assert verdicts(result)["consul"] == "fail"


def test_without_consul_the_rest_is_checked(demi: Demi, consul: responses.RequestsMock) -> None:
    """Consul is asked once, not once for each check."""
    consul.get(f"{ROOT}/status/leader", body=requests.ConnectionError("refused"))
    result = demi("doctor", "-o", "json")
    assert result.code == 1
    found = verdicts(result)
    assert {name for name, verdict in found.items() if verdict == "fail"} == {"consul"}
    assert (found["docker"], found["default host"], found["token"]) == ("pass", "pass", "warn")
    assert len(consul.calls) == 1


def test_without_docker_consul_is_checked(
    demi: Demi, consul: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what the owner's name would say is left out."""
    monkeypatch.delenv("DEMI_OWNER")
    monkeypatch.setattr(host_facts, "engine_facts", lambda *_: Missing("can't be reached"))
    monkeypatch.setenv("DOCKER_HOST", "tcp://192.0.2.9:2375")
    answer(consul)
    result = demi("doctor", "-o", "json")
    assert result.code == 1
    found = verdicts(result)
    assert {name for name, verdict in found.items() if verdict == "fail"} == {"docker"}
    assert (found["consul"], found["dns"], found["owner"]) == ("pass", "pass", "warn")


def test_without_the_docker_sdk_the_command_still_runs(
    demi: Demi, consul: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the one that says what to install."""
    extras = {"registrator": False, "ui": True}
    monkeypatch.setattr("demi_cli.commands.doctor.installed_extras", lambda: extras)
    answer(consul)
    result = demi("doctor")
    assert result.code == 1
    assert "pip install 'demi-registry[registrator]'" in result.out


def test_a_denied_agent_leaves_the_other_checks(demi: Demi, consul: responses.RequestsMock) -> None:
    """The right that is missing is named, though not even the node's name is known."""
    denied = {"status": 403, "body": "Permission denied"}
    allowed = [{"Allow": n != 0} for n in range(5)]
    answer(consul, self=denied, authorize={"json": allowed})
    result = demi("doctor", "-o", "json")
    [token] = [f for f in result.data["findings"] if f["name"] == "token"]
    assert (token["verdict"], token["message"]) == ("fail", "it lacks agent read")
    assert 'agent_prefix "" { policy = "read" }' in token["remedy"]
    assert verdicts(result)["keys"] == "pass"


def test_an_odd_answer_about_rights_spoils_no_other_check(
    demi: Demi, consul: responses.RequestsMock
) -> None:
    """That call is Consul's own, and documented nowhere."""
    answer(consul, authorize={"json": {"not": "a list"}})
    found = verdicts(demi("doctor", "-o", "json"))
    assert (found["token"], found["writing"], found["keys"]) == ("warn", "pass", "pass")


def test_a_host_that_leads_nowhere_is_named(demi: Demi, consul: responses.RequestsMock) -> None:
    """It is what others would be sent to."""
    answer(consul, service(Address="lost"))
    [hosts] = [f for f in demi("doctor", "-o", "json").data["findings"] if f["name"] == "hosts"]
    assert hosts["verdict"] == "warn"
    assert "lost" in hosts["message"]


def test_services_without_a_record_are_named(demi: Demi, consul: responses.RequestsMock) -> None:
    """Their registrator is gone for good."""
    answer(consul, service())
    found = demi("doctor", "-o", "json")
    assert verdicts(found)["services"] == "warn"


def test_nothing_in_consul_is_changed(demi: Demi, consul: responses.RequestsMock) -> None:
    """Reads, one question about rights, and one condition."""
    answer(consul, service())
    demi("doctor")
    writes = {(c.request.method, c.request.path_url) for c in consul.calls if c.request.body}
    assert writes == {("POST", "/v1/internal/acl/authorize"), ("PUT", "/v1/txn")}


@pytest.mark.parametrize("form", ["table", "json", "yaml"])
def test_what_docker_and_consul_say_is_text_of_others(
    demi: Demi, consul: responses.RequestsMock, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """No control character of it reaches the terminal."""
    hostile = "\x1b[2J\x07\u202e\x9b31m\r[bold]"
    engine = EngineFacts(id=hostile, host=hostile, version=hostile, api_version=hostile, wanted=())
    monkeypatch.setattr(host_facts, "engine_facts", lambda *_: engine)
    names = dict.fromkeys(("demi_site", "demi_stack", "demi_service", "demi_owner"), hostile)
    key = {"Key": f"demi/{hostile}/s/v/owner", "Value": "", "ModifyIndex": 1, "Flags": 0}
    answer(
        consul,
        service(ID=hostile, Address=hostile, Meta=names),
        demi={"json": [key]},
        self={"json": {"Config": {"NodeName": "n1", "Version": hostile}}},
    )
    result = demi("doctor", "-o", form)
    assert result.code in (0, 1)
    assert not {c for c in result.out + result.err if not c.isprintable()} - {"\n", "\t"}


@pytest.mark.parametrize(
    "arguments", [("--dns", "udp://x"), ("--owner", "a b"), ("--consul-addr", "unix:///x")]
)
def test_a_setting_that_is_none_is_a_usage_error(demi: Demi, arguments: tuple[str, ...]) -> None:
    """Before anything is asked."""
    assert demi("doctor", *arguments).code == 2
