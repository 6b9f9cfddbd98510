"""ACLs: what a token may not do is reported, and everything else goes on."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from demi_local.consul import ConsulServer
from demi_local.engine import PrivateEngine
from demi_local.ports import free_port
from real.metrics import consul_calls, readiness
from real.world import World, eventually, felix_labels, id_of

MASTER = "11111111-2222-3333-4444-555555555555"
RULES = """
agent_prefix "" { policy = "read" }
node_prefix "" { policy = "read" }
service_prefix "sr1-lls-" { policy = "write" }
service_prefix "sr1-lls-felix-denied" { policy = "read" }
session_prefix "" { policy = "write" }
key_prefix "demi/" { policy = "write" }
key_prefix "demi/sr1_lls/felix/closed/" { policy = "read" }
key_prefix "demi-registrator/" { policy = "write" }
"""


@pytest.fixture
def guarded(
    engine: PrivateEngine, consul_binary: Path, tmp_path: Path
) -> Iterator[tuple[World, str]]:
    """A Consul that denies by default, and a token with the rules above."""
    acl = {
        "enabled": True,
        "default_policy": "deny",
        "tokens": {"master": MASTER, "agent": MASTER, "default": MASTER},
    }
    server = ConsulServer(
        consul_binary,
        tmp_path / "consul",
        extra={"node_name": "testnode", "acl": acl, "primary_datacenter": "dc1"},
        log=tmp_path / "consul.log",
    )
    with server:
        world = World(engine, server, tmp_path)
        try:
            eventually(lambda: _rights_work(world), expected=True)
            policy = {"Name": "registrator", "Rules": RULES}
            world.put("/v1/acl/policy", policy)
            token = world.put("/v1/acl/token", {"Policies": [{"Name": "registrator"}]})
            yield world, token["SecretID"]
        finally:
            world.close()


def test_one_denied_service_and_one_denied_key_prefix_leave_the_others_alone(
    guarded: tuple[World, str],
) -> None:
    """Both are reported as problems; what is allowed is registered."""
    world, token = guarded
    registrator = world.start_registrator("--resync", "2", wait=False, CONSUL_HTTP_TOKEN=token)
    labels = felix_labels("api") | felix_labels("denied") | felix_labels("closed")
    container = world.run(labels)
    eventually(world.service_ids, {id_of(container), id_of(container, "closed")})
    eventually(lambda: {k.split("/")[3] for k in world.tree()}, {"api", "denied"})

    def refused() -> set[str]:
        record = world.tree("demi-registrator/").get("demi-registrator/pc7", "{}")
        problems = json.loads(record).get("problems", [])
        return {p["service"] for p in problems if p["code"] == "consul-refused"}

    eventually(refused, {"sr1_lls.felix.denied", "sr1_lls.felix.closed"})
    said = registrator.log.count("consul-refused")
    time.sleep(5)
    assert registrator.log.count("consul-refused") == said, "it is told once, not at each resync"
    assert "query-held" in registrator.log, "the token may not write queries either"
    container.kill()
    eventually(world.service_ids, set())


def test_a_token_without_any_right_is_said_so_and_retried(guarded: tuple[World, str]) -> None:
    """The registrator names the call that was denied, and does not end."""
    world, _ = guarded
    token = world.put("/v1/acl/token", {"Description": "may nothing"})["SecretID"]
    registrator = world.start_registrator(wait=False, CONSUL_HTTP_TOKEN=token)
    eventually(lambda: "CONSUL_HTTP_TOKEN" in registrator.log, expected=True)
    assert token not in registrator.log
    assert registrator.process.poll() is None


def test_a_denied_service_is_tried_again_at_resyncs_only(guarded: tuple[World, str]) -> None:
    """A right that is missing does not come by asking: no call until the next comparison."""
    world, token = guarded
    port = free_port()
    registrator = world.start_registrator(
        "--resync", "3600", DEMI_METRICS_PORT=str(port), CONSUL_HTTP_TOKEN=token
    )
    container = world.run(felix_labels("api") | felix_labels("denied"))
    eventually(world.service_ids, {id_of(container)})
    eventually(lambda: "consul-refused" in registrator.log, expected=True)
    time.sleep(2)  # the state record follows a second after the event
    before = consul_calls(port)
    time.sleep(4)
    assert consul_calls(port) - before <= 1, "but for the query that waits for news"


def test_a_token_that_may_only_read_is_said_once_and_works_when_it_may_write(
    guarded: tuple[World, str],
) -> None:
    """Rights that are taken away and given back need no restart."""
    world, token = guarded
    port = free_port()
    registrator = world.start_registrator(
        "--resync", "5", DEMI_METRICS_PORT=str(port), CONSUL_HTTP_TOKEN=token
    )
    dying = world.run(felix_labels("dying"))
    eventually(lambda: len(world.tree()), 8)
    [policy] = [p for p in world.get("/v1/acl/policies") if p["Name"] == "registrator"]
    read_only = RULES.replace('"write"', '"read"')
    world.put(f"/v1/acl/policy/{policy['ID']}", {**policy, "Rules": read_only})
    born = world.run(felix_labels("born"))
    dying.kill()
    eventually(lambda: "consul-refused" in registrator.log, expected=True)
    eventually(lambda: "Trying again until it works" in registrator.log, expected=True)
    before = consul_calls(port)
    time.sleep(8)
    assert 0 < consul_calls(port) - before < 80
    assert registrator.log.count("write keys such as demi-registrator/pc7") == 1
    assert world.service_ids() == {id_of(dying, "dying")}
    world.put(f"/v1/acl/policy/{policy['ID']}", {**policy, "Rules": RULES})
    eventually(world.service_ids, {id_of(born, "born")}, within_s=40)
    eventually(lambda: {k.split("/")[3] for k in world.tree()}, {"born"})
    eventually(lambda: readiness(port), "ok")


def _rights_work(world: World) -> bool:
    try:
        return bool(world.get("/v1/acl/policies"))
    except OSError:
        return False
