"""`demi doctor` and `demi problems` with a real engine and a real Consul."""

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demi_local.consul import ConsulServer
from demi_local.engine import PrivateEngine
from real.world import Registrator, World, eventually, felix_labels, id_of

MANAGER = str(uuid.uuid4())
RIGHTS = {
    "agent": 'agent_prefix "" { policy = "read" }',
    "node": 'node_prefix "" { policy = "read" }',
    "service": 'service_prefix "sr1-lls-" { policy = "write" }',
    "session": 'session_prefix "" { policy = "write" }',
    "key": 'key_prefix "demi/" { policy = "write" }',
    "record": 'key_prefix "demi-registrator/" { policy = "write" }',
    "query": 'query_prefix "" { policy = "write" }',
}
LACKS = {
    "agent": "agent read",
    "node": "node read on testnode",
    "service": "service write on sr1-lls-felix-api",
    "session": "session write on testnode",
    "key": "key write on demi/sr1_lls/",
    "record": "key write on demi-registrator/pc7",
}


def findings(world: World, *arguments: str, **environ: str) -> dict[str, dict[str, Any]]:
    """What the doctor says, by the check's name; `status` is its exit status."""
    result = world.demi("doctor", "-o", "json", *arguments, **environ)
    found = {f["name"]: f for f in json.loads(result.stdout)["findings"]}
    return {**found, "status": {"verdict": str(result.returncode)}}


def verdicts(found: dict[str, dict[str, Any]], verdict: str) -> set[str]:
    """The checks with a verdict."""
    return {name for name, finding in found.items() if finding["verdict"] == verdict}


@pytest.fixture
def world_with_acls(engine: PrivateEngine, consul_binary: Path, tmp_path: Path) -> Iterator[World]:
    """A Consul that judges each token by its policy; who shows none, as the tests do, may all."""
    acl = {
        "enabled": True,
        "default_policy": "deny",
        "tokens": {"master": MANAGER, "default": MANAGER},
    }
    extra = {"node_name": "testnode", "primary_datacenter": "dc1", "acl": acl}
    with ConsulServer(
        consul_binary, tmp_path / "consul", extra=extra, log=tmp_path / "consul.log"
    ) as server:
        world = World(engine, server, tmp_path)
        try:
            yield world
        finally:
            world.close()


def token(world: World, *rights: str) -> str:
    """A token with these rights alone."""
    name = f"p{uuid.uuid4().hex}"
    rules = "\n".join(RIGHTS[right] for right in rights)
    eventually(lambda: world.get("/v1/acl/token/self")["SecretID"], MANAGER)
    world.put("/v1/acl/policy", {"Name": name, "Rules": rules})
    return str(world.put("/v1/acl/token", {"Policies": [{"Name": name}]})["SecretID"])


def test_a_healthy_stack_passes_and_is_left_as_it_was(
    world: World, registrator: Registrator
) -> None:
    """All but a default host that is loopback, which these tests have to use."""
    container = world.run(felix_labels())
    eventually(lambda: world.status(id_of(container)), "passing")
    eventually(lambda: "api" in str(world.tree()), expected=True)
    eventually(lambda: world.dig("sr1-lls-felix-api.service.consul"), ["127.0.0.1"])
    before = world.indices("demi/"), world.get("/v1/session/list"), world.get("/v1/query")
    found = findings(world)
    assert before == (
        world.indices("demi/"),
        world.get("/v1/session/list"),
        world.get("/v1/query"),
    )
    assert (verdicts(found, "fail"), found["status"]["verdict"]) == (set(), "0")
    assert verdicts(found, "warn") - {"installed"} == {"default host"}
    assert "SRV: 1 answer" in found["dns"]["message"]
    problems = world.demi("problems", "-o", "json")
    assert problems.returncode == 0
    [record] = json.loads(problems.stdout)["registrators"]
    assert (record["owner"], record["state"], record["counts"]["registered"]) == ("pc7", "fresh", 1)


def test_labels_with_errors_are_problems_on_any_host(
    world: World, registrator: Registrator
) -> None:
    """Neither the engine nor the registrator's settings are needed to read them."""
    world.run(felix_labels(port="x"))

    def codes() -> tuple[int, list[str]]:
        result = world.demi("problems", "-o", "json", DOCKER_HOST="unix:///nowhere", DEMI_OWNER="")
        return result.returncode, [p["code"] for p in json.loads(result.stdout)["problems"]]

    eventually(codes, (1, ["bad-port"]))


def test_a_stopped_registrator_is_stale(world: World) -> None:
    """After three of its resyncs, for both commands."""
    world.start_registrator("--resync", "1").stop()
    eventually(lambda: findings(world)["registrator"]["verdict"], "fail", within_s=20)
    found = findings(world)
    assert verdicts(found, "fail") == {"registrator"}
    assert "last in step" in found["registrator"]["message"]
    assert found["session"]["verdict"] == "pass"
    result = world.demi("problems", "-o", "json")
    assert result.returncode == 1
    assert json.loads(result.stdout)["registrators"][0]["state"] == "stale"


def test_without_consul_docker_is_checked(world: World) -> None:
    """Consul is one failure, not seventeen."""
    world.consul.stop()
    found = findings(world)
    assert verdicts(found, "fail") == {"consul"}
    assert found["docker"]["verdict"] == "pass"
    assert found["status"]["verdict"] == "1"
    assert world.demi("problems").returncode == 4


def test_without_docker_consul_is_checked(world: World, registrator: Registrator) -> None:
    """The socket is named."""
    found = findings(world, "--docker-host", "unix:///nowhere/docker.sock")
    assert verdicts(found, "fail") == {"docker"}
    assert "/nowhere/docker.sock" in found["docker"]["message"]
    assert (found["consul"]["verdict"], found["registrator"]["verdict"]) == ("pass", "pass")


def test_a_token_with_all_rights_passes(world_with_acls: World) -> None:
    """And a registrator works with it."""
    world = world_with_acls
    full = token(world, *RIGHTS)
    world.start_registrator(CONSUL_HTTP_TOKEN=full)
    container = world.run(felix_labels())
    eventually(lambda: world.status(id_of(container)), "passing")
    found = findings(world, CONSUL_HTTP_TOKEN=full)
    assert verdicts(found, "fail") == set()
    assert found["token"]["message"] == "it has all rights that a registrator needs"


@pytest.mark.parametrize("missing", LACKS)
def test_a_token_that_lacks_a_right_fails_with_its_name(
    world_with_acls: World, missing: str
) -> None:
    """Before a registrator is started with it."""
    world = world_with_acls
    world.run(felix_labels())
    poor = token(world, *(right for right in RIGHTS if right != missing))
    found = findings(world, CONSUL_HTTP_TOKEN=poor)
    assert found["token"]["verdict"] == "fail"
    assert found["token"]["message"] == f"it lacks {LACKS[missing]}"
    assert found["docker"]["verdict"] == "pass"


def test_a_token_that_lacks_the_query_right_is_warned_of(world_with_acls: World) -> None:
    """Everything but the names below query.consul works without it."""
    poor = token(world_with_acls, *(right for right in RIGHTS if right != "query"))
    found = findings(world_with_acls, CONSUL_HTTP_TOKEN=poor)
    assert found["token"]["verdict"] == "warn"
    assert "it lacks query write" in found["token"]["message"]


def test_an_unknown_token_fails(world_with_acls: World) -> None:
    """As after a token was revoked."""
    found = findings(world_with_acls, CONSUL_HTTP_TOKEN=str(uuid.uuid4()))
    assert found["token"]["verdict"] == "fail"
    assert "a token that exists" in found["token"]["remedy"]


def test_a_consul_that_takes_no_writes_from_here_is_told_from_a_poor_token(
    engine: PrivateEngine, consul_binary: Path, tmp_path: Path
) -> None:
    """As compose.yaml's Consul answers other hosts."""
    extra = {"http_config": {"allow_write_http_from": ["192.0.2.0/24"]}}
    with ConsulServer(
        consul_binary, tmp_path / "consul", extra=extra, log=tmp_path / "consul.log"
    ) as server:
        world = World(engine, server, tmp_path)
        try:
            found = findings(world)
        finally:
            world.close()
    assert verdicts(found, "fail") == {"writing"}
    assert "allow_write_http_from" in found["writing"]["remedy"]
    assert found["token"]["verdict"] == "warn"


def test_what_a_vanished_host_left_is_found(world: World, registrator: Registrator) -> None:
    """A service without a registrator's record, and keys that nobody holds."""
    meta = {
        "demi_site": "s",
        "demi_stack": "t",
        "demi_service": "v",
        "demi_owner": "gone",
    }
    service = {"ID": "s-t-v-1", "Name": "s-t-v", "Address": "no.such.host.invalid", "Meta": meta}
    world.put("/v1/agent/service/register", service)
    world.put("/v1/kv/demi/s/t/v/container", "0123456789ab")
    eventually(lambda: findings(world)["services"]["verdict"], "warn")
    found = findings(world)
    assert "s-t-v-1 on testnode: no record of gone" in found["services"]["message"]
    assert "demi/s/t/v/container" in found["keys"]["message"]
    assert "no.such.host.invalid" in found["hosts"]["message"]
    assert found["status"]["verdict"] == "0"
